//! Queues of findings: whoever asks gets what may be seen and all of it, wherever firms and sites are moved to, and a page looks at a bounded number of rows.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use liandan::app::access::Viewer;
use liandan::app::query::FindingFilter;
use liandan::catalogue::{Division, Uscc};
use liandan::custody::answer::Stage;
use liandan::custody::shelf::Life;
use liandan::id::{FindingId, ManifestId, SiteId};
use liandan::ledger::{Envelope, Kid, Typ};
use liandan::registry::Role;
use liandan::scenario::{Script, World};
use liandan::store::finding::{self, Filter, FindingRow, MAX_LOOKED_AT, Queue};
use liandan::store::{ReadTx, books, registry};
use serde_json::json;

use crate::replay::played;
use crate::scenarios::all_scripts;
use crate::support::ledger::{LOG, Ledger, block_on, databases};
use crate::support::tamper::Tamper;

const LIVES: [Life; 3] = [Life::Armed, Life::Open, Life::Closed];
/// Small, so that there are many pages.
const PAGE: u64 = 11;

fn division(code: &str) -> Division {
    code.parse().unwrap()
}

fn uscc(label: &str) -> Uscc {
    World::embedded().party(label).unwrap().uscc
}

fn officer(code: &str) -> Viewer {
    let kid = Kid::from_bytes([1; 32]);
    Viewer::Authority { party: uscc("bureau"), division: division(code), role: Role::Officer, kid }
}

fn member(label: &str) -> Viewer {
    Viewer::Party { party: uscc(label), role: Role::Administrator, kid: Kid::from_bytes([1; 32]) }
}

/// Every finding there is, each with the divisions that it lies in, told from the registry and the manifests by themselves.
async fn everything(tx: &mut ReadTx) -> Vec<(FindingRow, Vec<Division>)> {
    let parties = registry::parties_after(tx, "", 10_000).await.unwrap();
    let parties: BTreeMap<Uscc, Division> = parties.iter().map(|r| (r.party, r.division)).collect();
    let sites = registry::sites_after(tx, None, -1, 10_000).await.unwrap();
    let sites: BTreeMap<SiteId, Division> = sites.iter().map(|r| (r.site, r.division)).collect();
    let (mut rows, nil) = (Vec::new(), FindingId::from_uuid(uuid::Uuid::nil()));
    for life in LIVES {
        rows.extend(finding::list_all(tx, life, nil, 100_000).await.unwrap());
    }
    let mut ends: BTreeMap<ManifestId, Vec<Division>> = BTreeMap::new();
    for id in rows.iter().filter_map(|row| row.manifest).collect::<BTreeSet<_>>() {
        let shelf = books::manifest(tx, id).await.unwrap();
        let registered = shelf.and_then(|shelf| shelf.state.registration);
        let at = registered.map(|registered| [registered.consignor.site, registered.consignee.site]);
        ends.insert(id, at.iter().flatten().filter_map(|site| sites.get(site).copied()).collect());
    }
    let lies = |row: &FindingRow| {
        let of_parties = row.seen.concerns.iter().filter_map(|party| parties.get(party));
        let at_ends = row.manifest.and_then(|id| ends.get(&id)).into_iter().flatten();
        of_parties.chain(at_ends).copied().collect()
    };
    rows.into_iter().map(|row| (lies(&row), row)).map(|(lies, row)| (row, lies)).collect()
}

/// What somebody is shown page by page, in the order of the pages.
async fn shown(ledger: &Ledger, viewer: &Viewer, filter: &FindingFilter) -> Vec<FindingId> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = ledger.app.findings(viewer, filter, after, PAGE).await.unwrap();
        assert!(page.items.len() as u64 <= PAGE);
        all.extend(page.items.iter().map(|item| item.row.id));
        match page.next {
            Some(next) => after = Some(next),
            None => return all,
        }
    }
}

/// Everybody is shown what may be seen, whatever is asked for.
async fn everybody_is_shown_everything(ledger: &Ledger) {
    let everything = everything(&mut ledger.store.read().await.unwrap()).await;
    let rules: BTreeSet<&str> = everything.iter().map(|(row, _)| row.seen.rule.as_str()).collect();
    let mut filters = vec![FindingFilter::default()];
    filters
        .extend([Life::Open, Life::Closed].map(|life| FindingFilter { life: Some(life), ..<_>::default() }));
    filters.extend(Stage::ALL.map(|stage| FindingFilter { stage: Some(stage), ..<_>::default() }));
    for rule in rules.into_iter().step_by(12) {
        let rule = Some(rule.to_owned());
        filters.push(FindingFilter { rule: rule.clone(), ..<_>::default() });
        filters.push(FindingFilter {
            rule,
            life: Some(Life::Open),
            stage: Some(Stage::Open),
            ..<_>::default()
        });
    }
    let offices = ["371311", "371321", "371300", "110000"].map(officer);
    let mut seen = 0;
    for viewer in offices.into_iter().chain(["acme", "crane"].map(member)) {
        for filter in &filters {
            let fits = |row: &FindingRow| {
                filter.life.is_none_or(|life| row.life == life)
                    && filter.stage.is_none_or(|stage| row.stage == stage)
                    && filter.rule.as_ref().is_none_or(|rule| row.seen.rule == *rule)
            };
            let may_see =
                |row: &FindingRow, lies: &Vec<Division>| viewer.may_see_finding(&row.seen.concerns, lies);
            let wanted = everything.iter().filter(|(row, lies)| fits(row) && may_see(row, lies));
            let mut wanted: Vec<_> =
                wanted.map(|(row, _)| (Reverse(row.opened_at), Reverse(row.id))).collect();
            wanted.sort();
            let wanted: Vec<FindingId> = wanted.into_iter().map(|(_, id)| id.0).collect();
            assert_eq!(shown(ledger, &viewer, filter).await, wanted, "{viewer:?} {filter:?}");
            seen += wanted.len();
        }
    }
    assert!(seen > 1_000, "{seen}");
}

/// An officer of the city moves a firm and a site to other counties.
async fn moved(ledger: &Ledger) {
    let world = World::embedded();
    let key = world.key("bureau", Role::Officer);
    let plating = world.party("ruby").unwrap().site(None).unwrap().site;
    let name = "搬迁单位";
    let firm = json!({ "party": uscc("acme"), "name": name, "kinds": ["producer"], "division": "371311" });
    let site = json!({ "party": uscc("ruby"), "site": plating, "name": name, "division": "371321" });
    for (n, (kind, data)) in [("party.updated", firm), ("site.updated", site)].into_iter().enumerate() {
        let event = json!({
            "v": 1, "log": LOG, "kind": kind, "act": format!("01890a5d-ac96-774b-bcce-b3020900000{n}"),
            "for": uscc("bureau"), "occurred_at": ledger.clock.now().to_string(), "data": data,
        });
        let envelope = Envelope::sign(Typ::Event, event.to_string().as_bytes(), &key);
        ledger.app.submit(envelope.compact().as_bytes(), None).await.unwrap();
    }
}

#[test]
fn everybody_is_shown_all_of_their_findings_wherever_firms_and_sites_move() {
    for database in databases() {
        block_on(async {
            let ledger = played(&database, 40, 2).await;
            ledger.pass_time(ledger.clock.now().plus_hours(24 * 30)).await;
            let (anything, of_neighbour) = (FindingFilter::default(), officer("371311"));
            let before = shown(&ledger, &of_neighbour, &anything).await.len();
            moved(&ledger).await;
            assert!(shown(&ledger, &of_neighbour, &anything).await.len() > before, "they came with the firm");
            everybody_is_shown_everything(&ledger).await;
            ledger.close().await;
            the_migration_writes_the_same(&mut Tamper::open(&database.url).await).await;
        });
    }
}

/// What the migration writes of the queues that were there is what stands there had they always been so.
async fn the_migration_writes_the_same(tamper: &mut Tamper) {
    let script = match tamper {
        Tamper::Sqlite(_) => include_str!("../../migrations/sqlite/0050_whose_findings.sql"),
        Tamper::Postgres(_) => include_str!("../../migrations/postgres/0050_whose_findings.sql"),
    };
    let (_, rest) = script.split_once("create table finding_waiting").unwrap();
    let (table, rest) = rest.split_once(";\n").unwrap();
    let (fill, _) = rest.split_once(";\n").unwrap();
    tamper.run(&format!("create table finding_waiting{table}")).await.unwrap();
    let rows = tamper.run(fill).await.unwrap();
    assert!(rows > 500, "{rows}");
    let columns = "queue, life, opened_at_ms, finding, rule, stage";
    let same =
        format!("delete from finding_waiting where ({columns}) in (select {columns} from finding_queue)");
    assert_eq!(tamper.run(&same).await.unwrap(), rows);
    assert_eq!(tamper.run("delete from finding_queue").await.unwrap(), rows);
}

/// A load that is under way for too long.
async fn overdue(ledger: &Ledger) {
    let (name, text) =
        all_scripts().into_iter().find(|(name, _)| name.contains("in-transit-overdue")).unwrap();
    for act in Script::parse(&name, &text).unwrap().play(World::embedded(), LOG).unwrap().acts {
        drop(ledger.send(&act).await);
    }
    ledger.pass_time(ledger.clock.now().plus_hours(24 * 30)).await;
}

/// A queue of thousands, one of which is asked for: each reading looks at so many and says where it goes on.
#[test]
fn a_reading_looks_at_a_bounded_number_and_says_where_to_go_on() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            overdue(&ledger).await;
            let mut tamper = Tamper::open(&database.url).await;
            let (id, last) = match tamper {
                Tamper::Sqlite(_) => ("cast(printf('%016d', i) as blob)", format!("x'{}'", "ff".repeat(16))),
                Tamper::Postgres(_) => {
                    ("lpad(to_hex(i), 32, '0')::uuid", format!("'{}'::uuid", "ff".repeat(16)))
                }
            };
            let count = MAX_LOOKED_AT * 5 / 2;
            // All of them opened later than the one.
            let many = format!(
                "insert into finding_queue (queue, life, opened_at_ms, finding, rule, stage)
                 with recursive n (i) as (select 1 union all select i + 1 from n where i < {count})
                 select '990000', 'open', 4102444800000 + i / 2, {id}, 'made-up', 'explained' from n"
            );
            assert_eq!(tamper.run(&many).await.unwrap(), count);
            let columns = "subject_kind, subject, life, opened_at_ms, body, severity, gauge";
            let one = format!(
                "insert into finding (finding, rule, {columns})
                 select {last}, 'made-up', {columns} from finding where life = 'open' limit 1"
            );
            assert_eq!(tamper.run(&one).await.unwrap(), 1);
            let queued = format!(
                "insert into finding_queue select '990000', 'open', opened_at_ms, finding, 'made-up', 'open' from finding where finding = {last}"
            );
            assert_eq!(tamper.run(&queued).await.unwrap(), 1);
            for rule in [None, Some("made-up".to_owned())] {
                let queue = Queue::Division(division("990000"));
                let filter = Filter { queue, rule, life: Some(Life::Open), stage: Some(Stage::Open) };
                let mut tx = ledger.store.read().await.unwrap();
                let (mut after, mut found) = (finding::NEWEST, Vec::new());
                for reading in 1..=3 {
                    let page = finding::list(&mut tx, &filter, after, 5).await.unwrap();
                    found.extend(page.rows);
                    assert_eq!((found.len(), page.next.is_some()), (reading / 3, reading < 3));
                    after = page.next.unwrap_or(after);
                }
            }
        });
    }
}

/// What stands on the total of a year is revised by each receipt of that year: its last steps are shown, with where the others are.
#[test]
fn a_finding_that_was_revised_hundreds_of_times_is_shown_page_by_page() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            overdue(&ledger).await;
            let (viewer, filter) = (officer("371300"), FindingFilter::default());
            let id = ledger.app.findings(&viewer, &filter, None, 1).await.unwrap().items[0].row.id;
            let steps = async |ledger: &Ledger| {
                let mut tx = ledger.store.read().await.unwrap();
                finding::standings(&mut tx, &[id]).await.unwrap()[0].standing.steps
            };
            let first = steps(&ledger).await;
            assert!(first > 0);
            let mut tamper = Tamper::open(&database.url).await;
            let more = format!(
                "insert into finding_step (finding, n, idx, at_ms, step, body)
                 with recursive n (i) as (select cast({first} as bigint) union all select i + 1 from n where i < {first} + 449)
                 select s.finding, n.i, s.idx, s.at_ms, 'revised', s.body from n join finding_step s on s.finding = {} and s.n = 0",
                match tamper {
                    Tamper::Sqlite(_) => format!("x'{}'", id.as_uuid().simple()),
                    Tamper::Postgres(_) => format!("'{}'::uuid", id.as_uuid()),
                }
            );
            assert_eq!(tamper.run(&more).await.unwrap(), 450);
            assert_eq!(steps(&ledger).await, first + 450);
            let (mut before, mut numbers, mut pages) = (None, Vec::new(), 0);
            loop {
                let detail = ledger.app.finding(&viewer, id, before).await.unwrap().unwrap();
                assert!(!detail.steps.is_empty() && detail.steps.len() <= 200, "{}", detail.steps.len());
                numbers.splice(..0, detail.steps.iter().map(|step| step.n));
                pages += 1;
                before = detail.earlier_than;
                if before.is_none() {
                    break;
                }
            }
            assert_eq!((pages, numbers), (3, (0..first + 450).collect::<Vec<_>>()));
        });
    }
}
