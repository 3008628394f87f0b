//! P3, P4 and P10: a ledger that grows to as many events as is asked for, in a folder that stays: what costs an event then and now, in
//! time, memory and on disk; and how long a start takes on all of it.

use std::collections::BTreeSet;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::bulk::{self, Pace};
use super::child::Server;
use super::figures::{Goal, Row, median, quantile};
use super::ground::Database;
use super::spool::{Found, Maker, Spool};
use super::{Error, Run, city_of, manifests_of, reads, yardstick};
use crate::custody::{Event, Statement};
use crate::id::ManifestId;
use crate::scenario::city::City;

/// Chunks of a part: about a hundred thousand events.
const PART: usize = 100;
/// The end is compared with the part in which this event came: before it everything is small and fast.
const FIRST: usize = 100_000;
/// Events whose signatures are verified beside each part.
const SAMPLE: usize = 10_000;
/// Reads of each kind from a ledger that is whole.
const READS_AT_REST: usize = 2_000;
/// Parts at the end of the growth that are compared.
const COMPARED: usize = 3;
const MIB: f64 = 1_024.0;

/// What was measured of one part.
#[derive(Clone, Debug, PartialEq)]
struct Part {
    /// Chunks of the city that are in by then.
    chunks: usize,
    /// Events that were sent by then.
    events: usize,
    /// Events a second in this part.
    rate: f64,
    /// Events a second whose signatures alone are verified, beside it; without end where the part was sent at a given speed.
    strict: f64,
    /// Memory of the server behind it, and at most so far, in KiB; 0 where the kernel tells none.
    rss_kib: u64,
    most_kib: u64,
    /// Bytes of the database.
    bytes: u64,
}

impl Part {
    fn line(&self) -> String {
        let Self { chunks, events, rate, strict, rss_kib, most_kib, bytes } = self;
        format!("{chunks},{events},{rate},{strict},{rss_kib},{most_kib},{bytes}\n")
    }

    fn read(line: &str) -> Option<Self> {
        let mut cells = line.split(',');
        let mut next = || cells.next();
        Some(Self {
            chunks: next()?.parse().ok()?,
            events: next()?.parse().ok()?,
            rate: next()?.parse().ok()?,
            strict: next()?.parse().ok()?,
            rss_kib: next()?.parse().ok()?,
            most_kib: next()?.parse().ok()?,
            bytes: next()?.parse().ok()?,
        })
    }

    fn relative(&self) -> f64 {
        self.rate / self.strict
    }
}

/// The folder of a ledger that grows: its database, the parts that are in, and what is expected of them.
struct Kept {
    folder: PathBuf,
    database: Database,
    parts: Vec<Part>,
}

impl Kept {
    /// What was begun for another city is left alone; of one without a whole part nothing is kept.
    fn open(folder: &Path, seed: u64, target: usize) -> Result<Self, Error> {
        let (of, is) = (folder.join("of"), format!("seed {seed}, {target} events\n"));
        if let Some(was) = std::fs::read_to_string(&of).ok().filter(|was| *was != is) {
            let shown = folder.display();
            return Err(format!("{shown} holds a ledger of {}: name another folder", was.trim()).into());
        }
        let parts = std::fs::read_to_string(folder.join("parts.csv")).unwrap_or_default();
        let parts: Vec<Part> = parts.lines().filter_map(Part::read).collect();
        if parts.is_empty() {
            drop(std::fs::remove_dir_all(folder));
        }
        let database = Database::kept(folder)?;
        std::fs::write(&of, is)?;
        Ok(Self { folder: folder.to_owned(), database, parts })
    }

    /// Chunks that are in.
    fn chunks(&self) -> usize {
        self.parts.last().map_or(0, |part| part.chunks)
    }

    /// Events that were sent.
    fn events(&self) -> usize {
        self.parts.last().map_or(0, |part| part.events)
    }

    /// What is expected goes first: a part that is written down is whole.
    fn add(&mut self, part: Part, expected: &BTreeSet<Found>) -> Result<(), Error> {
        let mut text = String::new();
        expected.iter().for_each(|(rule, subject)| text.push_str(&format!("{rule}\t{subject}\n")));
        self.append("expected.tsv", &text)?;
        self.append("parts.csv", &part.line())?;
        self.parts.push(part);
        Ok(())
    }

    fn append(&self, name: &str, text: &str) -> Result<(), Error> {
        let mut file = OpenOptions::new().append(true).create(true).open(self.folder.join(name))?;
        file.write_all(text.as_bytes())?;
        Ok(file.sync_all()?)
    }

    fn expected(&self) -> Result<BTreeSet<Found>, Error> {
        let text = std::fs::read_to_string(self.folder.join("expected.tsv"))?;
        let found = text.lines().filter_map(|line| line.split_once('\t'));
        Ok(found.map(|(rule, subject)| (rule.to_owned(), subject.to_owned())).collect())
    }
}

/// Grow it from where it stopped to its end, and measure what is grown.
pub(super) async fn measure(run: &mut Run<'_>, target: usize) -> Result<(), Error> {
    let city = city_of(run.options.seed, manifests_of(target))?;
    let mut kept = Kept::open(&run.ground.folder.join("grown"), run.options.seed, target)?;
    let next = kept.chunks();
    let mut server = match next {
        0 => kept.database.found(&city).await?,
        _ => {
            // What an older program grew has its schema.
            kept.database.connect().await?.close().await;
            kept.database.serve(0, city.begins_at(next)).await?
        }
    };
    let keys = yardstick::keys(city.world());
    let mut maker = Maker::new(&city, bulk::CONNECTIONS, next)?;
    let path = run.ground.file("part");
    for begins in (next..city.chunks()).step_by(PART) {
        let end = (begins + PART).min(city.chunks());
        let spool = maker.part(&path, end)?;
        let strict = yardstick::strict(&spool.first_events(SAMPLE)?, &keys)?;
        server = add_part(run, &city, &mut kept, server, (end, &spool, strict)).await?;
    }
    drop(std::fs::remove_file(&path));
    if next == city.chunks() && run.wants("P6") {
        // It was whole before, by this program or another: nothing is left that could come in meanwhile.
        let manifests = some_manifests(&city, next.div_ceil(2))?;
        let took = reads::at_rest(&server, &city, &manifests, (city.begins_at(next), READS_AT_REST)).await?;
        run.rows.extend(rows_of_reads(took, kept.events(), "nothing coming in"));
    }
    server.end()?;
    run.rows.extend(rows(&kept.parts));
    let mut starts = Vec::new();
    for _ in 0..run.options.runs {
        let server = kept.database.serve(0, city.begins_at(city.chunks())).await?;
        starts.push(server.started_in.as_secs_f64());
        server.end()?;
    }
    let what = format!("start with {} events on disk, seconds from the process to ready", kept.events());
    run.rows.push(Row::new("P10", what, starts).to(Goal::AtMost(1.0), 2));
    let server = kept.database.serve(0, city.begins_at(city.chunks())).await?;
    bulk::year_ends(&kept.database, &city, vec![server], &kept.expected()?).await?;
    run.appendix = appendix(&kept.parts);
    Ok(())
}

/// Send one part, up to a chunk, and write down what that took; the last one at half of the speed of the one before, while it is read.
async fn add_part(
    run: &mut Run<'_>,
    city: &City,
    kept: &mut Kept,
    mut server: Server,
    (end, spool, strict): (usize, &Spool, f64),
) -> Result<Server, Error> {
    let (mut windows, begins) = (spool.windows()?, kept.chunks());
    let is_read = end == city.chunks() && begins > 0 && run.wants("P6");
    let (rate, strict) = if is_read {
        let rate = kept.parts.last().map_or(f64::INFINITY, |part| part.rate) / 2.0;
        // Of the day at which a part ends, not everything is registered.
        let manifests = some_manifests(city, begins / 2)?;
        let load = (city.begins_at(begins), rate);
        let took;
        (server, took) = reads::under_load(server, city, &mut windows, &manifests, load).await?;
        run.rows.extend(rows_of_reads(took, kept.events(), reads::HALF));
        (rate, f64::INFINITY)
    } else {
        let mut servers = vec![server];
        let driven = bulk::drive(&mut servers, &mut windows, usize::MAX, &Pace::default()).await?;
        server = servers.remove(0);
        (driven.rate(), strict)
    };
    let (memory, events) = (server.memory(), kept.events() + spool.events);
    let (rss_kib, most_kib) = (memory.now_kib.unwrap_or(0), memory.most_kib.unwrap_or(0));
    (run.tell)(&format!("grown 已增长: {events} events, {rate:.0}/s, {} MiB", rss_kib / 1_024));
    let bytes = kept.database.bytes();
    kept.add(Part { chunks: end, events, rate, strict, rss_kib, most_kib, bytes }, &spool.expected)?;
    Ok(server)
}

/// Manifests of some chunks before this one, each with its consignor, who registers it.
pub(super) fn some_manifests(city: &City, before: usize) -> Result<Vec<(ManifestId, String)>, Error> {
    const CHUNKS: usize = 8;
    let mut all = Vec::new();
    for n in (0..before).step_by((before / CHUNKS).max(1)) {
        for act in city.chunk(super::LOG, n)?.played.acts {
            let event = Event::parse(act.envelope.payload())?;
            if let Statement::ManifestRegistered(registered) = event.statement {
                all.push((registered.manifest, act.actor));
            }
        }
    }
    Ok(all)
}

/// P6.
pub(super) fn rows_of_reads(took: reads::Took, events: usize, beside: &str) -> Vec<Row> {
    let reads = [
        ("chain of a manifest, for its consignor", took.own_chains),
        ("chain of a manifest, for an officer, whose reading is written down first", took.chains),
        ("open findings of a county", took.findings),
    ];
    let row = |(what, mut took): (&str, Vec<f64>)| {
        let (count, p50) = (took.len(), median(&mut took));
        let what =
            format!("{what}, with {events} events and {beside}: p99 of {count} reads, ms (p50 {p50:.1})");
        Row::new("P6", what, vec![quantile(&mut took, 990)]).to(Goal::AtMost(10.0), 1)
    };
    reads.map(row).into()
}

fn rows(parts: &[Part]) -> Vec<Row> {
    let timed: Vec<&Part> = parts.iter().filter(|part| part.strict.is_finite()).collect();
    let settled = timed.iter().position(|part| part.events > FIRST).unwrap_or(0);
    let then = timed.get(settled).map_or(f64::NAN, |part| part.relative());
    let last = timed.iter().rev().take(COMPARED).map(|part| part.relative());
    let memory = parts.iter().skip(settled).map(|part| part.rss_kib as f64 / MIB);
    let most = parts.iter().map(|part| part.most_kib as f64 / MIB).fold(0.0, f64::max);
    let events = parts.last().map_or(0, |part| part.events);
    let bytes = parts.last().map_or(0.0, |part| part.bytes as f64 / part.events.max(1) as f64);
    vec![
        Row::new(
            "P3",
            format!("events a second at {events} events ÷ in the part around {FIRST}, each against verification beside it"),
            last.map(|last| last / then).collect(),
        )
        .to(Goal::AtLeast(0.8), 2),
        Row::new("P4", format!("memory of the server at most, up to {events} events, MiB"), vec![most])
            .to(Goal::AtMost(256.0), 0),
        Row::new(
            "",
            format!("memory of the server between parts, from {FIRST} to {events} events, MiB"),
            memory.collect(),
        ),
        Row::new("", "bytes on disk for each event", vec![bytes]),
    ]
}

/// The way, in ten steps.
fn appendix(parts: &[Part]) -> String {
    let mut table = "| events | a second | verified alone | memory, MiB | most so far | bytes an event |\n|---|---|---|---|---|---|\n".to_owned();
    for part in parts.iter().rev().step_by((parts.len() / 10).max(1)).collect::<Vec<_>>().into_iter().rev() {
        let Part { events, rate, strict, rss_kib, most_kib, bytes, .. } = part;
        let (rss, most, each) = (rss_kib / 1_024, most_kib / 1_024, bytes / (*events).max(1) as u64);
        let verified = if strict.is_finite() {
            format!("{strict:.0}")
        } else {
            "(read under half of the load)".to_owned()
        };
        table.push_str(&format!("| {events} | {rate:.0} | {verified} | {rss} | {most} | {each} |\n"));
    }
    table
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn part(events: usize, rate: f64) -> Part {
        Part {
            chunks: events / 1_000,
            events,
            rate,
            strict: 1_000.0,
            rss_kib: 2_048,
            most_kib: 4_096,
            bytes: events as u64 * 10,
        }
    }

    #[test]
    fn a_part_is_read_as_it_was_written() {
        let one = part(101_000, 812.25);
        assert_eq!(Part::read(one.line().trim()), Some(one));
        assert_eq!(Part::read("1,2"), None);
    }

    #[test]
    fn the_end_is_compared_with_the_part_of_the_hundred_thousandth_event() {
        let parts: Vec<Part> =
            (1..=10).map(|n| part(n * 100_500, if n == 1 { 998.0 } else { 1_000.0 - n as f64 })).collect();
        let rows = rows(&parts);
        assert!(
            (rows[0].values.iter().copied().fold(0.0, f64::max) - 990.0 / 998.0).abs() < 0.02,
            "{rows:?}"
        );
        assert_eq!((rows[1].values[0], rows[2].values[0], rows[3].values[0]), (4.0, 2.0, 10.0));
    }
}
