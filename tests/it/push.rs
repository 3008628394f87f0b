//! Platforms of the state: whatever they do, each record is there once, in order, and the firm sees why where it is not.

pub(crate) mod receiver;
mod shown;

use liandan::app::access::Viewer;
use liandan::app::push::{Item, Platform, PlatformsFile, PushDetail, PushFilter, PushState};
use liandan::registry::Role;
use liandan::scenario::{Played, World};
use liandan::shape::Text;

use crate::api::server::sign_script;
use crate::support::ledger::{Ledger, block_on, databases};
use crate::support::random::Random;
use receiver::{Mood, Receiver, TOKEN};

const MINUTE_MS: i64 = 60_000;
const HOUR: i64 = 60;

/// Two lines that leave and come in.
pub(crate) const SCRIPT: &str = "08:00 acme opens L1 900-041-49 2400 kg
    08:01 acme opens L2 900-249-08 600 kg
    09:00 acme registers M1 900-041-49 1200 kg + 900-249-08 300 kg acme > swift > phoenix
    09:20 acme hands M1 to swift #k1
    11:00 swift hands M1 to phoenix
    11:30 phoenix receives M1 all
    =====";

/// What a platform has of it in the end.
const RECORDED: [&str; 6] = [
    "registered 1 1.200",
    "registered 2 0.300",
    "departed 1 1.200",
    "departed 2 0.300",
    "received 1 1.200",
    "received 2 0.300",
];

pub(crate) fn platform(receiver: &Receiver, mapping: Option<&str>) -> Platform {
    let name = if mapping.is_some() { "full.toml" } else { "cn-manifest-2017" };
    let file = format!(
        "[[platforms]]\nid = \"province\"\nzh = \"省平台\"\nen = \"province\"\naddress = \"{}\"\nmapping = \"{name}\"",
        receiver.address()
    );
    let entry = PlatformsFile::parse(&file).unwrap().platforms.remove(0);
    Platform::new(entry, mapping, Some(TOKEN)).unwrap()
}

pub(crate) const FULL: &str = include_str!("push/full.toml");

fn viewer(label: &str) -> Viewer {
    let world = World::embedded();
    let party = world.party(label).unwrap();
    let kid = world.key(label, party.office()).public().kid();
    Viewer::Party { party: party.uscc, role: Role::Operator, kid }
}

async fn agreed(ledger: &Ledger, receiver: &Receiver, mapping: Option<&str>) {
    ledger.app.push_to(vec![platform(receiver, mapping)]);
    assert!(ledger.app.agree_to_push(&viewer("acme"), "province", None).await.unwrap());
}

/// Push until nothing goes out any more.
pub(crate) async fn push(ledger: &Ledger) {
    while ledger.app.push().await.unwrap() > 0 {}
}

/// Let minutes pass, looking every ten.
async fn pass(ledger: &Ledger, minutes: i64) {
    let from = ledger.clock.now();
    for minute in (0..=minutes).step_by(10) {
        ledger.clock.set(from.plus_millis(minute * MINUTE_MS));
        push(ledger).await;
    }
}

pub(crate) async fn list(ledger: &Ledger, label: &str) -> Vec<Item> {
    let mut items = ledger.app.pushes(&viewer(label), PushFilter::default(), None, 500).await.unwrap().items;
    items.sort_by_key(|item| (item.manifest, item.n));
    items
}

async fn detail(ledger: &Ledger, item: &Item) -> PushDetail {
    ledger.app.push_detail(&viewer("acme"), item.id).await.unwrap().unwrap()
}

/// Step and state of each item, in order.
fn standing(items: &[Item]) -> Vec<(&'static str, &'static str)> {
    items.iter().map(|item| (item.step.name(), item.state.name())).collect()
}

async fn play(ledger: &Ledger, played: &Played) {
    for act in &played.acts {
        ledger.send(act).await.unwrap();
    }
}

const ALL_TAKEN: [(&str, &str); 3] =
    [("registered", "accepted"), ("departed", "accepted"), ("received", "accepted")];

#[test]
fn each_step_is_told_once_in_order_in_the_names_of_the_platform() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            let played = sign_script(SCRIPT);
            for act in &played.acts {
                ledger.send(act).await.unwrap();
                push(&ledger).await;
            }
            let items = list(&ledger, "acme").await;
            assert_eq!(standing(&items), ALL_TAKEN);
            let manifest = items[0].manifest.to_string();
            assert_eq!(receiver.taken(&manifest), RECORDED);
            assert_eq!((receiver.posts(), receiver.questions()), (3, 0));
            let records = receiver.records();
            assert_eq!(records[2].body["ldbh"], "2026350200000001", "the number that it gave");
            assert_eq!(records[2].body["differs"], "0");
            assert_eq!(records[2].body["wxfw"][0].get("method"), None, "nobody stated a treatment");
            assert!(items[2].notes.contains(&"treatment-not-stated".to_owned()));
            assert_eq!(items[0].number.as_deref(), Some("2026350200000001"));
            // Nobody else sees anything of it.
            for other in ["swift", "phoenix"] {
                assert_eq!(list(&ledger, other).await, []);
                assert_eq!(ledger.app.push_detail(&viewer(other), items[0].id).await.unwrap(), None);
            }
            let shown = detail(&ledger, &items[0]).await;
            assert_eq!((shown.attempts.len(), shown.attempts[0].status), (1, Some(200)));
            // It is looked at again for a week, and nothing is sent again.
            pass(&ledger, 10 * 24 * HOUR).await;
            assert_eq!((receiver.posts(), receiver.questions()), (3, 3 * 7));
            assert_eq!(standing(&list(&ledger, "acme").await), ALL_TAKEN);
        });
    }
}

#[test]
fn whatever_it_answers_each_record_is_there_once() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            play(&ledger, &sign_script(SCRIPT)).await;
            // The first message meets each mood once, and then its question does.
            receiver.moods(Mood::ALL.into_iter().skip(1));
            pass(&ledger, 20 * HOUR).await;
            let items = list(&ledger, "acme").await;
            assert_eq!(standing(&items), ALL_TAKEN);
            assert_eq!(receiver.taken(&items[0].manifest.to_string()), RECORDED);
            let shown = detail(&ledger, &items[0]).await;
            assert!(shown.attempts.len() > 10, "{:?}", shown.attempts);
            assert!(shown.attempts.iter().any(|attempt| attempt.is_question && attempt.status == Some(500)));
        });
        // Each mood alone, with a message that it meets.
        for mood in Mood::ALL {
            let database = databases().remove(0);
            block_on(async {
                let ledger = Ledger::found(&database.url).await;
                let receiver = Receiver::rise().await;
                agreed(&ledger, &receiver, Some(FULL)).await;
                play(&ledger, &sign_script(SCRIPT)).await;
                receiver.moods([mood, mood]);
                pass(&ledger, 6 * HOUR).await;
                let items = list(&ledger, "acme").await;
                assert_eq!(standing(&items), ALL_TAKEN, "{mood:?}");
                assert_eq!(receiver.taken(&items[0].manifest.to_string()), RECORDED, "{mood:?}");
            });
        }
    }
}

/// Random failures, two processes where there may be two, and a new process in between.
#[test]
fn nothing_is_lost_or_doubled_by_two_processes_and_a_restart() {
    for seed in 0..4 {
        for database in databases() {
            block_on(async {
                let is_shared = database.url.starts_with("postgres");
                let ledger = Ledger::found(&database.url).await;
                let receiver = Receiver::rise().await;
                agreed(&ledger, &receiver, Some(FULL)).await;
                let mut other = if is_shared { Some(ledger.beside(&database).await) } else { None };
                if let Some(other) = &other {
                    other.app.push_to(vec![platform(&receiver, Some(FULL))]);
                }
                let played = sign_script(
                    "08:00 acme opens L1 900-041-49 6000 kg
                    09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
                    09:05 acme registers M2 900-041-49 1100 kg acme > heron > phoenix
                    09:10 acme registers M3 900-041-49 1000 kg acme > swift > phoenix
                    09:20 acme hands M1 to swift
                    09:30 acme hands M2 to heron
                    11:00 swift hands M1 to phoenix
                    11:30 phoenix receives M1 all
                    12:00 acme hands M3 to swift
                    12:10 heron hands M2 to phoenix
                    12:30 phoenix receives M2 all
                    13:10 swift hands M3 to phoenix
                    13:30 phoenix receives M3 all
                    =====",
                );
                let mut random = Random::new(seed);
                let mut moods = Vec::new();
                for _ in 0..60 {
                    let n = random.below(Mood::ALL.len() * 2);
                    moods.push(Mood::ALL.get(n).copied().unwrap_or(Mood::Well));
                }
                receiver.moods(moods);
                for (n, act) in played.acts.iter().enumerate() {
                    ledger.send(act).await.unwrap();
                    both(&ledger, other.as_ref()).await;
                    if n == played.acts.len() / 2 && is_shared {
                        // One of them stops, another one starts.
                        other.take().unwrap().close().await;
                        let new = ledger.beside(&database).await;
                        new.app.push_to(vec![platform(&receiver, Some(FULL))]);
                        other = Some(new);
                    }
                }
                let from = ledger.clock.now();
                for minute in (0..23 * HOUR).step_by(20) {
                    ledger.clock.set(from.plus_millis(minute * MINUTE_MS));
                    both(&ledger, other.as_ref()).await;
                }
                receiver.moods([]);
                restart_parked(&ledger).await;
                for minute in (23 * HOUR..72 * HOUR).step_by(60) {
                    ledger.clock.set(from.plus_millis(minute * MINUTE_MS));
                    both(&ledger, other.as_ref()).await;
                    restart_parked(&ledger).await;
                }
                let items = list(&ledger, "acme").await;
                let wanted: Vec<_> = ALL_TAKEN.into_iter().cycle().take(9).collect();
                assert_eq!(standing(&items), wanted, "seed {seed}");
                for of_one in items.chunks(3) {
                    let taken = receiver.taken(&of_one[0].manifest.to_string());
                    let steps: Vec<&str> = taken.iter().map(|line| line.split(' ').next().unwrap()).collect();
                    assert_eq!(steps, ["registered", "departed", "received"], "seed {seed}");
                }
                assert_eq!(receiver.records().len(), 9);
            });
        }
    }
}

async fn both(ledger: &Ledger, other: Option<&Ledger>) {
    let Some(other) = other else { return push(ledger).await };
    other.clock.set(ledger.clock.now());
    for _ in 0..4 {
        let (one, two) = tokio::join!(ledger.app.push(), other.app.push());
        if one.unwrap() + two.unwrap() == 0 {
            return;
        }
    }
}

async fn restart_parked(ledger: &Ledger) {
    for item in list(ledger, "acme").await {
        if item.state == PushState::Parked {
            ledger.app.retry_push(&viewer("acme"), item.id).await.unwrap().unwrap();
        }
    }
}

#[test]
fn a_refused_line_is_told_again_when_it_was_put_right_and_the_others_are_not() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            receiver.refuse("departed", 1, "数量超出计划");
            let played = sign_script(
                "08:00 acme opens L1 900-041-49 2400 kg
                08:01 acme opens L2 900-249-08 600 kg
                09:00 acme registers M1 900-041-49 1200 kg + 900-249-08 300 kg acme > swift > phoenix
                09:20 acme hands M1 to swift #k1
                10:00 swift corrects #k1 line 1 to 1250 kg \"看错磅单\" #c1
                10:30 acme agrees #c1
                =====",
            );
            let (before, after) = played.acts.split_at(played.acts.len() - 1);
            for act in before {
                ledger.send(act).await.unwrap();
                push(&ledger).await;
            }
            let refused = list(&ledger, "acme").await;
            assert_eq!(standing(&refused), [("registered", "accepted"), ("departed", "partly")]);
            assert_eq!(refused[1].lines[0].said.as_deref(), Some("数量超出计划"), "the reason is kept");
            assert_eq!(detail(&ledger, &refused[1]).await.attempts[0].said.as_deref(), Some("数量超出计划"));
            assert_eq!(receiver.posts(), 2, "not sent again as it is");
            receiver.relent();
            for act in after {
                ledger.send(act).await.unwrap();
            }
            push(&ledger).await;
            let items = list(&ledger, "acme").await;
            assert_eq!(
                standing(&items),
                [("registered", "accepted"), ("departed", "accepted"), ("departed", "accepted")]
            );
            let manifest = items[0].manifest.to_string();
            assert_eq!(receiver.taken(&manifest)[2..], ["departed 2 0.300", "departed 1 1.250"]);
            assert!(!items[2].corrects, "it is told for the first time");
        });
    }
}

#[test]
fn what_was_taken_is_put_right_by_a_correction_and_never_sent_twice() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            let played = sign_script(
                "08:00 acme opens L1 900-041-49 2400 kg
                08:01 acme opens L2 900-249-08 600 kg
                09:00 acme registers M1 900-041-49 1200 kg + 900-249-08 300 kg acme > swift > phoenix
                09:20 acme hands M1 to swift #k1
                10:00 swift corrects #k1 line 1 to 1250 kg \"看错磅单\" #c1
                10:30 acme agrees #c1
                =====",
            );
            let (before, after) = played.acts.split_at(played.acts.len() - 1);
            for act in before {
                ledger.send(act).await.unwrap();
            }
            // Taken, and nobody heard of it: the correction waits until that is known.
            receiver.moods([Mood::Well, Mood::TakenUnheard]);
            push(&ledger).await;
            for act in after {
                ledger.send(act).await.unwrap();
            }
            push(&ledger).await;
            pass(&ledger, HOUR).await;
            let items = list(&ledger, "acme").await;
            let manifest = items[0].manifest.to_string();
            assert_eq!(
                receiver.taken(&manifest)[2..],
                ["departed 1 1.200", "departed 2 0.300", "departed/correct 1 1.250"]
            );
            assert!(items[2].corrects && items[2].state == PushState::Accepted);
        });
    }
}

#[test]
fn an_answer_that_changes_is_told_and_kept_beside_the_earlier_one() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            play(&ledger, &sign_script(SCRIPT)).await;
            push(&ledger).await;
            push(&ledger).await;
            receiver.change_mind("registered", |answer| answer["ldbh"] = "2026350200999999".into());
            receiver.change_mind("received", |answer| {
                *answer = serde_json::json!({ "code": "05", "text": "退回：联单已关闭" });
            });
            pass(&ledger, 25 * HOUR).await;
            let changed = list(&ledger, "acme").await;
            assert_eq!(
                standing(&changed),
                [("registered", "accepted"), ("departed", "accepted"), ("received", "refused")]
            );
            assert_eq!(changed[0].why.as_deref(), Some("another-number"));
            assert_eq!(changed[0].number.as_deref(), Some("2026350200999999"), "the last counts");
            assert_eq!(
                (changed[2].why.as_deref(), changed[2].said.as_deref()),
                (Some("returned"), Some("退回：联单已关闭"))
            );
            let numbers: Vec<_> = detail(&ledger, &changed[0])
                .await
                .attempts
                .into_iter()
                .map(|attempt| attempt.number)
                .collect();
            assert!(numbers.contains(&Some("2026350200000001".to_owned())), "the first is kept: {numbers:?}");
            let posts = receiver.posts();
            pass(&ledger, 48 * HOUR).await;
            assert_eq!(receiver.posts(), posts, "what came back waits for the firm");
            // Once more, as another message, when the firm says so.
            ledger.app.retry_push(&viewer("acme"), changed[2].id).await.unwrap().unwrap();
            push(&ledger).await;
            assert_eq!(list(&ledger, "acme").await[2].state, PushState::Accepted);
            assert_eq!(receiver.posts(), posts + 1);
        });
    }
}

#[test]
fn the_same_number_for_two_manifests_is_pointed_out() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            receiver.give_one_number();
            let script = "08:00 acme opens L1 900-041-49 2400 kg
                09:00 acme registers M1 900-041-49 1200 kg acme > swift > phoenix
                09:10 acme registers M2 900-041-49 1200 kg acme > heron > phoenix
                =====";
            for act in &sign_script(script).acts {
                ledger.send(act).await.unwrap();
                push(&ledger).await;
            }
            let items = list(&ledger, "acme").await;
            assert!(items.iter().all(|item| item.state == PushState::Accepted));
            let whys: Vec<_> = items.iter().filter_map(|item| item.why.as_deref()).collect();
            assert_eq!(whys, ["number-twice"]);
        });
    }
}

#[test]
fn after_a_day_it_is_parked_holds_back_what_follows_and_goes_on_when_it_is_told_to() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            play(&ledger, &sign_script(SCRIPT)).await;
            receiver
                .moods(std::iter::once(Mood::TakenUnheard).chain(std::iter::repeat_n(Mood::Unheard, 500)));
            pass(&ledger, 27 * HOUR).await;
            let parked = list(&ledger, "acme").await;
            assert_eq!(
                standing(&parked),
                [("registered", "parked"), ("departed", "waiting"), ("received", "waiting")]
            );
            assert!(detail(&ledger, &parked[1]).await.is_held);
            let tried = detail(&ledger, &parked[0]).await.attempts.len();
            assert!((10..40).contains(&tried), "ever more rarely: {tried}");
            receiver.moods([]);
            pass(&ledger, 3 * HOUR).await;
            assert_eq!(receiver.posts(), 1, "nothing goes out by itself");
            ledger.app.retry_push(&viewer("acme"), parked[0].id).await.unwrap().unwrap();
            push(&ledger).await;
            let items = list(&ledger, "acme").await;
            assert_eq!(standing(&items), ALL_TAKEN);
            assert_eq!(receiver.taken(&items[0].manifest.to_string()), RECORDED);
            assert_eq!(receiver.posts(), 3, "the first was asked for, not sent again");
        });
    }
}

#[test]
fn nothing_is_told_without_consent_and_what_waits_goes_with_it() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            ledger.app.push_to(vec![platform(&receiver, Some(FULL))]);
            let played = sign_script(SCRIPT);
            let (registered, moved) = played.acts.split_at(played.acts.len() - 3);
            for act in registered {
                ledger.send(act).await.unwrap();
            }
            push(&ledger).await;
            assert_eq!(list(&ledger, "acme").await, []);
            let acme = viewer("acme");
            assert!(!ledger.app.agree_to_push(&acme, "elsewhere", None).await.unwrap());
            assert!(ledger.app.agree_to_push(&acme, "province", None).await.unwrap());
            receiver.moods(std::iter::repeat_n(Mood::TooMany(10), 3));
            ledger.send(&moved[0]).await.unwrap();
            push(&ledger).await;
            assert_eq!(
                standing(&list(&ledger, "acme").await),
                [("registered", "waiting"), ("departed", "waiting")]
            );
            assert!(ledger.app.end_push(&acme, "province").await.unwrap());
            assert!(!ledger.app.end_push(&acme, "province").await.unwrap());
            for act in &moved[1..] {
                ledger.send(act).await.unwrap();
            }
            pass(&ledger, 3 * HOUR).await;
            assert_eq!(
                standing(&list(&ledger, "acme").await),
                [("registered", "superseded"), ("departed", "superseded")]
            );
            assert!(receiver.records().is_empty());
        });
    }
}

#[test]
fn the_mapping_of_2017_waits_for_the_plan_number_and_says_what_it_leaves_out() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, None).await;
            play(&ledger, &sign_script(SCRIPT)).await;
            push(&ledger).await;
            let waiting = list(&ledger, "acme").await;
            assert_eq!(standing(&waiting), [("departed", "refused"), ("received", "waiting")]);
            assert_eq!(waiting[0].why.as_deref(), Some("missing zyjhbh"));
            assert_eq!(receiver.posts(), 0);
            let acme = viewer("acme");
            let plan = Text::new("2026350200004242").unwrap();
            assert!(ledger.app.agree_to_push(&acme, "province", Some(plan)).await.unwrap());
            ledger.app.retry_push(&acme, waiting[0].id).await.unwrap().unwrap();
            push(&ledger).await;
            push(&ledger).await;
            assert_eq!(
                standing(&list(&ledger, "acme").await),
                [("departed", "accepted"), ("received", "accepted")]
            );
            let records = receiver.records();
            assert_eq!((records[0].path.as_str(), records[1].path.as_str()), ("saveZyld", "bjZyld"));
            assert_eq!(records[0].body["zyjhbh"], "2026350200004242");
            assert_eq!(records[0].body["wxfw"][1]["zysl"], "0.300");
            assert_eq!(
                (&records[1].body["sfczzdcy"], &records[1].body["wxfw"][0]["jssl"]),
                (&"2".into(), &"1.200".into())
            );
            assert!(records[1].body["wxfw"][0].get("lyczfs").is_none());
        });
    }
}

#[test]
fn what_is_erased_is_told_no_more_and_no_word_of_a_platform_stays() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            let receiver = Receiver::rise().await;
            agreed(&ledger, &receiver, Some(FULL)).await;
            receiver.refuse("departed", 1, "数量超出计划");
            play(&ledger, &sign_script(SCRIPT)).await;
            push(&ledger).await;
            assert_eq!(
                standing(&list(&ledger, "acme").await),
                [("registered", "accepted"), ("departed", "partly"), ("received", "waiting")]
            );
            let posts = receiver.posts();
            let later = "2038-03-01T08:00:00+08:00".parse().unwrap();
            ledger.pass_time(later).await;
            let (_, indexes) = crate::erasure::manifests(&ledger.store).await.pop_first().unwrap();
            crate::erasure::send(&ledger, &crate::erasure::notice(indexes, 1, later)).await.unwrap();
            receiver.relent();
            pass(&ledger, 26 * HOUR).await;
            let items = list(&ledger, "acme").await;
            assert_eq!(
                standing(&items),
                [("registered", "accepted"), ("departed", "superseded"), ("received", "superseded")]
            );
            assert!(items.iter().all(|item| item.lines.is_empty() && item.said.is_none()));
            assert!(detail(&ledger, &items[1]).await.attempts.is_empty());
            assert_eq!(receiver.posts(), posts);
        });
    }
}
