//! Playing a script: every line becomes the signed events its actor would send.
//!
//! The player keeps what a person at the gate has in mind: what is on the sheet, what is in store, and which events each
//! party has seen. It never looks at what the ledger makes of it.

mod answer;
mod correction;
mod declaration;
mod handover;
mod imports;
mod keys;
mod knowledge;
mod labels;
mod loading;
mod mandates;
mod manifest;
mod names;
mod paper;
mod papers;
mod passing;
mod reports;
mod sheet;
mod store;
mod tracks;
mod waste;

use std::collections::BTreeMap;

use super::balance::Stated;
use super::deed::{Deed, How, Line, Stop};
use super::founding::log_name;
use super::ids::client_made;
use super::script::Script;
use super::signed::{Scripted, sign_spaced};
use super::{ScenarioError, World, WorldParty, WorldSite};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::{Event, Statement};
use crate::id::{
    ActId, CaseId, ContainerId, HoldId, MandateId, ManifestId, PermitId, PlanId, SiteId, TripId,
};
use crate::ledger::EventId;
use crate::registry::Role;
use crate::registry::standing::ApprovalRequested;
use crate::shape::{List, Text};
use keys::false_anchor;
use knowledge::Said;
pub use names::Names;
use sheet::Sheet;
use store::InStore;

/// A script as signed events.
#[derive(Clone, Debug)]
pub struct Played {
    /// The events, by the time they reach the ledger; at one time in the order of the script.
    pub acts: Vec<Scripted>,
    /// What the script calls what.
    pub names: Names,
    /// Files of points of tracks, each with who would send it.
    pub points: Vec<(String, Vec<u8>)>,
    /// What must come out: the lines below `=====`, blanks made single.
    pub expected: Vec<String>,
    /// The moment at which the result is looked at.
    pub ends_at: Timestamp,
}

impl Script {
    /// Sign everything the script says, for the ledger named `log`.
    pub fn play(&self, world: &World, log: &str) -> Result<Played, ScenarioError> {
        let mut player = Player {
            world,
            script: self,
            log: log_name(log)?,
            acts: Vec::new(),
            said: Vec::new(),
            sheets: BTreeMap::new(),
            stock: BTreeMap::new(),
            filled: BTreeMap::new(),
            trips: BTreeMap::new(),
            unnamed: 0,
            names: Names::of(world),
            mandates: BTreeMap::new(),
            new_keys: BTreeMap::new(),
            permits: BTreeMap::new(),
            holds: BTreeMap::new(),
            cases: BTreeMap::new(),
            applications: BTreeMap::new(),
            plans: BTreeMap::new(),
            points: Vec::new(),
        };
        for line in &self.lines {
            player.play(line).map_err(|message| ScenarioError::Script {
                file: self.name.clone(),
                line: line.no,
                message,
            })?;
        }
        self.check_balances(world, &player.names)?;
        let mut acts = player.acts;
        acts.sort_by_key(|act| act.recorded_at);
        let (names, points) = (player.names, player.points);
        Ok(Played { acts, names, points, expected: self.expected().to_vec(), ends_at: self.ends_at() })
    }
}

impl Script {
    /// Balances below the divider name what there is.
    fn check_balances(&self, world: &World, names: &Names) -> Result<(), ScenarioError> {
        for (line, row) in self.expected_at.iter().zip(self.expected()) {
            if let Some(Err(message)) = Stated::read(row).map(|stated| stated.check(world, names)) {
                return Err(ScenarioError::Script { file: self.name.clone(), line: *line, message });
            }
        }
        Ok(())
    }
}

struct Player<'a> {
    world: &'a World,
    script: &'a Script,
    log: Text<200>,
    acts: Vec<Scripted>,
    said: Vec<Said>,
    sheets: BTreeMap<String, Sheet>,
    stock: BTreeMap<String, InStore>,
    /// The containers that each new lot was filled into.
    filled: BTreeMap<String, Vec<ContainerId>>,
    trips: BTreeMap<String, TripId>,
    unnamed: usize,
    names: Names,
    /// The mandate that a party gave another last.
    mandates: BTreeMap<(String, String), MandateId>,
    /// How often each party got a new key for its gate.
    new_keys: BTreeMap<String, u32>,
    /// The permit that each party got last.
    permits: BTreeMap<String, PermitId>,
    holds: BTreeMap<String, HoldId>,
    cases: BTreeMap<String, CaseId>,
    /// Who asked for an interprovincial transfer, and for what.
    applications: BTreeMap<String, (Uscc, ApprovalRequested)>,
    /// The plan of each site and year.
    plans: BTreeMap<(SiteId, u16), PlanId>,
    /// Files of points of tracks.
    points: Vec<(String, Vec<u8>)>,
}

/// A statement about to be signed.
struct Saying<'l> {
    line: &'l Line,
    /// Modifiers that apply: those of the line for its own deed, none for what the deed implies.
    how: &'l How,
    party: String,
    role: Role,
    at: Timestamp,
    statement: Statement,
    prev: Vec<EventId>,
    /// Others who see the event at once, because it happens before their eyes.
    before: Vec<String>,
}

impl<'a> Player<'a> {
    fn play(&mut self, line: &Line) -> Result<(), String> {
        self.party(&line.actor.party)?;
        match &line.deed {
            Deed::SendsAgain { label } => self.sends_again(line, label),
            Deed::RevokesKey { party, suspected_from } => {
                self.revokes_key(line, party, suspected_from.as_deref())
            }
            Deed::EnrolsKey { party } => self.enrols_key(line, party),
            Deed::RotatesKey => self.rotates_key(line),
            Deed::Restates { reaffirms, label, reason } => {
                self.restates(line, *reaffirms, label, reason.clone())
            }
            Deed::Corrects { orders, label, pointer, value, reason } => {
                self.corrects(line, *orders, label, (pointer, value), reason.clone())
            }
            Deed::Answers { agrees, label, reason } => self.answers(line, *agrees, label, reason.clone()),
            Deed::Permit { party, deed } => self.permits(line, party, deed),
            Deed::Paper(deed) => self.papers(line, deed),
            Deed::Finding { does, rule, subject, text, pictures } => {
                self.answers_finding(line, *does, (rule, subject), (text, pictures))
            }
            Deed::Case { case, deed } => self.cases(line, case, deed),
            Deed::Lies => self.lies(line),
            Deed::Closes { on, reason } => self.closes(line, *on, reason.clone()),
            Deed::Files { .. } | Deed::Returns { .. } | Deed::Accepts { .. } => self.declares_duty(line),
            Deed::Mandates { to, kinds, from, until } => self.mandates(line, to, kinds, *from, *until),
            Deed::RevokesMandate { to } => self.revokes_mandate(line, to),
            Deed::Imports { document, source, number } => self.imports(line, document, source, number),
            Deed::Appears { opening, fresh } => self.appears(line, *opening, fresh),
            Deed::Stores { withdraws, lots, facility } => self.stores(line, *withdraws, lots, facility),
            Deed::Counts { counts } => self.counts(line, counts),
            Deed::Repacks { fed, given, losses } => self.repacks(line, fed, given, losses),
            Deed::Treats { disposes, feed, by, given } => self.treats(line, *disposes, feed, *by, given),
            of_manifest => self.play_manifest(line, of_manifest),
        }
    }

    fn play_manifest(&mut self, line: &Line, deed: &Deed) -> Result<(), String> {
        match deed {
            Deed::Registers { manifest, loads, route } => self.registers(line, manifest, loads, route),
            Deed::Amends { manifest, loads, to, via, reason } => {
                self.amends(line, manifest, loads, to.as_ref(), via, reason.clone())
            }
            Deed::Confirms { manifest } => {
                self.confirms(line, &line.how, line.at, &line.actor.party, manifest)
            }
            Deed::Declines { manifest, reason } => self.ends(line, manifest, reason.clone(), true),
            Deed::Voids { manifest, reason } => self.ends(line, manifest, reason.clone(), false),
            Deed::Assigns { manifest, plate } => {
                self.assigns(line, &line.how, line.at, &line.actor.party, manifest, plate)
            }
            Deed::Hands { manifest, to, loads } => self.hands(line, manifest, to, loads),
            Deed::Receives { manifest, found } => self.receives(line, manifest, found),
            Deed::Weighs { trip, mass, manifests } => self.weighs(line, trip, *mass, manifests),
            Deed::Tracks { manifests, driven } => self.tracks(line, manifests, driven),
            Deed::Binds { manifest, system, number } => self.binds(line, manifest, system.clone(), number),
            Deed::Countersigns { manifest } => self.countersigns(line, manifest),
            Deed::BackFills { manifest, handovers, reason } => {
                self.backfills(line, manifest, handovers, reason.clone())
            }
            Deed::Declares { manifest, line: of, about, text } => {
                self.declares(line, manifest, *of, *about, text.clone())
            }
            Deed::Reports { manifest, cause, measures, pictures } => {
                self.reports(line, manifest, cause.clone(), measures.clone(), pictures)
            }
            other => Err(format!("{other:?} is not about a manifest")),
        }
    }

    fn party(&self, label: &str) -> Result<&'a WorldParty, String> {
        self.world.party(label).ok_or_else(|| format!("nobody is called `{label}` in seeds/demo/world.toml"))
    }

    fn site(&self, stop: &Stop) -> Result<&'a WorldSite, String> {
        let party = self.party(&stop.party)?;
        let missing =
            || format!("`{}` has no site `{}`", stop.party, stop.site.as_deref().unwrap_or("at all"));
        party.site(stop.site.as_deref()).ok_or_else(missing)
    }

    fn sheet(&self, manifest: &str) -> Result<&Sheet, String> {
        let unknown = || format!("no line before this one registers or moves `{manifest}`");
        self.sheets.get(manifest).ok_or_else(unknown)
    }

    /// An id that this script makes for something it names.
    fn new_id(&self, what: &str, at: Timestamp) -> uuid::Uuid {
        client_made(&self.script.name, what, at)
    }

    /// Sign a statement and send it; gives its id.
    fn say(&mut self, saying: Saying<'_>) -> Result<EventId, String> {
        let Saying { line, how, party, role, at, statement, prev, before } = saying;
        let act = match &how.same_act {
            Some(label) => self.said_under(label)?.event.act,
            None => ActId::from_uuid(self.new_id(&format!("act {}", self.acts.len()), at)),
        };
        let event = Event {
            log: self.log.clone(),
            act,
            party: self.party(&party)?.uscc,
            mandate: self.mandate_for(&party, how),
            prev: List::new(prev)?,
            anchor: how.anchor.map(false_anchor),
            occurred_at: at.plus_millis(how.skew_ms),
            place: how.place,
            statement,
        };
        let sent_at = how.sent.unwrap_or(at);
        let key = match &how.through {
            Some(mandatary) => self.key(mandatary, self.party(mandatary)?.office())?,
            None if how.by_old_key => self.old_key(&party)?,
            None => self.key(&party, role)?,
        };
        let mut scripted = Scripted::new(&event, &key, sent_at, &party);
        scripted.skew_ms = how.skew_ms;
        scripted.line = line.no;
        scripted.refused = how.refused.clone();
        let id = scripted.envelope.event_id();
        let mut seen_by = before;
        seen_by.push(party);
        self.said.push(Said::new(id, event, sent_at, seen_by, role, how));
        self.acts.push(scripted);
        Ok(id)
    }

    /// What the office of a party declares: nobody stands beside it.
    fn declare(
        &mut self,
        line: &Line,
        how: &How,
        at: Timestamp,
        party: &str,
        statement: Statement,
        prev: Vec<EventId>,
    ) -> Result<EventId, String> {
        let role = self.party(party)?.office();
        let party = party.to_owned();
        self.say(Saying { line, how, party, role, at, statement, prev, before: Vec::new() })
    }

    /// The same act with the same content, signed over other bytes: what a client does that lost the answer.
    fn sends_again(&mut self, line: &Line, label: &str) -> Result<(), String> {
        let said = self.said_under(label)?;
        let (event, role) = (said.event.clone(), said.role);
        let key = self.key(&line.actor.party, role)?;
        if event.party != self.party(&line.actor.party)?.uscc {
            return Err(format!("{label} was not said by {}", line.actor.party));
        }
        let mut again = Scripted::new(&event, &key, line.how.sent.unwrap_or(line.at), &line.actor.party);
        again.envelope = sign_spaced(&event, &key);
        again.line = line.no;
        self.acts.push(again);
        Ok(())
    }

    fn manifest_id(&self, line: &Line, manifest: &str) -> Result<ManifestId, String> {
        match &line.how.same_id {
            Some(other) => Ok(self.sheet(other)?.id),
            None => Ok(ManifestId::from_uuid(self.new_id(&format!("manifest {manifest}"), line.at))),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;
