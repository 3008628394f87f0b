//! Who signs for whom, and numbers of other systems.

use chrono::{Days, NaiveDate, NaiveTime};

use super::Player;
use crate::custody::Statement;
use crate::custody::payload::manifest::NumberBound;
use crate::id::MandateId;
use crate::registry::standing::{MandateGranted, MandateRevoked};
use crate::scenario::deed::{How, Line};
use crate::scenario::words::local;
use crate::shape::{List, Text};

/// The system of a number where a script names none.
const NATIONAL: &str = "cn-national";

impl Player<'_> {
    /// The actor mandates another party, from the moment of the line or from a day on, to the end of a day.
    pub(super) fn mandates(
        &mut self,
        line: &Line,
        to: &str,
        kinds: &List<Text<40>, 1, 80>,
        from: Option<NaiveDate>,
        until: NaiveDate,
    ) -> Result<(), String> {
        let begin = |day: NaiveDate| local(day, NaiveTime::MIN);
        let end = until.checked_add_days(Days::new(1)).ok_or("a mandate must end")?;
        let mandate = MandateId::from_uuid(self.new_id(&format!("mandate {}", line.no), line.at));
        let granted = MandateGranted {
            mandate,
            to: self.party(to)?.uscc,
            key: None,
            kinds: kinds.clone(),
            from: from.map_or(line.at, begin),
            until: begin(end),
        };
        let actor = &line.actor.party;
        self.declare(line, &line.how, line.at, actor, Statement::MandateGranted(granted), Vec::new())?;
        if line.how.refused.is_none() {
            self.mandates.insert((actor.clone(), to.to_owned()), mandate);
        }
        Ok(())
    }

    pub(super) fn revokes_mandate(&mut self, line: &Line, to: &str) -> Result<(), String> {
        let actor = &line.actor.party;
        let mandate = self.mandates.get(&(actor.clone(), to.to_owned())).copied();
        let mandate = mandate.ok_or_else(|| format!("{actor} has not mandated {to}"))?;
        let revoked = MandateRevoked { mandate, reason: None };
        self.declare(line, &line.how, line.at, actor, Statement::MandateRevoked(revoked), Vec::new())
            .map(drop)
    }

    /// The mandate that an event of this party names.
    pub(super) fn mandate_for(&self, party: &str, how: &How) -> Option<MandateId> {
        let mandatary = how.through.as_ref().filter(|_| !how.unnamed)?;
        self.mandates.get(&(party.to_owned(), mandatary.clone())).copied()
    }

    /// What another system calls a manifest.
    pub(super) fn binds(
        &mut self,
        line: &Line,
        manifest: &str,
        system: Option<Text<32>>,
        number: &Text<64>,
    ) -> Result<(), String> {
        let id = self.sheet(manifest)?.id;
        let system = system.map_or_else(|| Text::new(NATIONAL), Ok)?;
        let bound = NumberBound { manifest: id, system, number: number.clone(), evidence: None };
        let actor = &line.actor.party;
        let prev = self.heads(&[actor], id, line.at, &line.how);
        self.declare(line, &line.how, line.at, actor, Statement::NumberBound(bound), prev).map(drop)
    }
}
