//! One thing that a platform is to be told.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::super::log::{signed, timestamp, unsigned};
use super::super::registry::parse;
use super::super::{ReadTx, Row, Sql, StoreError, WriteTx, params};
use crate::catalogue::platform::PushStep;
use crate::catalogue::{Division, Uscc};
use crate::clock::Timestamp;
use crate::id::{ManifestId, PushId};
use crate::ledger::Digest;

/// Where an item stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PushState {
    /// To be sent.
    Waiting,
    /// Something went out, and nothing clear came back: asked before it is sent again.
    Sent,
    /// Taken.
    Accepted,
    /// Some lines were taken and others refused.
    Partly,
    /// Refused.
    Refused,
    /// Not to be told any more: something else is, or nothing.
    Superseded,
    /// Tried for a day; waits until somebody starts it again.
    Parked,
    /// The platform has no message for it that is known.
    Unmapped,
}

impl PushState {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Waiting,
        Self::Sent,
        Self::Accepted,
        Self::Partly,
        Self::Refused,
        Self::Superseded,
        Self::Parked,
        Self::Unmapped,
    ];

    /// The kebab-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Partly => "partly",
            Self::Refused => "refused",
            Self::Superseded => "superseded",
            Self::Parked => "parked",
            Self::Unmapped => "unmapped",
        }
    }

    /// The state with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// What became of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LineMark {
    /// Nothing yet.
    Open,
    /// Taken.
    Accepted,
    /// Refused.
    Refused,
    /// Refused, and told anew by a later item.
    Replaced,
}

/// One line of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineState {
    /// The line; 0 where the message has none.
    pub line: u16,
    /// Digest of what is said of it.
    pub digest: Digest,
    /// What became of it.
    pub mark: LineMark,
    /// The platform's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub said: Option<String>,
}

/// What a platform is to be told of one step of a manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Names it.
    pub id: PushId,
    /// The platform.
    pub platform: String,
    /// The manifest.
    pub manifest: ManifestId,
    /// Its place among those of its manifest there, from 1.
    pub n: u64,
    /// The consignor, whose it is.
    pub party: Uscc,
    /// Where its site lies.
    pub division: Division,
    /// Place of its step among the steps.
    pub rank: u64,
    /// The step.
    pub step: PushStep,
    /// True where it puts right what was taken.
    pub corrects: bool,
    /// Digest of what it says of the whole.
    pub head: Digest,
    /// Its lines.
    pub lines: Vec<LineState>,
    /// What was left out and why, by name.
    pub notes: Vec<String>,
    /// Where it stands.
    pub state: PushState,
    /// Why, by name.
    pub why: Option<String>,
    /// In the platform's words.
    pub said: Option<String>,
    /// The number that the platform gave last.
    pub number: Option<String>,
    /// When it was made.
    pub made_at: Timestamp,
    /// When the platform last said clearly what became of it.
    pub told_at: Option<Timestamp>,
    /// When it last came to where the firm should look: refused, parked, or another answer than before.
    pub changed_at: Option<Timestamp>,
    /// True while it is not known whether what was sent was taken.
    pub is_unclear: bool,
    /// How often it was started again after a refusal: each time it is another message.
    pub round: u64,
    /// How often what was taken was looked at again.
    pub checks: u64,
    /// How many attempts there were.
    pub attempts: u64,
    /// Since when they fail.
    pub failing_since: Option<Timestamp>,
    /// How many have failed since.
    pub failures: u64,
    /// No attempt before.
    pub next_at: Timestamp,
}

/// Where a page of items ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushSpot {
    /// When the last one was made.
    pub made_at: Timestamp,
    /// The last one.
    pub id: PushId,
}

/// As callers pass it on: milliseconds, a hyphen, the push.
impl fmt::Display for PushSpot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.made_at.as_millis(), self.id)
    }
}

impl FromStr for PushSpot {
    type Err = ();
    fn from_str(text: &str) -> Result<Self, ()> {
        let (at, id) = text.split_once('-').ok_or(())?;
        let made_at = Timestamp::from_millis(at.parse().map_err(drop)?);
        Ok(Self { made_at, id: id.parse().map_err(drop)? })
    }
}

/// Keep a new item.
pub async fn insert(tx: &mut WriteTx, item: &Item) -> Result<(), StoreError> {
    const SQL: Sql = Sql::both(
        "insert into push_item (item, platform, manifest, n, party, division, rank, step, corrects, head, lines, notes, state, why, said,
             number, made_at_ms, told_at_ms, changed_at_ms, is_unclear, round, checks, attempts, failing_since_ms, failures, next_at_ms,
             leased_until_ms)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, null, null, $15, null, $16, 0, 0, 0, 0, null, 0, $17, 0)
         on conflict do nothing",
    );
    let values = params![
        item.id.as_uuid(),
        item.platform.clone(),
        item.manifest.as_uuid(),
        signed(item.n),
        item.party.to_string(),
        item.division.to_string(),
        signed(item.rank),
        item.step.name().to_owned(),
        i64::from(item.corrects),
        item.head.as_bytes().to_vec(),
        text_of_lines(&item.lines),
        item.notes.join("\n"),
        item.state.name().to_owned(),
        item.why.clone(),
        item.made_at.as_millis(),
        item.changed_at.map(Timestamp::as_millis),
        item.next_at.as_millis()
    ];
    tx.execute(&SQL, values).await.map(drop)
}

/// One item.
pub async fn item(tx: &mut ReadTx, id: PushId) -> Result<Option<Item>, StoreError> {
    const SQL: Sql = Sql::both("select * from push_item where item = $1");
    tx.fetch_optional(&SQL, params![id.as_uuid()]).await?.as_ref().map(item_of).transpose()
}

/// The items of a manifest on a platform, in their order.
pub async fn of_manifest(
    tx: &mut ReadTx,
    platform: &str,
    manifest: ManifestId,
) -> Result<Vec<Item>, StoreError> {
    const SQL: Sql = Sql::both("select * from push_item where platform = $1 and manifest = $2 order by n");
    let values = params![platform.to_owned(), manifest.as_uuid()];
    tx.fetch_all(&SQL, values).await?.iter().map(item_of).collect()
}

/// True where a platform gave that number to another manifest too.
pub async fn is_given_to_another(
    tx: &mut ReadTx,
    platform: &str,
    number: &str,
    manifest: ManifestId,
) -> Result<bool, StoreError> {
    const SQL: Sql = Sql::both(
        "select count(*) as n from push_item where platform = $1 and number = $2 and manifest <> $3",
    );
    let values = params![platform.to_owned(), number.to_owned(), manifest.as_uuid()];
    Ok(tx.fetch_one(&SQL, values).await?.i64("n")? > 0)
}

/// A page of items, the newest first: those of a firm, or those in a range of divisions; all of them, or those in one state or of one manifest.
pub async fn list(
    tx: &mut ReadTx,
    party: Option<Uscc>,
    within: (String, String),
    filter: (Option<PushState>, Option<ManifestId>),
    before: Option<PushSpot>,
    limit: u64,
) -> Result<Vec<Item>, StoreError> {
    const SQL: Sql = Sql::each(
        "select * from push_item where ($1 = '' or party = $1) and division between $2 and $3 and ($4 = '' or state = $4)
            and ($5 is null or manifest = $5) and (made_at_ms < $6 or (made_at_ms = $6 and item < $7))
          order by made_at_ms desc, item desc limit $8",
        "select * from push_item where ($1 = '' or party = $1) and division between $2 and $3 and ($4 = '' or state = $4)
            and ($5::uuid is null or manifest = $5) and (made_at_ms < $6 or (made_at_ms = $6 and item < $7))
          order by made_at_ms desc, item desc limit $8",
    );
    let (first, last) = within;
    let spot = before.unwrap_or(PushSpot {
        made_at: Timestamp::from_millis(i64::MAX),
        id: PushId::from_uuid(uuid::Uuid::max()),
    });
    let values = params![
        party.map(|party| party.to_string()).unwrap_or_default(),
        first,
        last,
        filter.0.map(|state| state.name().to_owned()).unwrap_or_default(),
        filter.1.map(|manifest| manifest.as_uuid()),
        spot.made_at.as_millis(),
        spot.id.as_uuid(),
        signed(limit)
    ];
    tx.fetch_all(&SQL, values).await?.iter().map(item_of).collect()
}

/// How many items are in each of the states in which something waits for somebody.
pub async fn stuck(tx: &mut ReadTx) -> Result<BTreeMap<String, u64>, StoreError> {
    const SQL: Sql = Sql::both(
        "select state, count(*) as n from push_item where state in ('waiting', 'parked', 'refused', 'partly') group by state",
    );
    let rows = tx.fetch_all(&SQL, params![]).await?;
    rows.iter().map(|row| Ok((row.text("state")?, unsigned(row, "n")?))).collect()
}

pub(super) fn text_of_lines(lines: &[LineState]) -> String {
    serde_json::json!(lines).to_string()
}

pub(super) fn item_of(row: &Row) -> Result<Item, StoreError> {
    let lines: Vec<LineState> =
        serde_json::from_str(&row.text("lines")?).map_err(|error| row.corrupt("lines", error.to_string()))?;
    let step = PushStep::named(&row.text("step")?).ok_or_else(|| row.corrupt("step", "no step"))?;
    let state = PushState::named(&row.text("state")?).ok_or_else(|| row.corrupt("state", "no state"))?;
    let moment = |column| Ok::<_, StoreError>(row.opt_i64(column)?.map(Timestamp::from_millis));
    Ok(Item {
        id: PushId::from_uuid(row.uuid("item")?),
        platform: row.text("platform")?,
        manifest: ManifestId::from_uuid(row.uuid("manifest")?),
        n: unsigned(row, "n")?,
        party: parse(row, "party")?,
        division: parse(row, "division")?,
        rank: unsigned(row, "rank")?,
        step,
        corrects: row.bool("corrects")?,
        head: Digest(row.digest("head")?),
        lines,
        notes: row.text("notes")?.lines().map(str::to_owned).collect(),
        state,
        why: row.opt_text("why")?,
        said: row.opt_text("said")?,
        number: row.opt_text("number")?,
        made_at: timestamp(row, "made_at_ms")?,
        told_at: moment("told_at_ms")?,
        changed_at: moment("changed_at_ms")?,
        is_unclear: row.bool("is_unclear")?,
        round: unsigned(row, "round")?,
        checks: unsigned(row, "checks")?,
        attempts: unsigned(row, "attempts")?,
        failing_since: moment("failing_since_ms")?,
        failures: unsigned(row, "failures")?,
        next_at: timestamp(row, "next_at_ms")?,
    })
}
