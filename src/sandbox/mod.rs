//! A ledger to try things on: a clock that can be moved on, and counterparties that act when they are asked to. Of invented parties, whose
//! keys anybody has.

mod approval;
mod counterparty;
mod handing;

use crate::app::access::Viewer;
use crate::app::error::{Refusal, RefusalKind, SubmitError};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::admit::Objection;
use crate::ledger::SigningKey;
use crate::registry::Role;
use crate::scenario::World;

pub use crate::scenario::{WorldParty, WorldSite};
pub use approval::{Ability, Shown};
pub use counterparty::{Act, Acted};

/// The furthest that the clock is moved on at once, in milliseconds: a year.
pub const MAX_FORWARD_MS: i64 = 366 * 86_400_000;

/// Short names of the three parties that a sandbox is about: who sends, who carries, who takes and treats.
pub const SEATS: [&str; 3] = ["acme", "swift", "phoenix"];

/// A sandbox around a running ledger of the embedded world.
#[derive(Clone)]
pub struct Sandbox {
    app: App,
    world: &'static World,
}

/// The key of the office of a party of the embedded world, which anybody may have.
pub fn office_key(party: Uscc) -> Option<SigningKey> {
    let world = World::embedded();
    let known = world.parties().iter().find(|known| known.uscc == party)?;
    Some(world.key(&known.label, known.office()))
}

impl Sandbox {
    /// The sandbox of this ledger.
    pub fn of(app: App) -> Self {
        Self { app, world: World::embedded() }
    }

    /// The ledger.
    pub fn app(&self) -> &App {
        &self.app
    }

    /// The three parties it is about.
    pub fn seats(&self) -> impl Iterator<Item = &'static WorldParty> {
        let world = self.world;
        SEATS.iter().filter_map(move |label| world.party(label))
    }

    /// The key of a party in a role. It protects nothing, by design.
    pub fn key(&self, party: &WorldParty, role: Role) -> SigningKey {
        self.world.key(&party.label, role)
    }

    /// Move the clock on by up to [`MAX_FORWARD_MS`], and let happen what falls due until then. Gives what it shows then.
    pub async fn forward(&self, by_ms: i64) -> Result<Timestamp, SubmitError> {
        if !(0..=MAX_FORWARD_MS).contains(&by_ms) {
            return Err(refused(
                "forward-out-of-range",
                "/by_ms",
                "时钟只能往前拨，一次最多 366 天",
                "the clock is moved on only, by at most 366 days at once",
            ));
        }
        self.app.clock().forward(by_ms);
        self.app.tick().await?;
        Ok(self.app.clock().now())
    }

    fn party(&self, code: Uscc) -> Result<&'static WorldParty, SubmitError> {
        let found = self.world.parties().iter().find(|party| party.uscc == code);
        found.ok_or_else(|| {
            refused(
                "nobody-simulated",
                "/manifest",
                "沙箱中没有该单位",
                "the sandbox has no such party to act for",
            )
        })
    }

    /// A party as it looks at the ledger with its key of a role.
    fn viewer(&self, party: &WorldParty, role: Role) -> Viewer {
        let kid = self.key(party, role).public().kid();
        Viewer::Party { party: party.uscc, role, kid }
    }
}

/// A refusal of what a sandbox was asked for.
fn refused(code: &str, pointer: &str, zh: &str, en: &str) -> SubmitError {
    Refusal::one(RefusalKind::Unacceptable, Objection::new(code, pointer, zh, en)).into()
}

/// Texts of the sandbox fit their limits.
fn too_long(what: String) -> SubmitError {
    Fault::Tree(what).into()
}
