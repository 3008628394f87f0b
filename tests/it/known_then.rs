//! What was known once is what was read then: at every size of the log, manifests, their chains, lots and stock are read as they stand,
//! and later asked for as of that size.

use std::collections::BTreeMap;

use liandan::app::query::{ChainStep, ManifestDetail, NoAsOf};
use liandan::id::{LotId, ManifestId, SiteId};
use liandan::scenario::{Script, World};
use liandan::store::log;

use crate::scenarios::all_scripts;
use crate::stock::officer;
use crate::support::ledger::{LOG, Ledger, block_on, databases};

/// Scripts in which what is known changes after the fact: late events, corrections, words on earlier events, both sides of one
/// handover, time that passes.
const SCRIPTS: [&str; 12] = [
    "both-sides-and-a-doubted-key",
    "both-sides-state-it",
    "correction-war",
    "correction-while-disavowed",
    "corrected-by-both",
    "corrected-by-order",
    "count-with-cause",
    "follow-up",
    "in-transit-overdue",
    "key-disavowed-again",
    "late-entry",
    "weighing-disavowed",
];

/// Local days on which the stock is asked for.
const DAYS: [&str; 3] = ["2026-03-02", "2026-03-03", "2026-12-31"];

/// Everything that is compared, as text, by what was asked.
type Answers = BTreeMap<String, String>;

/// What is asked about.
#[derive(Default)]
struct Asked {
    manifests: Vec<ManifestId>,
    lots: Vec<LotId>,
}

impl Asked {
    /// What stands, or stood when the log had so many entries.
    async fn answers(&self, ledger: &Ledger, as_of: Option<u64>) -> Answers {
        let (app, officer) = (&ledger.app, &officer());
        let mut answers = Answers::new();
        for id in &self.manifests {
            let (manifest, chain) = match as_of {
                None => (
                    app.manifest(officer, *id).await.unwrap(),
                    app.chain(officer, *id, 0, 500).await.unwrap(),
                ),
                Some(size) => (
                    app.manifest_as_of(officer, *id, size).await.unwrap(),
                    app.chain_as_of(officer, *id, (0, 500), size).await.unwrap(),
                ),
            };
            if let Some((manifest, chain)) = manifest.zip(chain) {
                answers.insert(format!("manifest {id}"), told(&manifest));
                let steps: Vec<String> = chain.items.iter().map(step).collect();
                answers.insert(format!("chain {id}"), steps.join("\n"));
            }
        }
        for id in &self.lots {
            let lot = match as_of {
                None => app.lot(officer, *id).await.unwrap(),
                Some(size) => app.lot_as_of(officer, *id, size).await.unwrap(),
            };
            if let Some(lot) = lot {
                let (state, postings) = (&lot.state, &lot.postings);
                let told = (state.holdings.clone(), state.sums, &state.transit, state.code(), postings);
                answers.insert(format!("lot {id}"), format!("{told:?}"));
            }
        }
        for site in sites() {
            for day in DAYS {
                let days = (Some("2026-03-02".parse().unwrap()), Some(day.parse().unwrap()));
                if let Some(stock) = app.stock(officer, site, days, as_of).await.unwrap() {
                    answers.insert(format!("stock {site} {day}"), format!("{:?}", stock.codes));
                }
            }
        }
        answers
    }
}

fn sites() -> Vec<SiteId> {
    World::embedded().parties().iter().flat_map(|party| &party.sites).map(|site| site.site).collect()
}

/// A manifest without what is called otherwise now.
fn told(manifest: &ManifestDetail) -> String {
    let ManifestDetail {
        number, status, first_index, lines, predecessor, follow_ups, findings, state, ..
    } = manifest;
    format!(
        "{number:?} {status:?} {first_index} {lines:?} {predecessor:?} {follow_ups:?} {findings:?} {state:?}"
    )
}

/// A record without its proofs, which grow.
fn step(step: &ChainStep) -> String {
    let word = step.last_word.map(|word| (word.stance, word.by, word.by_index));
    let ChainStep { event_id, index, effective, verdict, corrections, content, leaf, .. } = step;
    format!("{event_id} {index} {effective} {verdict:?} {word:?} {corrections:?} {content:?} {leaf:?}")
}

/// Where two answers part, and how both go on.
fn parted(got: &str, wanted: &str) -> String {
    let same = got.chars().zip(wanted.chars()).take_while(|(one, other)| one == other).count();
    let around = |text: &str| text.chars().skip(same.saturating_sub(60)).take(300).collect::<String>();
    format!("\n{}\nwas read as\n{}", around(got), around(wanted))
}

async fn size_of(ledger: &Ledger) -> u64 {
    log::head(&mut ledger.store.read().await.unwrap()).await.unwrap().unwrap().size
}

#[test]
fn what_was_known_once_is_what_was_read_then() {
    let mut compared = 0;
    for (name, text) in all_scripts().into_iter().filter(|(name, _)| SCRIPTS.contains(&&**name)) {
        for database in databases() {
            block_on(async {
                let ledger = Ledger::found(&database.url).await;
                let (mut read, mut asked) = (BTreeMap::new(), Asked::default());
                let played = Script::parse(&name, &text).unwrap().play(World::embedded(), LOG).unwrap();
                asked.manifests = played.names.manifests().map(|(_, id)| id).collect();
                asked.lots = played.names.lots().map(|(_, id)| id).collect();
                for act in &played.acts {
                    // What falls due before the next entry is known before it.
                    let before = act.recorded_at.plus_millis(-1);
                    if before > ledger.clock.now() {
                        ledger.pass_time(before).await;
                    }
                    read.insert(size_of(&ledger).await, asked.answers(&ledger, None).await);
                    drop(ledger.send(act).await);
                }
                let head = size_of(&ledger).await;
                for (size, then) in read.range(..head) {
                    let now = asked.answers(&ledger, Some(*size)).await;
                    for (question, wanted) in then {
                        let got = now.get(question).map_or("nothing", |got| got);
                        assert!(got == wanted, "{name}: {question} as of {size}: {}", parted(got, wanted));
                    }
                    assert_eq!(now.len(), then.len(), "{name} as of {size}");
                    compared += then.len();
                }
            });
        }
    }
    assert!(compared > 1_000, "only {compared} answers");
}

#[test]
fn nobody_knows_more_than_the_log() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let (size, site) = (size_of(&ledger).await, sites()[0]);
            let stock = async |as_of| ledger.app.stock(&officer(), site, (None, None), Some(as_of)).await;
            assert!(stock(size).await.unwrap().is_some());
            assert!(matches!(stock(size + 1).await, Err(NoAsOf::Ahead { size: known }) if known == size));
        });
    }
}
