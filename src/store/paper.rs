//! Papers: one table for all kinds, by id, by party and by log index.

use std::collections::BTreeSet;

use super::books::{from_json, to_json};
use super::log::signed;
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, params};
use crate::catalogue::{Division, Uscc};
use crate::custody::paper::{Paper, PaperId, PaperKind, Written};
use crate::id::SiteId;

pub(super) const PAPER: Table = Table {
    name: "paper",
    columns: &[
        ("kind", ColType::Text),
        ("id", ColType::Uuid),
        ("party", ColType::Text),
        ("other", ColType::Text),
        ("site", ColType::Uuid),
        ("division", ColType::Text),
        ("to_day", ColType::I64),
        ("idx", ColType::I64),
        ("ended_idx", ColType::I64),
        ("carries", ColType::Text),
        ("body", ColType::Text),
    ],
    key: &["kind", "id"],
};

/// Write papers as they stand now.
pub(super) async fn save(tx: &mut WriteTx, papers: &[&Paper]) -> Result<(), StoreError> {
    let rows: Result<Vec<_>, StoreError> = papers.iter().map(|paper| row(paper)).collect();
    tx.upsert_many(&PAPER, rows?).await.map(drop)
}

fn row(paper: &Paper) -> Result<Vec<Param>, StoreError> {
    let belongs = &paper.belongs;
    Ok(params![
        paper.id.kind.name().to_owned(),
        paper.id.id,
        belongs.party.map(|party| party.to_string()),
        belongs.other.map(|party| party.to_string()),
        belongs.site.map(|site| site.as_uuid()),
        belongs.division.map(|division| division.to_string()),
        paper.days().map(|(_, to)| i64::from(to.to_epoch_days())),
        signed(paper.index),
        paper.end.as_ref().map(|end| signed(end.index)),
        carries(paper),
        to_json("paper", paper)?
    ])
}

/// What a licence, qualification or hold is about: a plate, the key of a person, the id of a site, lot or manifest.
fn carries(paper: &Paper) -> Option<String> {
    match &paper.written {
        Written::Hold(s) => Some(s.on.key()),
        Written::Vehicle(s) => Some(s.plate.to_string()),
        Written::Person(s) => Some(s.key.to_string()),
        _ => None,
    }
}

/// The licences, qualifications and holds that are about these: plates, keys of persons, ids of sites, lots and manifests.
pub async fn about(tx: &mut ReadTx, carried: BTreeSet<String>) -> Result<Vec<Paper>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select body from paper where carries in ({keys})");
    read(&tx.fetch_in(&SQL, carried.into_iter().map(Param::Text).collect(), params![]).await?)
}

/// Papers by id.
pub async fn papers(tx: &mut ReadTx, ids: &[PaperId]) -> Result<Vec<Paper>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select body from paper where id in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.id)).collect();
    let papers: Vec<Paper> = read(&tx.fetch_in(&SQL, keys, params![]).await?)?;
    Ok(papers.into_iter().filter(|paper| ids.contains(&paper.id)).collect())
}

/// The plans of these sites: one a year.
pub async fn plans_of(tx: &mut ReadTx, sites: &[SiteId]) -> Result<Vec<Paper>, StoreError> {
    // Left to itself SQLite reads every plan there is as soon as there are a few sites.
    const SQL: SqlIn = SqlIn::each(
        "select body from paper indexed by paper_site where kind = 'plan' and site in ({keys})",
        "select body from paper where kind = 'plan' and site in ({keys})",
    );
    let keys = sites.iter().map(|site| Param::Uuid(site.as_uuid())).collect();
    read(&tx.fetch_in(&SQL, keys, params![]).await?)
}

/// The contracts and approvals of these parties with these others, whoever filed them. Looks at what each of the parties has, so
/// give the side that has fewer.
pub async fn between(tx: &mut ReadTx, parties: &[Uscc], others: &[Uscc]) -> Result<Vec<Paper>, StoreError> {
    const ITS_OWN: SqlIn = SqlIn::each(
        "select body from paper indexed by paper_party where party in ({keys}) and kind in ('contract', 'approval')
            and other in (select value from json_each($1))",
        "select body from paper where party in ({keys}) and kind in ('contract', 'approval')
            and other in (select jsonb_array_elements_text($1::jsonb))",
    );
    const AS_OTHER_SIDE: SqlIn = SqlIn::each(
        "select body from paper indexed by paper_other where other in ({keys}) and kind in ('contract', 'approval')
            and party in (select value from json_each($1))",
        "select body from paper where other in ({keys}) and kind in ('contract', 'approval')
            and party in (select jsonb_array_elements_text($1::jsonb))",
    );
    let others = serde_json::json!(others).to_string();
    let mut papers = Vec::new();
    for sql in [&ITS_OWN, &AS_OTHER_SIDE] {
        let keys = parties.iter().map(|party| Param::Text(party.to_string())).collect();
        papers.extend(read(&tx.fetch_in(sql, keys, params![others.clone()]).await?)?);
    }
    Ok(papers)
}

/// Which papers of a kind a page may hold.
#[derive(Clone, Copy, Debug)]
pub struct Among {
    /// The kind.
    pub kind: PaperKind,
    /// Only those of which this party is a side.
    pub party: Option<Uscc>,
    /// Only those that lie in this division, or nowhere known.
    pub within: Option<Division>,
}

/// Up to `limit` papers after a log index, in log order.
pub async fn papers_after(
    tx: &mut ReadTx,
    among: Among,
    after: i64,
    limit: u64,
) -> Result<Vec<Paper>, StoreError> {
    const OF_PARTY: Sql = Sql::both(
        "select body from (
           select * from (select idx, body from paper
              where kind = $1 and party = $2 and idx > $3 and coalesce(division, $4) between $4 and $5
              order by idx limit $6) as its_own
           union all
           select * from (select idx, body from paper
              where kind = $1 and other = $2 and idx > $3 and coalesce(division, $4) between $4 and $5
                and (party is null or party <> other)
              order by idx limit $6) as as_other_side) as its
          order by idx limit $6",
    );
    const ALL: Sql = Sql::both(
        "select body from paper where kind = $1 and idx > $2 and coalesce(division, $3) between $3 and $4
          order by idx limit $5",
    );
    let kind = among.kind.name().to_owned();
    let (first, last) = bounds(among.within);
    let rows = match among.party {
        Some(party) => {
            let values = params![kind, party.to_string(), after, first, last, signed(limit)];
            tx.fetch_all(&OF_PARTY, values).await?
        }
        None => tx.fetch_all(&ALL, params![kind, after, first, last, signed(limit)]).await?,
    };
    read(&rows)
}

/// Up to `limit` papers of a kind that a party is a side of, the newest first.
pub async fn newest(
    tx: &mut ReadTx,
    kind: PaperKind,
    party: Uscc,
    limit: u64,
) -> Result<Vec<Paper>, StoreError> {
    const SQL: Sql = Sql::both(
        "select body from (
           select * from (select idx, body from paper where kind = $1 and party = $2
              order by idx desc limit $3) as its_own
           union all
           select * from (select idx, body from paper where kind = $1 and other = $2
                and (party is null or party <> other) order by idx desc limit $3) as as_other_side) as its
          order by idx desc limit $3",
    );
    let values = params![kind.name().to_owned(), party.to_string(), signed(limit)];
    read(&tx.fetch_all(&SQL, values).await?)
}

/// Up to `limit` applications that nobody ended, the oldest first: those of which a party is a side, or those that lie in a division
/// or nowhere known.
pub async fn applications_going_on(
    tx: &mut ReadTx,
    party: Option<Uscc>,
    within: Option<Division>,
    limit: u64,
) -> Result<Vec<Paper>, StoreError> {
    const SQL: Sql = Sql::each(
        "select body from paper indexed by paper_going_on where kind = 'application' and ended_idx is null
            and ($1 is null or party = $1 or other = $1) and coalesce(division, $2) between $2 and $3
          order by idx limit $4",
        "select body from paper where kind = 'application' and ended_idx is null
            and ($1 is null or party = $1 or other = $1) and coalesce(division, $2) between $2 and $3
          order by idx limit $4",
    );
    let (first, last) = bounds(within);
    let party = party.map(|party| party.to_string());
    read(&tx.fetch_all(&SQL, params![party, first, last, signed(limit)]).await?)
}

/// Up to `limit` papers in a party's record whose last day lies between two days (days since 1970-01-01, both included) and which
/// nobody ended, the next to expire first.
pub async fn expiring(
    tx: &mut ReadTx,
    party: Uscc,
    (from, to): (i64, i64),
    limit: u64,
) -> Result<Vec<Paper>, StoreError> {
    const SQL: Sql = Sql::both(
        "select body from paper where party = $1 and to_day between $2 and $3 and ended_idx is null
          order by to_day, kind, id limit $4",
    );
    read(&tx.fetch_all(&SQL, params![party.to_string(), from, to, signed(limit)]).await?)
}

/// The first and last code that may lie in a division; all codes for none.
pub(super) fn bounds(within: Option<Division>) -> (String, String) {
    let Some(division) = within else { return ("000000".to_owned(), "999999".to_owned()) };
    let first = division.to_string();
    let fixed = first.trim_end_matches("00");
    (first.clone(), format!("{fixed:9<6}"))
}

fn read(rows: &[Row]) -> Result<Vec<Paper>, StoreError> {
    rows.iter().map(|row| from_json(row, "body")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_division_holds_all_that_begins_like_it() {
        let bounds = |code: &str| bounds(Some(code.parse().unwrap()));
        for (code, last) in [("370000", "379999"), ("371300", "371399"), ("371302", "371302")] {
            assert_eq!(bounds(code), (code.to_owned(), last.to_owned()));
        }
        // A county whose own two digits end in a zero is no city.
        assert_eq!(bounds("371320").1, "371320");
    }
}
