//! The suite: every measure but growth, one after the other, each row of the report beside what it belongs to.

use std::sync::Arc;

use tokio::time::Instant;

use super::figures::{Goal, Row, median, quantile};
use super::spool::Spool;
use super::yardstick::{self, Keys};
use super::{
    Error, MEASURES, Run, audits, bulk, child, city_of, growth, late, manifests_of, overload, reads, single,
};
use crate::clock::Timestamp;
use crate::scenario::city::City;

/// Events of which the yardsticks are made.
const SAMPLE: usize = 20_000;
/// Events sent one by one, and events sent in disorder, at most.
const SINGLE: usize = 20_000;
const LATE: usize = 100_000;
/// Events offered faster than they can be taken, at most: they are held in memory.
const OVERLOAD: usize = 200_000;
/// How often the first page is fetched.
const TIMES: usize = 5;
/// Manifests a second that USEPA/haztrak (Django, three gunicorn workers, Postgres) saves and reads over HTTP on such a machine.
const HAZTRAK: [f64; 2] = [29.0, 61.0];

/// A city with its requests.
struct Made {
    city: City,
    spool: Spool,
    sample: Vec<String>,
    keys: Arc<Keys>,
}

impl Run<'_> {
    fn wants_one_of(&self, measures: &[&str]) -> bool {
        measures.iter().any(|measure| self.wants(measure))
    }

    /// A city of about so many events, and its requests for so many connections.
    fn made(&self, events: usize, lanes: usize, name: &str) -> Result<Made, Error> {
        let started = Instant::now();
        let city = city_of(self.options.seed, manifests_of(events))?;
        let spool = Spool::of(&city, lanes, &self.ground.file(name))?;
        let (sample, keys) = (spool.first_events(SAMPLE)?, Arc::new(yardstick::keys(city.world())));
        let seconds = started.elapsed().as_secs_f64();
        let manifests = manifests_of(events);
        (self.tell)(&format!(
            "made 已生成: {} events of {manifests} manifests in {seconds:.1} s",
            spool.events
        ));
        Ok(Made { city, spool, sample, keys })
    }

    /// All that is wanted, but growth.
    pub(super) async fn all(&mut self) -> Result<(), Error> {
        let made = self.made(self.options.events, bulk::CONNECTIONS, "bulk")?;
        let few = self.made(self.options.events.min(SINGLE), single::CONNECTIONS, "single")?;
        self.ingest(&made, &few).await?;
        if self.wants("P7") {
            self.late().await?;
        }
        if self.wants_one_of(&["P4", "P5", "P6", "P8", "P10"]) {
            self.stored(&made).await?;
        }
        if self.wants("P11") && self.options.postgres.is_some() {
            self.two_servers(&made).await?;
        }
        if self.wants("P12") {
            self.against_haztrak(&few).await?;
        }
        if self.wants(overload::MEASURE) {
            let many = self.made(self.options.events.min(OVERLOAD), overload::SENDERS, "overload")?;
            self.rows.extend(overload::measure(&self.ground, &many.city, &many.spool).await?);
        }
        self.elsewhere();
        ["bulk", "single", "overload"]
            .iter()
            .for_each(|name| drop(std::fs::remove_file(self.ground.file(name))));
        Ok(())
    }

    /// What this way of calling does not measure, and where it is.
    fn elsewhere(&mut self) {
        let is_elsewhere = [
            ("P3", "events a second of a large ledger ÷ of a small one: `--grow N`, in its own section"),
            ("P9", "a bundle of 50 events in the browser: in its own section, made by the browser's test"),
            ("P11", "two servers on one database: with `--database postgres://…`"),
        ];
        for (measure, what) in is_elsewhere {
            if self.wants(measure) && self.rows.iter().all(|row| row.measure != measure) {
                self.rows.push(Row::new(measure, what, vec![]));
            }
        }
        let place = |row: &Row| MEASURES.iter().position(|measure| *measure == row.measure);
        // A figure without a measure stands before that which it belongs to.
        let mut belongs = MEASURES.len();
        let mut placed: Vec<(usize, Row)> = Vec::new();
        for row in self.rows.drain(..).rev() {
            belongs = place(&row).unwrap_or(belongs);
            placed.push((belongs, row));
        }
        placed.reverse();
        placed.sort_by_key(|(belongs, _)| *belongs);
        self.rows = placed.into_iter().map(|(_, row)| row).collect();
    }

    /// P1 and P2, each beside its yardstick.
    async fn ingest(&mut self, made: &Made, few: &Made) -> Result<(), Error> {
        let is_postgres = self.options.postgres.is_some();
        let (mut bares, mut bulks, mut singles, mut waits, mut commits) =
            (vec![], vec![], vec![], vec![], vec![]);
        let (mut rates, mut medians) = (vec![], vec![]);
        for n in 0..self.options.runs {
            let bare = yardstick::bare(&self.ground, &made.sample, &made.keys).await?;
            bares.push(bare);
            let mut told = format!("run {n}: bare 裸管线 {bare:.0}/s");
            if self.wants("P1") {
                let bulk = bulk::whole(&self.ground, &made.city, &made.spool, 1).await?.rate();
                told.push_str(&format!(", bulk 批量 {bulk:.0}/s"));
                bulks.push(bulk / bare);
                rates.push(bulk);
            }
            if self.wants("P2") {
                let commit = yardstick::one_commit(&self.ground, &few.sample, &few.keys).await?;
                let (driven, _) = single::whole(&self.ground, &few.city, &few.spool, None).await?;
                let half = Some(driven.rate() / 2.0);
                let (_, mut took) = single::whole(&self.ground, &few.city, &few.spool, half).await?;
                told.push_str(&format!(", single 单件 {:.0}/s", driven.rate()));
                singles.push(driven.rate() / bare);
                commits.push(commit);
                medians.push(median(&mut took));
                waits.push(quantile(&mut took, 990) / commit);
            }
            (self.tell)(&told);
        }
        let name = self.ground.name();
        self.rows.push(Row::new("", format!("bare pipeline on {name}, events a second"), bares));
        if self.wants("P1") {
            let events = made.spool.events;
            self.rows.push(Row::new("", format!("bulk ingest of {events} events, events a second"), rates));
            let goal = Goal::AtLeast(if is_postgres { 0.4 } else { 0.5 });
            self.rows.push(Row::new("P1", "bulk ingest over HTTP ÷ bare (8 connections, 1,000 lines a request); what was planted was found, and nothing else", bulks).to(goal, 3));
        }
        if self.wants("P2") {
            self.rows.push(Row::new("", "one durable commit of one event, median, ms", commits).with(2));
            self.rows.push(
                Row::new(
                    "P2",
                    "single events over HTTP ÷ bare (64 connections, each answer with its proof)",
                    singles,
                )
                .to(Goal::AtLeast(0.2), 3),
            );
            self.rows.push(Row::new("", "one of them at half of that load, p50, ms", medians).with(2));
            self.rows.push(
                Row::new("P2", "one of them at half of that load, p99 ÷ one durable commit", waits)
                    .to(Goal::AtMost(30.0), 1),
            );
        }
        Ok(())
    }

    /// P7.
    async fn late(&mut self) -> Result<(), Error> {
        let city = city_of(self.options.seed, manifests_of(self.options.events.min(LATE)))?;
        let mut ratios = Vec::new();
        for _ in 0..self.options.runs {
            let [in_order, in_none] = late::measure(&self.ground, &city).await?;
            (self.tell)(&format!("in order 顺序 {in_order:.0}/s, in none 乱序 {in_none:.0}/s"));
            ratios.push(in_none / in_order);
        }
        let what = "facts in random order, a tenth of them twice ÷ in order; manifests, lots and findings end the same";
        self.rows.push(Row::new("P7", what, ratios).to(Goal::AtLeast(0.5), 2));
        Ok(())
    }

    /// P4, P5, P6, P8 and P10 on a ledger that has most of the city, the rest of which comes in while it is read.
    async fn stored(&mut self, made: &Made) -> Result<(), Error> {
        let city = &made.city;
        let (database, server) = self.ground.founded(city).await?;
        let (mut servers, mut windows) = (vec![server], made.spool.windows()?);
        let most = made.spool.events * 4 / 5;
        let pace = bulk::Pace::default();
        let driven = bulk::drive(&mut servers, &mut windows, most, &pace).await?;
        let mut server = servers.remove(0);
        if self.wants("P4") {
            let most: Vec<f64> =
                server.memory().most_kib.map(|kib| kib as f64 / 1_024.0).into_iter().collect();
            let what = format!("memory of the server at most, with {} events in, MiB", driven.events);
            self.rows.push(Row::new("P4", what, most).to(Goal::AtMost(256.0), 0));
        }
        if self.wants("P6") {
            // Those of the first half are registered by now.
            let manifests = growth::some_manifests(city, (city.chunks() / 2).max(1))?;
            let shown = Timestamp::from_millis(pace.shown_ms.into_inner());
            let load = (shown, driven.rate() / 2.0);
            let took;
            (server, took) = reads::under_load(server, city, &mut windows, &manifests, load).await?;
            self.rows.extend(growth::rows_of_reads(took, driven.events, reads::HALF));
        }
        if self.wants("P8") {
            self.first_page(&server).await?;
        }
        server.end()?;
        if self.wants("P10") {
            let mut starts = Vec::new();
            for _ in 0..self.options.runs {
                let server = database.serve(0, city.ends_at()).await?;
                starts.push(server.started_in.as_secs_f64());
                server.end()?;
            }
            let what =
                format!("start with {} events stored, seconds from the process to ready", made.spool.events);
            self.rows.push(Row::new("P10", what, starts).to(Goal::AtMost(1.0), 2));
        }
        if self.wants("P5") {
            let (mut logs, mut folds, mut stricts) = (vec![], vec![], vec![]);
            for _ in 0..self.options.runs {
                let strict = yardstick::strict(&made.sample, &made.keys)?;
                let [log, fold] = audits::measure(&self.ground, &database).await?;
                stricts.push(strict);
                logs.push(log / strict);
                folds.push(fold);
            }
            self.rows.push(Row::new("", "strict verification of every signature, events a second", stricts));
            self.rows.push(Row::new("P5", "log audit ÷ strict verification", logs).to(Goal::AtLeast(0.8), 3));
            self.rows.push(
                Row::new("P5", "log audit, second folding and comparison, events a second", folds)
                    .to(Goal::AtLeast(20_000.0), 0),
            );
        }
        database.remove().await
    }

    async fn first_page(&mut self, server: &child::Server) -> Result<(), Error> {
        let (mut bytes, mut took) = (Vec::new(), Vec::new());
        for _ in 0..TIMES {
            let page = reads::first_page(server).await?;
            bytes.push(page.bytes as f64 / 1_000.0);
            took.push(page.took_ms);
        }
        self.rows.push(
            Row::new(
                "P8",
                "first page with all that it names, KB over the wire; nothing from another host",
                bytes,
            )
            .to(Goal::AtMost(100.0), 1),
        );
        self.rows.push(
            Row::new("P8", "first page with all that it names, one after the other, ms", took)
                .to(Goal::AtMost(100.0), 1),
        );
        Ok(())
    }

    /// P11.
    async fn two_servers(&mut self, made: &Made) -> Result<(), Error> {
        let mut ratios = Vec::new();
        for n in 0..self.options.runs {
            // Turn about, so that neither always comes first.
            let order = if n % 2 == 0 { [1, 2] } else { [2, 1] };
            let mut rates = [0.0; 2];
            for servers in order {
                rates[servers - 1] =
                    bulk::whole(&self.ground, &made.city, &made.spool, servers).await?.rate();
            }
            (self.tell)(&format!("one 单进程 {:.0}/s, two 双进程 {:.0}/s", rates[0], rates[1]));
            ratios.push(rates[1] / rates[0]);
        }
        let what =
            "two servers on one database ÷ one; the log and its proofs checked, what was planted found";
        self.rows.push(Row::new("P11", what, ratios).to(Goal::AtLeast(1.0), 2));
        Ok(())
    }

    /// P12.
    async fn against_haztrak(&mut self, few: &Made) -> Result<(), Error> {
        let mut taken = [const { Vec::new() }; 3];
        for _ in 0..self.options.runs {
            let rates = single::manifests(&self.ground, &few.city, &few.spool).await?;
            taken.iter_mut().zip(rates).for_each(|(taken, rate)| taken.push(rate));
        }
        let [save, read] = HAZTRAK;
        let whats = [
            ("saved over HTTP, one an upload,", save),
            ("read over HTTP by their consignors", read),
            ("read over HTTP by an officer, each reading written down first,", read),
        ];
        for ((what, haztrak), rates) in whats.into_iter().zip(taken) {
            let what = format!("manifests {what} ÷ {haztrak} a second of haztrak");
            let ratios = rates.into_iter().map(|rate: f64| rate / haztrak).collect();
            self.rows.push(Row::new("P12", what, ratios).to(Goal::AtLeast(100.0), 0));
        }
        Ok(())
    }
}
