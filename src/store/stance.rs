//! What parties said of their own earlier events: one row a word. The last one counts.

use super::log::{blob, event_id, signed, unsigned};
use super::{ColType, ReadTx, Row, SqlIn, StoreError, Table, WriteTx, params};
use crate::custody::Verdict;
use crate::custody::books::Outcome;
use crate::custody::stance::{LastWord, Stance};
use crate::ledger::{EventId, Kid};

pub(super) const WORD: Table = Table {
    name: "word",
    columns: &[
        ("event_id", ColType::Blob),
        ("by_idx", ColType::I64),
        ("by_event", ColType::Blob),
        ("by_kid", ColType::Blob),
        ("stance", ColType::Text),
        ("first_verdict", ColType::Text),
        ("steps", ColType::I64),
    ],
    key: &["event_id", "by_idx"],
};

/// Write what a batch said.
pub async fn save(tx: &mut WriteTx, outcomes: &[(u64, Outcome)]) -> Result<(), StoreError> {
    let words = outcomes.iter().flat_map(|(_, outcome)| &outcome.last_words);
    let rows = words.map(|word| {
        params![
            word.event.as_bytes().to_vec(),
            signed(word.by_index),
            word.by.as_bytes().to_vec(),
            word.by_kid.as_bytes().to_vec(),
            word.stance.name().to_owned(),
            word.first_verdict.name().to_owned(),
            i64::from(word.steps)
        ]
    });
    tx.insert_many(&WORD, rows.collect()).await?;
    Ok(())
}

/// What was last said of each of these events, where anything was.
pub async fn last_words(tx: &mut ReadTx, events: &[EventId]) -> Result<Vec<LastWord>, StoreError> {
    last_words_below(tx, events, u64::MAX).await
}

/// What was last said of each of these events by the first `size` entries of the log, where anything was.
pub async fn last_words_below(
    tx: &mut ReadTx,
    events: &[EventId],
    size: u64,
) -> Result<Vec<LastWord>, StoreError> {
    const SQL: SqlIn = SqlIn::new(
        "select event_id, by_idx, by_event, by_kid, stance, first_verdict, steps from word
          where event_id in ({keys}) and by_idx = (select max(last.by_idx) from word last
            where last.event_id = word.event_id and last.by_idx < $1)",
    );
    let rows = tx.fetch_in(&SQL, events.iter().map(blob).collect(), params![signed(size)]).await?;
    rows.iter().map(word_of).collect()
}

fn word_of(row: &Row) -> Result<LastWord, StoreError> {
    let stance = Stance::named(&row.text("stance")?);
    let verdict = Verdict::named(&row.text("first_verdict")?);
    Ok(LastWord {
        event: event_id(row, "event_id")?,
        stance: stance.ok_or_else(|| row.corrupt("stance", "an unknown stance"))?,
        by: event_id(row, "by_event")?,
        by_index: unsigned(row, "by_idx")?,
        by_kid: Kid::from_bytes(row.digest("by_kid")?),
        first_verdict: verdict.ok_or_else(|| row.corrupt("first_verdict", "an unknown verdict"))?,
        steps: u32::try_from(row.i64("steps")?).map_err(|_| row.corrupt("steps", "not a number of steps"))?,
    })
}
