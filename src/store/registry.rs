//! Parties, sites, keys, permits and assigned vehicles.

mod handlers;

use super::books::{from_json, to_json};
use chrono::NaiveDate;

use super::log::{signed, timestamp, unsigned};
use super::{ColType, Param, ReadTx, Row, Sql, SqlIn, StoreError, Table, WriteTx, paper, params};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::books::Change;
use crate::id::{InvitationId, PermitId, SiteId};
use crate::ledger::{Kid, PublicKey};
use crate::registry::standing::ProfileAdopted;
use crate::registry::{KeyRecord, PartyKind, PartyRecord, PermitRecord, Role, SiteRecord};

pub use handlers::handler_keys;

pub(super) const PARTY: Table = Table {
    name: "party",
    columns: &[
        ("party", ColType::Text),
        ("name", ColType::Text),
        ("name_en", ColType::Text),
        ("kinds", ColType::Text),
        ("division", ColType::Text),
        ("sought", ColType::Text),
        ("sought_by_authorities", ColType::Text),
        ("idx", ColType::I64),
    ],
    key: &["party"],
};
pub(super) const SITE: Table = Table {
    name: "site",
    columns: &[
        ("site", ColType::Uuid),
        ("party", ColType::Text),
        ("name", ColType::Text),
        ("division", ColType::Text),
        ("place", ColType::Text),
        ("classes", ColType::Text),
        ("facilities", ColType::Text),
        ("registered_at_ms", ColType::I64),
        ("closed_day", ColType::I64),
        ("idx", ColType::I64),
    ],
    key: &["site"],
};
pub(super) const KEY: Table = Table {
    name: "signing_key",
    columns: &[
        ("kid", ColType::Blob),
        ("public_key", ColType::Blob),
        ("party", ColType::Text),
        ("role", ColType::Text),
        ("invitation", ColType::Uuid),
        ("enrolled_idx", ColType::I64),
        ("revoked_idx", ColType::I64),
        ("revoked_at_ms", ColType::I64),
        ("suspected_from_idx", ColType::I64),
        ("replaces", ColType::Blob),
        ("replaced_by", ColType::Blob),
    ],
    key: &["kid"],
};
pub(super) const KEY_END: Table = Table {
    name: "key_end",
    columns: &[("kid", ColType::Blob), ("idx", ColType::I64)],
    key: &["kid", "idx"],
};
pub(super) const PERMIT: Table = Table {
    name: "permit",
    columns: &[
        ("permit", ColType::Uuid),
        ("party", ColType::Text),
        ("number", ColType::Text),
        ("body", ColType::Text),
        ("idx", ColType::I64),
    ],
    key: &["permit"],
};
pub(super) const ASSIGNMENT: Table = Table {
    name: "assignment",
    columns: &[
        ("carrier", ColType::Text),
        ("vehicle", ColType::Text),
        ("manifest", ColType::Uuid),
        ("from_ms", ColType::I64),
        ("until_ms", ColType::I64),
    ],
    key: &["carrier", "vehicle", "manifest", "from_ms"],
};

pub(super) const ADOPTION: Table = Table {
    name: "profile_adoption",
    columns: &[("idx", ColType::I64), ("body", ColType::Text)],
    key: &["idx"],
};

/// Write what a batch put in or changed.
pub async fn save(tx: &mut WriteTx, changes: &[Change]) -> Result<(), StoreError> {
    let (mut parties, mut sites, mut keys, mut ends) = (vec![], vec![], vec![], vec![]);
    let (mut permits, mut papers, mut assignments, mut adoptions) = (vec![], vec![], vec![], vec![]);
    let mut declarations = vec![];
    let mut mandates = vec![];
    for change in changes {
        match change {
            Change::Party(record) => parties.push(party_row(record)),
            Change::Site(record) => sites.push(site_row(record)?),
            Change::Key(record) => keys.push(key_row(record)),
            Change::KeyEnded { kid, index } => ends.push(params![kid.as_bytes().to_vec(), signed(*index)]),
            Change::Permit(record) => permits.push(permit_row(record)?),
            Change::Paper(paper) => papers.push(&**paper),
            Change::Declaration(record) => declarations.push(super::declaration::row_of(record)?),
            Change::Mandate(record) => mandates.push(super::mandate::row_of(record)?),
            Change::Adopted { index, adopted } => {
                adoptions.push(params![signed(*index), to_json("profile_adoption", adopted)?]);
            }
            Change::Assigned { carrier, vehicle, window, manifest } => assignments.push(params![
                carrier.to_string(),
                vehicle.to_string(),
                manifest.as_uuid(),
                window.from.as_millis(),
                window.until.as_millis()
            ]),
        }
    }
    for (table, rows) in [
        (&PARTY, parties),
        (&SITE, sites),
        (&KEY, keys),
        (&KEY_END, ends),
        (&PERMIT, permits),
        (&super::mandate::MANDATE, mandates),
        (&ASSIGNMENT, assignments),
        (&ADOPTION, adoptions),
        (&super::declaration::DECLARATION, declarations),
    ] {
        tx.upsert_many(table, rows).await?;
    }
    paper::save(tx, &papers).await
}

fn party_row(r: &PartyRecord) -> Vec<Param> {
    let kinds: Vec<&str> = r.kinds.iter().map(|kind| kind.name()).collect();
    params![
        r.party.to_string(),
        r.name.clone(),
        r.name_en.clone(),
        kinds.join(","),
        r.division.to_string(),
        r.sought.clone(),
        r.sought_by_authorities.clone(),
        signed(r.index)
    ]
}

fn site_row(r: &SiteRecord) -> Result<Vec<Param>, StoreError> {
    Ok(params![
        r.site.as_uuid(),
        r.party.to_string(),
        r.name.clone(),
        r.division.to_string(),
        r.place.as_ref().map(|place| to_json("site", place)).transpose()?,
        to_json("site", &r.classes)?,
        to_json("site", &r.facilities)?,
        r.registered_at.as_millis(),
        r.closed_on.map(|day| i64::from(day.to_epoch_days())),
        signed(r.index)
    ])
}

fn key_row(r: &KeyRecord) -> Vec<Param> {
    params![
        r.kid.as_bytes().to_vec(),
        r.public.as_bytes().to_vec(),
        r.party.to_string(),
        r.role.name().to_owned(),
        r.invitation.map(|id| id.as_uuid()),
        signed(r.enrolled_index),
        r.revoked_index.map(signed),
        r.revoked_at.map(|at| at.as_millis()),
        r.suspected_from.map(signed),
        r.replaces.map(|kid| kid.as_bytes().to_vec()),
        r.replaced_by.map(|kid| kid.as_bytes().to_vec())
    ]
}

fn permit_row(r: &PermitRecord) -> Result<Vec<Param>, StoreError> {
    let body = to_json("permit", r)?;
    Ok(params![r.permit.as_uuid(), r.party.to_string(), r.number.clone(), body, signed(r.index)])
}

pub(super) fn texts(parties: &[Uscc]) -> Vec<Param> {
    parties.iter().map(|party| Param::Text(party.to_string())).collect()
}

pub(super) fn parse<T: std::str::FromStr>(row: &Row, column: &'static str) -> Result<T, StoreError> {
    row.text(column)?.parse().map_err(|_| row.corrupt(column, "not in its text form"))
}

/// Parties by code.
pub async fn parties(tx: &mut ReadTx, codes: &[Uscc]) -> Result<Vec<PartyRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select party, name, name_en, kinds, division, sought, sought_by_authorities, idx from party where party in ({keys})",
    );
    tx.fetch_in(&SQL, texts(codes), params![]).await?.iter().map(party_of).collect()
}

/// Up to `limit` parties after a code, by code.
pub async fn parties_after(tx: &mut ReadTx, after: &str, limit: u64) -> Result<Vec<PartyRecord>, StoreError> {
    const SQL: Sql = Sql::each(
        "select party, name, name_en, kinds, division, sought, sought_by_authorities, idx from party where party > $1 order by party limit $2",
        "select party, name, name_en, kinds, division, sought, sought_by_authorities, idx from party
          where party collate \"C\" > $1 order by party collate \"C\" limit $2",
    );
    tx.fetch_all(&SQL, params![after.to_owned(), signed(limit)]).await?.iter().map(party_of).collect()
}

pub(super) fn party_of(row: &Row) -> Result<PartyRecord, StoreError> {
    let kinds = row.text("kinds")?;
    let kinds = kinds.split(',').map(|name| serde_json::from_value::<PartyKind>(name.into()));
    Ok(PartyRecord {
        party: parse(row, "party")?,
        name: row.text("name")?,
        name_en: row.opt_text("name_en")?,
        kinds: kinds.collect::<Result<_, _>>().map_err(|_| row.corrupt("kinds", "an unknown kind"))?,
        division: parse(row, "division")?,
        sought: row.text("sought")?,
        sought_by_authorities: row.text("sought_by_authorities")?,
        index: unsigned(row, "idx")?,
    })
}

/// Sites by id.
pub async fn sites(tx: &mut ReadTx, ids: &[SiteId]) -> Result<Vec<SiteRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select site, party, name, division, place, classes, facilities, registered_at_ms, closed_day, idx
           from site where site in ({keys})",
    );
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(site_of).collect()
}

/// Up to `limit` sites after a log index, of one party or of all.
pub async fn sites_after(
    tx: &mut ReadTx,
    party: Option<Uscc>,
    after: i64,
    limit: u64,
) -> Result<Vec<SiteRecord>, StoreError> {
    const OF_PARTY: Sql = Sql::both(
        "select site, party, name, division, place, classes, facilities, registered_at_ms, closed_day, idx
           from site where party = $1 and idx > $2 order by idx limit $3",
    );
    const ALL: Sql = Sql::both(
        "select site, party, name, division, place, classes, facilities, registered_at_ms, closed_day, idx
           from site where idx > $1 order by idx limit $2",
    );
    let rows = match party {
        Some(party) => tx.fetch_all(&OF_PARTY, params![party.to_string(), after, signed(limit)]).await?,
        None => tx.fetch_all(&ALL, params![after, signed(limit)]).await?,
    };
    rows.iter().map(site_of).collect()
}

/// A day as the tables count them, in days since 1970-01-01.
fn day_of(row: &Row, days: i64) -> Result<NaiveDate, StoreError> {
    let days = i32::try_from(days).ok().and_then(NaiveDate::from_epoch_days);
    days.ok_or_else(|| row.corrupt("closed_day", "not a day"))
}

pub(super) fn site_of(row: &Row) -> Result<SiteRecord, StoreError> {
    Ok(SiteRecord {
        site: SiteId::from_uuid(row.uuid("site")?),
        party: parse(row, "party")?,
        name: row.text("name")?,
        division: parse(row, "division")?,
        place: row.opt_text("place")?.map(|_| from_json(row, "place")).transpose()?,
        classes: from_json(row, "classes")?,
        facilities: from_json(row, "facilities")?,
        registered_at: timestamp(row, "registered_at_ms")?,
        closed_on: row.opt_i64("closed_day")?.map(|day| day_of(row, day)).transpose()?,
        index: unsigned(row, "idx")?,
    })
}

/// Keys by thumbprint.
pub async fn keys(tx: &mut ReadTx, kids: &[Kid]) -> Result<Vec<KeyRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select kid, public_key, party, role, invitation, enrolled_idx, revoked_idx, revoked_at_ms,
                suspected_from_idx, replaces, replaced_by
           from signing_key where kid in ({keys})",
    );
    let kids = kids.iter().map(|kid| Param::Blob(kid.as_bytes().to_vec())).collect();
    tx.fetch_in(&SQL, kids, params![]).await?.iter().map(key_of).collect()
}

/// Log indexes of the entries that ended these keys, or carried the suspicion of them further back.
pub async fn ends_of(tx: &mut ReadTx, kids: &[Kid]) -> Result<Vec<u64>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select idx from key_end where kid in ({keys})");
    let kids = kids.iter().map(|kid| Param::Blob(kid.as_bytes().to_vec())).collect();
    tx.fetch_in(&SQL, kids, params![]).await?.iter().map(|row| unsigned(row, "idx")).collect()
}

/// The keys of a party, in the order they were enrolled.
pub async fn keys_of(tx: &mut ReadTx, party: Uscc) -> Result<Vec<KeyRecord>, StoreError> {
    const SQL: Sql = Sql::both(
        "select kid, public_key, party, role, invitation, enrolled_idx, revoked_idx, revoked_at_ms,
                suspected_from_idx, replaces, replaced_by
           from signing_key where party = $1 order by enrolled_idx",
    );
    tx.fetch_all(&SQL, params![party.to_string()]).await?.iter().map(key_of).collect()
}

/// The key that used an invitation, for each of these that was used.
pub async fn keys_by_invitation(
    tx: &mut ReadTx,
    invitations: &[InvitationId],
) -> Result<Vec<KeyRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select kid, public_key, party, role, invitation, enrolled_idx, revoked_idx, revoked_at_ms,
                suspected_from_idx, replaces, replaced_by
           from signing_key where invitation in ({keys})",
    );
    let keys = invitations.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(key_of).collect()
}

fn key_of(row: &Row) -> Result<KeyRecord, StoreError> {
    let public = PublicKey::from_bytes(&row.digest("public_key")?);
    let index =
        |column| Ok::<_, StoreError>(row.opt_i64(column)?.and_then(|value| u64::try_from(value).ok()));
    let kid = |column| Ok::<_, StoreError>(row.opt_digest(column)?.map(Kid::from_bytes));
    Ok(KeyRecord {
        kid: Kid::from_bytes(row.digest("kid")?),
        public: public.map_err(|_| row.corrupt("public_key", "not a key that can be enrolled"))?,
        party: parse(row, "party")?,
        role: Role::named(&row.text("role")?).ok_or_else(|| row.corrupt("role", "an unknown role"))?,
        invitation: row.opt_uuid("invitation")?.map(InvitationId::from_uuid),
        enrolled_index: unsigned(row, "enrolled_idx")?,
        replaces: kid("replaces")?,
        revoked_index: index("revoked_idx")?,
        revoked_at: row.opt_i64("revoked_at_ms")?.map(Timestamp::from_millis),
        replaced_by: kid("replaced_by")?,
        suspected_from: index("suspected_from_idx")?,
    })
}

/// The permits of these parties, in the order they were issued.
pub async fn permits(tx: &mut ReadTx, parties: &[Uscc]) -> Result<Vec<PermitRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select permit, body from permit where party in ({keys})");
    let rows = tx.fetch_in(&SQL, texts(parties), params![]).await?;
    let permits: Result<Vec<PermitRecord>, StoreError> = rows.iter().map(permit_of).collect();
    let mut permits = permits?;
    permits.sort_unstable_by_key(|permit| permit.index);
    Ok(permits)
}

/// Permits by id.
pub async fn permits_by_id(tx: &mut ReadTx, ids: &[PermitId]) -> Result<Vec<PermitRecord>, StoreError> {
    const SQL: SqlIn = SqlIn::new("select permit, body from permit where permit in ({keys})");
    let keys = ids.iter().map(|id| Param::Uuid(id.as_uuid())).collect();
    tx.fetch_in(&SQL, keys, params![]).await?.iter().map(permit_of).collect()
}

/// Up to `limit` permits after a log index.
pub async fn permits_after(tx: &mut ReadTx, after: i64, limit: u64) -> Result<Vec<PermitRecord>, StoreError> {
    const SQL: Sql = Sql::both("select permit, body from permit where idx > $1 order by idx limit $2");
    tx.fetch_all(&SQL, params![after, signed(limit)]).await?.iter().map(permit_of).collect()
}

fn permit_of(row: &Row) -> Result<PermitRecord, StoreError> {
    serde_json::from_str(&row.text("body")?).map_err(|error| row.corrupt("body", error.to_string()))
}

/// Log index of the last adoption of rules.
pub async fn adopted_at(tx: &mut ReadTx) -> Result<Option<u64>, StoreError> {
    const SQL: Sql = Sql::both("select idx from profile_adoption order by idx desc limit 1");
    tx.fetch_optional(&SQL, params![]).await?.map(|row| unsigned(&row, "idx")).transpose()
}

/// The rules last adopted, with the log index of the adoption.
pub async fn adopted(tx: &mut ReadTx) -> Result<Option<(u64, ProfileAdopted)>, StoreError> {
    const SQL: Sql = Sql::both("select idx, body from profile_adoption order by idx desc limit 1");
    let Some(row) = tx.fetch_optional(&SQL, params![]).await? else { return Ok(None) };
    let adopted = serde_json::from_str(&row.text("body")?);
    Ok(Some((unsigned(&row, "idx")?, adopted.map_err(|error| row.corrupt("body", error.to_string()))?)))
}
