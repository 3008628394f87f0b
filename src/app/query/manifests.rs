//! Searching manifests.

mod item;
mod table;

use chrono::{Datelike, NaiveDate};

use super::cursor::Cursor;
use super::{MAX_ROUNDS, Page, page_size};
use crate::app::access::Viewer;
use crate::app::{App, Fault};
use crate::catalogue::{Division, Uscc};
use crate::custody::check::Asked;
use crate::custody::manifest::Status;
use crate::custody::search::{Term, WasteAsked};
use crate::id::{ContainerId, LabelId, ManifestId, SiteId};
use crate::ledger::Kid;
use crate::registry::Role;
use crate::shape::{Plate, Text, half_width};
use crate::store::manifest::{Filter, ManifestRow};
use crate::store::{ReadTx, manifest};

pub use item::ManifestItem;
pub(super) use item::{SeenManifest, with_names};

/// What a party is on a manifest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PartyRole {
    /// The waste leaves it.
    Consignor,
    /// It carries it, by the registration.
    Carrier,
    /// It goes to it.
    Consignee,
}

impl PartyRole {
    /// Every role.
    pub const ALL: [Self; 3] = [Self::Consignor, Self::Carrier, Self::Consignee];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Consignor => "consignor",
            Self::Carrier => "carrier",
            Self::Consignee => "consignee",
        }
    }
}

/// A container, or whatever bears a label.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContainerAsked {
    /// The container itself.
    Id(ContainerId),
    /// Every container under the label.
    Label(LabelId),
}

/// Which manifests to search for; what is absent does not matter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManifestFilter {
    /// Only those in this status.
    pub status: Option<Status>,
    /// Only those whose number, or a number of another system bound to them, ends so, as people type it: letters, digits and hyphens.
    pub number: Option<String>,
    /// Only those that a number of another system is bound to, or only the others.
    pub bound: Option<bool>,
    /// Only those on which this party has a role.
    pub party: Option<Uscc>,
    /// Only those on which that party, or where none is named the viewer's own, has this role.
    pub role: Option<PartyRole>,
    /// Only those with this waste.
    pub waste: Option<WasteAsked>,
    /// Only those with an end in this division.
    pub division: Option<Division>,
    /// Only those that left or shall leave on this local day or later.
    pub from: Option<NaiveDate>,
    /// Only those that left or shall leave on this local day or earlier.
    pub to: Option<NaiveDate>,
    /// Only those that this vehicle was assigned to or carried.
    pub plate: Option<Plate>,
    /// Only those that it is on the way with.
    pub container: Option<ContainerAsked>,
    /// Only those that the viewer's party registered under this key of its own.
    pub erp_no: Option<Text<64>>,
    /// Only those on which a party has a role whose name holds this, in full or in short, or the initials of it.
    pub text: Option<Text<64>>,
    /// Only those that leave this site or go to it.
    pub site: Option<SiteId>,
    /// Only those on which something is still to be done.
    pub is_under_way: bool,
    /// Only those of which a handover waits for the signature of the viewer's party.
    pub is_unsigned: bool,
}

/// Where a page of manifests begins: the number of its first entry in the log, and which manifest.
pub type ManifestCursor = Cursor<ManifestId>;

impl App {
    /// A page of manifests, newest first, behind `after`. It is shorter than `limit`, and has a next one, where much had to be looked at that did
    /// not fit.
    pub async fn manifests(
        &self,
        viewer: &Viewer,
        filter: &ManifestFilter,
        after: Option<ManifestCursor>,
        limit: u64,
    ) -> Result<Page<ManifestItem, ManifestCursor>, Fault> {
        let mut tx = self.reading().await?;
        let found = self.searched(&mut tx, viewer, filter, after, limit).await?;
        Ok(Page { items: with_names(&mut tx, found.items).await?, next: found.next })
    }

    /// The same, as they are stored and folded.
    pub(super) async fn searched(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        filter: &ManifestFilter,
        after: Option<ManifestCursor>,
        limit: u64,
    ) -> Result<Page<SeenManifest, ManifestCursor>, Fault> {
        let limit = page_size(limit);
        let Some(filter) = self.stored(tx, viewer, filter).await? else { return Ok(Page::empty()) };
        let (mut seen, mut next): (Vec<SeenManifest>, _) = (Vec::new(), after.map(|after| after.0));
        for _ in 0..MAX_ROUNDS {
            let found = manifest::search(tx, &filter, next, limit - seen.len() as u64).await?;
            next = found.next;
            seen.extend(self.only_visible(tx, viewer, found.rows).await?);
            if next.is_none() || seen.len() as u64 == limit {
                break;
            }
        }
        Ok(Page { items: seen, next: next.map(Cursor) })
    }

    /// What the store is asked for; `None` where nothing can be found.
    async fn stored(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        filter: &ManifestFilter,
    ) -> Result<Option<Filter>, Fault> {
        let (asker, within) = match viewer {
            Viewer::Public => return Ok(None),
            Viewer::Party { party, .. } => (Some(*party), None),
            Viewer::Authority { division, .. } => (None, Some(range(*division))),
        };
        // Its own key of a load is told to a firm alone, and so is what it has to sign.
        if asker.is_none() && (filter.erp_no.is_some() || filter.is_unsigned) {
            return Ok(None);
        }
        let number = filter.number.as_deref().map(number_typed);
        // The text goes into a pattern, so it may not hold what a pattern gives a meaning.
        let is_plain = |number: &String| number.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        if !number.as_ref().is_none_or(is_plain) {
            return Ok(None);
        }
        let party = filter.party.or(viewer.party().filter(|_| filter.role.is_some()));
        let crew = viewer.kid().filter(|_| viewer.role().is_some_and(Role::is_crew));
        let among = match (filter.container, viewer.party()) {
            (Some(container), Some(asker)) => Some(self.loaded_with(tx, asker, &asked(container)).await?),
            _ => None,
        };
        let of_role = |role| party.filter(|_| filter.role == Some(role));
        let day = |day: Option<NaiveDate>| day.map(|day| i64::from(day.to_epoch_days()));
        Ok(Some(Filter {
            asker,
            within,
            terms: terms(filter, number.as_deref(), asker, crew),
            party,
            among,
            status: filter.status.map(|status| status.name().to_owned()),
            consignor: of_role(PartyRole::Consignor),
            consignee: of_role(PartyRole::Consignee),
            days: (day(filter.from), day(filter.to)),
            number,
            bound: filter.bound,
            name: filter.text.as_ref().map(ToString::to_string),
            division: filter.division.map(range),
            site: filter.site,
        }))
    }

    /// Those a viewer may see.
    async fn only_visible(
        &self,
        tx: &mut ReadTx,
        viewer: &Viewer,
        rows: Vec<ManifestRow>,
    ) -> Result<Vec<SeenManifest>, Fault> {
        let ids: Vec<ManifestId> = rows.iter().map(|row| row.id).collect();
        let mut states = self.visible_states(tx, viewer, &ids).await?;
        let seen = |row: ManifestRow| Some(SeenManifest { state: states.remove(&row.id)?, row });
        Ok(rows.into_iter().filter_map(seen).collect())
    }
}

/// A number as it is written: digits come full-width from Chinese keyboards, blanks with copying.
fn number_typed(text: &str) -> String {
    let written = text.chars().filter(|c| !c.is_whitespace()).map(|c| half_width(c).to_ascii_uppercase());
    written.collect()
}

fn range(division: Division) -> (String, String) {
    let (first, last) = division.range();
    (first.to_string(), last.to_string())
}

fn asked(container: ContainerAsked) -> Asked {
    match container {
        ContainerAsked::Id(container) => Asked::Container(container),
        ContainerAsked::Label(label) => Asked::Label(label),
    }
}

/// What is looked up for a filter, beginning with what tells most.
fn terms(filter: &ManifestFilter, number: Option<&str>, asker: Option<Uscc>, crew: Option<Kid>) -> Vec<Term> {
    let carrier = filter.party.or(asker).filter(|_| filter.role == Some(PartyRole::Carrier));
    // A span of more than a month is found by going through what fits otherwise.
    let month = filter
        .from
        .zip(filter.to)
        .filter(|(from, to)| (from.year(), from.month()) == (to.year(), to.month()));
    let progress = filter.is_under_way.then_some(Term::UnderWay);
    let progress = filter.status.map_or(progress, Term::progress).map(|term| match (term, asker) {
        (Term::UnderWay, Some(asker)) => Term::UnderWayFor(asker),
        (term, _) => term,
    });
    let terms = [
        number.and_then(Term::number_end),
        filter.erp_no.as_ref().zip(asker).map(|(key, asker)| Term::ErpNo(asker, key.to_string())),
        crew.zip(asker).map(|(kid, asker)| Term::Crew(asker, kid)),
        asker.filter(|_| filter.is_unsigned).map(Term::Unsigned),
        filter.plate.clone().map(Term::Plate),
        carrier.map(Term::Carrier),
        filter.waste.map(WasteAsked::term),
        month.map(|(from, _)| Term::month_of(from)),
        progress,
    ];
    terms.into_iter().flatten().collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_found_as_people_type_them() {
        for (typed, written) in
            [("０００１２３", "000123"), (" ld2026－371302-1 ", "LD2026-371302-1"), ("  ", "")]
        {
            assert_eq!(number_typed(typed), written, "{typed}");
        }
    }

    #[test]
    fn what_tells_most_is_looked_up_first() {
        let filter = ManifestFilter {
            status: Some(Status::InTransit),
            waste: Some(WasteAsked::Category(8)),
            from: NaiveDate::from_ymd_opt(2026, 3, 1),
            to: NaiveDate::from_ymd_opt(2026, 3, 31),
            ..ManifestFilter::default()
        };
        let looked_up: Vec<String> =
            terms(&filter, Some("000123"), None, None).iter().map(ToString::to_string).collect();
        assert_eq!(looked_up, ["number:0123", "category:08", "month:2026-03", "under-way"]);
        let filter = ManifestFilter { to: NaiveDate::from_ymd_opt(2026, 4, 1), ..filter };
        assert!(!terms(&filter, None, None, None).contains(&Term::Month(2026, 3)));
        let asker: Uscc = "91371302MA3WFT011F".parse().unwrap();
        assert!(terms(&filter, None, Some(asker), None).contains(&Term::UnderWayFor(asker)));
        let received = ManifestFilter { status: Some(Status::Received), ..filter };
        assert_eq!(terms(&received, None, Some(asker), None), [Term::Category(8)]);
    }
}
