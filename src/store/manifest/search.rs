//! Searching manifests, the newest first. A search walks one list from where the last page ended, the one that tells most, and looks at a bounded number
//! of manifests: what it costs does not grow with the ledger.

use super::{ManifestRow, row_of};
use crate::catalogue::Uscc;
use crate::custody::search::Term;
use crate::id::{ManifestId, SiteId};
use crate::registry::sought::plain;
use crate::store::log::signed;
use crate::store::{Param, ReadTx, Sql, SqlIn, StoreError, params};

/// Most manifests that one search looks at; one that needs to look at more says where it goes on.
pub const MAX_LOOKED_AT: u64 = 2_000;
/// Most terms of one search.
const MAX_TERMS: usize = 9;

/// A place in the list of manifests: the log index of the first event of one, and its id.
pub type Spot = (i64, ManifestId);

/// Which manifests to search for.
#[derive(Clone, Debug)]
pub struct Filter {
    /// Who asks: a party has only those with a role of its own, an authority (`None`) is shown what it may see.
    pub asker: Option<Uscc>,
    /// For an authority only those with an end in this range of divisions, and those that nobody says of where they belong.
    pub within: Option<(String, String)>,
    /// What must be true of them, beginning with what tells most; nine at most.
    pub terms: Vec<Term>,
    /// Only those on which this party has a role too.
    pub party: Option<Uscc>,
    /// Only some of these.
    pub among: Option<Vec<ManifestId>>,
    /// Only those in this status.
    pub status: Option<String>,
    /// Only those whose waste leaves this party.
    pub consignor: Option<Uscc>,
    /// Only those that go to this party.
    pub consignee: Option<Uscc>,
    /// Only those that leave between these local days, in days since 1970-01-01, both included.
    pub days: (Option<i64>, Option<i64>),
    /// Only those of which a number ends so: letters, digits and hyphens.
    pub number: Option<String>,
    /// Only those that a number of another system is bound to, or only the others.
    pub bound: Option<bool>,
    /// Only those on which a party has a role whose name holds this, or its initials do; of authorities, what it is called elsewhere too.
    pub name: Option<String>,
    /// Only those with an end in this range of divisions.
    pub division: Option<(String, String)>,
    /// Only those that leave this site or go to it.
    pub site: Option<SiteId>,
}

/// What one search found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The manifests, newest first.
    pub rows: Vec<ManifestRow>,
    /// Where to go on; `None` when there are no more.
    pub next: Option<Spot>,
}

/// The statement around the index it walks, `w`, between two places: what of it fits, newest first. The database may stop as soon as it has found
/// enough.
macro_rules! fitting {
    ($walked:literal, $where:literal) => {
        concat!(
            "select m.manifest, m.first_idx, m.number, m.status, m.consignor, m.consignee, m.leaves_day,
                    (select count(*) from finding f where f.manifest = m.manifest and f.life = 'open' and ($5 = '*' or exists
                      (select 1 from finding_queue q where q.queue = $5 and q.life = 'open' and q.finding = f.finding))) as open_findings
               from ",
            $walked,
            " w cross join manifest m where m.manifest = w.manifest and ",
            $where,
            "   and (w.first_idx, w.manifest) < ($1, $2) and (w.first_idx, w.manifest) >= ($4, $29)
                and ($5 = '*' or exists (select 1 from manifest_party mp
                      where mp.party = $5 and mp.first_idx = w.first_idx and mp.manifest = w.manifest))
                and ($30 = '' or exists (select 1 from manifest_party mp
                      where mp.party = $30 and mp.first_idx = w.first_idx and mp.manifest = w.manifest))
                and ($6 = '' or m.status = $6)
                and ($7 = '' or m.consignor = $7)
                and ($8 = '' or m.consignee = $8)
                and ($9 < 0 or m.leaves_day >= $9)
                and ($10 < 0 or m.leaves_day <= $10)
                and ($11 = '' or m.number like '%' || $11
                     or exists (select 1 from external_number e where e.manifest = m.manifest and e.number like '%' || $11))
                and ($12 = '' or ($12 = 'yes') = exists (select 1 from external_number e where e.manifest = m.manifest))
                and ($13 = '' or exists (select 1 from manifest_party mp join party p on p.party = mp.party
                      where mp.manifest = m.manifest
                        and (p.sought like $13 escape '!' or ($5 = '*' and p.sought_by_authorities like $13 escape '!'))))
                and ($14 = '' or exists (select 1 from site s
                      where s.site in (m.from_site, m.to_site) and s.division >= $14 and s.division <= $15))
                and ($16 = '' or not exists (select 1 from site s where s.site in (m.from_site, m.to_site))
                     or exists (select 1 from site s
                          where s.site in (m.from_site, m.to_site) and s.division >= $16 and s.division <= $17))
                and ($19 = '' or exists (select 1 from manifest_term t
                      where t.term = $19 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($20 = '' or exists (select 1 from manifest_term t
                      where t.term = $20 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($21 = '' or exists (select 1 from manifest_term t
                      where t.term = $21 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($22 = '' or exists (select 1 from manifest_term t
                      where t.term = $22 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($23 = '' or exists (select 1 from manifest_term t
                      where t.term = $23 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($24 = '' or exists (select 1 from manifest_term t
                      where t.term = $24 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($25 = '' or exists (select 1 from manifest_term t
                      where t.term = $25 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($26 = '' or exists (select 1 from manifest_term t
                      where t.term = $26 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($27 = '' or exists (select 1 from manifest_term t
                      where t.term = $27 and t.first_idx = w.first_idx and t.manifest = w.manifest))
                and ($28 is null or m.from_site = $28 or m.to_site = $28)
              order by w.first_idx desc, w.manifest desc limit $3"
        )
    };
}

const BY_TERM: Sql = Sql::both(fitting!("manifest_term", "w.term = $18"));
const OF_PARTY: Sql = Sql::both(fitting!("manifest_party", "w.party = $18"));
const OF_ALL: Sql = Sql::both(fitting!("manifest", "w.first_idx >= 0"));
const AMONG: SqlIn = SqlIn::new(fitting!("manifest", "w.manifest in ({keys})"));

/// Where a walk along each list ends.
const END_BY_TERM: Sql = Sql::both(
    "select first_idx, manifest from manifest_term where term = $4 and (first_idx, manifest) < ($1, $2)
      order by first_idx desc, manifest desc limit 1 offset $3",
);
const END_OF_PARTY: Sql = Sql::both(
    "select first_idx, manifest from manifest_party where party = $4 and (first_idx, manifest) < ($1, $2)
      order by first_idx desc, manifest desc limit 1 offset $3",
);
const END_OF_ALL: Sql = Sql::both(
    "select first_idx, manifest from manifest where (first_idx, manifest) < ($1, $2)
      order by first_idx desc, manifest desc limit 1 offset $3",
);

/// A list of manifests that a search can walk along.
#[derive(Clone, Copy, Debug)]
enum List<'a> {
    /// Of which a term is true.
    Of(&'a Term),
    /// On which a party has a role.
    Party(Uscc),
    All,
}

impl List<'_> {
    /// What it is kept under.
    fn key(self) -> String {
        match self {
            Self::Of(term) => term.to_string(),
            Self::Party(party) => party.to_string(),
            Self::All => String::new(),
        }
    }

    /// The last manifest that a walk looks at which begins behind `before`; `None` where the list ends sooner.
    async fn end(self, tx: &mut ReadTx, before: Spot) -> Result<Option<Spot>, StoreError> {
        let mut values = params![before.0, before.1.as_uuid(), signed(MAX_LOOKED_AT - 1)];
        let sql = match self {
            Self::Of(_) => &END_BY_TERM,
            Self::Party(_) => &END_OF_PARTY,
            Self::All => &END_OF_ALL,
        };
        if !matches!(self, Self::All) {
            values.push(Param::Text(self.key()));
        }
        let row = tx.fetch_optional(sql, values).await?;
        row.map(|row| Ok((row.i64("first_idx")?, ManifestId::from_uuid(row.uuid("manifest")?)))).transpose()
    }
}

/// Up to `limit` manifests that fit and come behind `before`, or fewer and where to go on.
pub async fn search(
    tx: &mut ReadTx,
    filter: &Filter,
    before: Option<Spot>,
    limit: u64,
) -> Result<Found, StoreError> {
    let nowhere = ManifestId::from_uuid(uuid::Uuid::nil());
    let before = before.unwrap_or((i64::MAX, nowhere));
    let (list, end) = filter.shortest_list(tx, before).await?;
    let values = filter.values(list, (before, end.unwrap_or((-1, nowhere))), limit.saturating_add(1));
    let rows = match (&filter.among, list) {
        (Some(ids), _) => {
            let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
            tx.fetch_in(&AMONG, keys, values).await?
        }
        (None, List::Of(_)) => tx.fetch_all(&BY_TERM, values).await?,
        (None, List::Party(_)) => tx.fetch_all(&OF_PARTY, values).await?,
        (None, List::All) => tx.fetch_all(&OF_ALL, values).await?,
    };
    let mut rows = rows.iter().map(row_of).collect::<Result<Vec<_>, _>>()?;
    // Of many ids the statement is asked more than once.
    rows.sort_unstable_by_key(|row| std::cmp::Reverse((row.first_index, row.id)));
    let fits = usize::try_from(limit).unwrap_or(usize::MAX);
    let next = match rows.len() > fits {
        true => rows.get(fits.saturating_sub(1)).map(|row| (row.first_index, row.id)),
        false => end,
    };
    rows.truncate(fits);
    Ok(Found { rows, next })
}

impl Filter {
    fn values(&self, list: List<'_>, (before, end): (Spot, Spot), limit: u64) -> Vec<Param> {
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let party = |party: Option<Uscc>| party.map(|party| party.to_string()).unwrap_or_default();
        let (from, to) = self.days;
        let bound = self.bound.map_or("", |bound| if bound { "yes" } else { "no" });
        let (division, within) = (self.division.clone(), self.within.clone());
        let (division, within) = (division.unwrap_or_default(), within.unwrap_or_default());
        let mut values = params![
            before.0,
            before.1.as_uuid(),
            signed(limit),
            end.0,
            self.asker.map_or_else(|| "*".to_owned(), |party| party.to_string()),
            text(&self.status),
            party(self.consignor),
            party(self.consignee),
            from.unwrap_or(-1),
            to.unwrap_or(-1),
            text(&self.number),
            bound.to_owned(),
            self.name.as_deref().map(pattern).unwrap_or_default(),
            division.0,
            division.1,
            within.0,
            within.1,
            list.key()
        ];
        let terms = self.terms.iter().map(ToString::to_string).chain(std::iter::repeat(String::new()));
        values.extend(terms.take(MAX_TERMS).map(Param::Text));
        values.extend(params![self.site.map(|site| site.as_uuid()), end.1.as_uuid(), party(self.party)]);
        values
    }

    /// The list to walk along, and where the walk ends: the one on which as many manifests reach back furthest, so that the fewest are looked at in vain.
    async fn shortest_list(
        &self,
        tx: &mut ReadTx,
        before: Spot,
    ) -> Result<(List<'_>, Option<Spot>), StoreError> {
        if self.among.is_some() {
            return Ok((List::All, None));
        }
        let asker = self.asker.filter(|asker| self.party != Some(*asker));
        let parties = self.party.into_iter().chain(asker);
        let lists: Vec<List<'_>> = self.terms.iter().map(List::Of).chain(parties.map(List::Party)).collect();
        let lists = if lists.is_empty() { vec![List::All] } else { lists };
        let mut shortest = None;
        for list in lists {
            let end = list.end(tx, before).await?;
            if end.is_none() {
                return Ok((list, None));
            }
            if shortest.is_none_or(|(_, known)| end < known) {
                shortest = Some((list, end));
            }
        }
        Ok(shortest.unwrap_or((List::All, None)))
    }
}

/// A pattern for what holds a text, whatever it is made of.
fn pattern(text: &str) -> String {
    let mut pattern = "%".to_owned();
    for c in plain(text).chars() {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_looked_for_as_it_is() {
        assert_eq!(pattern("临沂 Ｌtd"), "%临沂ltd%");
        assert_eq!(pattern("100%_A!"), "%100!%!_a!!%");
    }
}
