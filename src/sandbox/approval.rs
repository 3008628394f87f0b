//! The approval sheet (联调验收): what the software of a party has shown that it can do, each with the event that proves it.

use super::{SEATS, Sandbox};
use crate::app::Fault;
use crate::app::query::{MAX_PAGE, Said};
use crate::clock::{MINUTE_MS, Timestamp};
use crate::custody::admit::handover;
use crate::custody::{Event, Kind, Statement};
use crate::ledger::EventId;
use crate::scenario::WorldParty;

/// What was recorded so long after it happened shows that it was kept without a connection.
const LATE_MS: i64 = 10 * MINUTE_MS;

/// Something that software in a chain of custody must be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// Waste that arises is registered.
    Generates,
    /// A manifest is registered.
    Registers,
    /// Its own business key stands on it.
    NamesItsKey,
    /// A manifest sent to it is confirmed.
    Confirms,
    /// A vehicle is assigned.
    Assigns,
    /// Custody is taken over with the other side's signature.
    TakesOver,
    /// What the other side stated alone is countersigned.
    Countersigns,
    /// What arrived is received.
    Receives,
    /// What was received is used or disposed of.
    Treats,
    /// What happened without a connection is sent later, with the time at which it happened.
    SendsLater,
    /// A mistake is corrected or taken back.
    Corrects,
    /// A declaration is filed.
    Declares,
}

impl Ability {
    const SENDER: &'static [Self] = &[
        Self::Generates,
        Self::Registers,
        Self::NamesItsKey,
        Self::Countersigns,
        Self::SendsLater,
        Self::Corrects,
        Self::Declares,
    ];
    const CARRIER: &'static [Self] =
        &[Self::Assigns, Self::TakesOver, Self::Countersigns, Self::SendsLater, Self::Corrects];
    const TAKER: &'static [Self] = &[
        Self::Confirms,
        Self::TakesOver,
        Self::Receives,
        Self::Treats,
        Self::SendsLater,
        Self::Corrects,
        Self::Declares,
    ];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Generates => "generates",
            Self::Registers => "registers",
            Self::NamesItsKey => "names-its-key",
            Self::Confirms => "confirms",
            Self::Assigns => "assigns",
            Self::TakesOver => "takes-over",
            Self::Countersigns => "countersigns",
            Self::Receives => "receives",
            Self::Treats => "treats",
            Self::SendsLater => "sends-later",
            Self::Corrects => "corrects",
            Self::Declares => "declares",
        }
    }

    /// What is wanted, in Chinese.
    pub fn zh(self) -> &'static str {
        match self {
            Self::Generates => "登记产生的废物（waste.generated）",
            Self::Registers => "登记联单（manifest.registered）",
            Self::NamesItsKey => "联单带有本单位的业务编号（erp_no）",
            Self::Confirms => "经营确认（manifest.confirmed）",
            Self::Assigns => "派车（manifest.assigned）",
            Self::TakesOver => "凭对方签名的交接码接收（offer）",
            Self::Countersigns => "补签对方单方声明的交接（handover.countersigned）",
            Self::Receives => "验收确认（waste.received）",
            Self::Treats => "利用或处置（waste.used、waste.disposed）",
            Self::SendsLater => "离线发生的事事后上传，发生时间早于登记时间十分钟以上",
            Self::Corrects => "更正或声明作废（correction.proposed、event.disavowed）",
            Self::Declares => "提交申报（declaration.filed）",
        }
    }

    /// The same in English.
    pub fn en(self) -> &'static str {
        match self {
            Self::Generates => "registers waste that arises (waste.generated)",
            Self::Registers => "registers a manifest (manifest.registered)",
            Self::NamesItsKey => "puts its own business key on it (erp_no)",
            Self::Confirms => "confirms a manifest sent to it (manifest.confirmed)",
            Self::Assigns => "assigns a vehicle (manifest.assigned)",
            Self::TakesOver => "takes over on an offer that the other side signed",
            Self::Countersigns => "countersigns what the other side stated alone (handover.countersigned)",
            Self::Receives => "receives (waste.received)",
            Self::Treats => "uses or disposes of what it received (waste.used, waste.disposed)",
            Self::SendsLater => "sends what happened offline later, at least ten minutes after its time",
            Self::Corrects => "corrects or takes back (correction.proposed, event.disavowed)",
            Self::Declares => "files a declaration (declaration.filed)",
        }
    }

    /// True when an event of the party shows it.
    fn is_shown_by(self, event: &Event, recorded_at: Timestamp) -> bool {
        let kind = event.kind();
        let taken = handover(event).map(|(_, handover)| handover);
        match self {
            Self::Generates => kind == Kind::WasteGenerated,
            Self::Registers => kind == Kind::ManifestRegistered,
            Self::NamesItsKey => match &event.statement {
                Statement::ManifestRegistered(registered) => registered.erp_no.is_some(),
                _ => false,
            },
            Self::Confirms => kind == Kind::ManifestConfirmed,
            Self::Assigns => kind == Kind::ManifestAssigned,
            Self::TakesOver => taken.is_some_and(|taken| taken.offer.is_some() && taken.to == event.party),
            Self::Countersigns => kind == Kind::HandoverCountersigned,
            Self::Receives => kind == Kind::WasteReceived,
            Self::Treats => matches!(kind, Kind::WasteUsed | Kind::WasteDisposed),
            Self::SendsLater => recorded_at.since(event.occurred_at) >= LATE_MS,
            Self::Corrects => matches!(kind, Kind::CorrectionProposed | Kind::EventDisavowed),
            Self::Declares => kind == Kind::DeclarationFiled,
        }
    }
}

/// An ability, and the first event that shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// What is wanted.
    pub ability: Ability,
    /// The event; `None` while nothing shows it.
    pub proof: Option<EventId>,
}

impl Sandbox {
    /// The approval sheet of a seat. What the sandbox stated for it does not count: the names of its acts are derived, those of clients are
    /// made by them.
    pub async fn approval(&self, party: &WorldParty) -> Result<Vec<Shown>, Fault> {
        let wanted = match SEATS.iter().position(|label| *label == party.label) {
            Some(0) => Ability::SENDER,
            Some(1) => Ability::CARRIER,
            Some(_) => Ability::TAKER,
            None => &[],
        };
        let mut sheet: Vec<Shown> =
            wanted.iter().map(|ability| Shown { ability: *ability, proof: None }).collect();
        let viewer = self.viewer(party, party.office());
        let mut after = 0;
        loop {
            let changes = self.app.changes(&viewer, after, MAX_PAGE).await?;
            for item in &changes.items {
                let Some(id) = item.recorded_event() else { continue };
                let Some(detail) = self.app.event(&viewer, id).await? else { continue };
                let Some(said) = detail.step.content.said() else { continue };
                if is_own(said, party) {
                    mark(&mut sheet, &said.event, detail.step.recorded_at, id);
                }
            }
            if !changes.has_more {
                return Ok(sheet);
            }
            after = changes.next;
        }
    }
}

/// True for what the party's own software stated.
fn is_own(said: &Said, party: &WorldParty) -> bool {
    said.event.party == party.uscc && said.event.act.is_client_made()
}

fn mark(sheet: &mut [Shown], event: &Event, recorded_at: Timestamp, id: EventId) {
    for shown in sheet.iter_mut().filter(|shown| shown.proof.is_none()) {
        if shown.ability.is_shown_by(event, recorded_at) {
            shown.proof = Some(id);
        }
    }
}
