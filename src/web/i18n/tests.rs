use std::collections::BTreeSet;
use std::path::Path;

use super::*;
use crate::app::query::{Counted, DutyState, PaperKind, Stage, Standing};
use crate::catalogue::{DeclarationPeriod, Severity, UnitClass};
use crate::custody::Kind;
use crate::custody::graph::MixKind;
use crate::custody::heartbeat::DeviceKind;
use crate::custody::manifest::Status;
use crate::custody::measure::Measure;
use crate::custody::payload::track::AlarmType;
use crate::custody::register::Register;
use crate::custody::rules::{Shows, rules};
use crate::custody::trace::EndKind;
use crate::ledger::policy::Level;
use crate::registry::Role;
use crate::web::pages::manifests::STATUSES;

/// Groups whose keys are names of the domain, looked up with [`Lang::of`]; other tests here say which names there are.
const GROUPS: &[&str] = &[
    "answer",
    "case-due",
    "case-source",
    "case-stage",
    "check-by",
    "finding-stage",
    "account",
    "alarm",
    "basis",
    "carry",
    "cause",
    "class",
    "discrepancy",
    "device-kind",
    "disposition",
    "end",
    "ending",
    "example",
    "figure",
    "filing",
    "hold-on",
    "key-end",
    "kind",
    "lacking",
    "level",
    "life",
    "measure",
    "mix",
    "note",
    "outcome",
    "paper",
    "party-kind",
    "permit-state",
    "period",
    "push-state",
    "push-step",
    "record",
    "register",
    "role",
    "say",
    "saying",
    "severity",
    "stage",
    "standing",
    "status",
    "step",
    "subject",
    "threshold",
    "verdict",
];

fn keys(lang: Lang) -> BTreeSet<&'static str> {
    texts(lang).keys().map(String::as_str).collect()
}

const ACCOUNTS: [&str; 14] = [
    "held",
    "transit",
    "opened",
    "generated",
    "used",
    "disposed",
    "became",
    "variance-water-loss",
    "variance-rinsing",
    "variance-tare",
    "variance-weighing",
    "variance-spill",
    "variance-other",
    "unexplained",
];

#[test]
fn both_languages_have_the_same_keys_and_placeholders() {
    assert_eq!(keys(Lang::Zh), keys(Lang::En));
    for key in keys(Lang::Zh) {
        let [zh, en] = Lang::ALL.map(|lang| placeholders(lang.find(key).unwrap()));
        assert_eq!(zh, en, "{key}");
        assert!(Lang::ALL.iter().all(|lang| !lang.find(key).unwrap().trim().is_empty()), "{key} is empty");
    }
}

fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
}

/// The string literals of this module's sources that look like keys of a group there is.
fn literals() -> BTreeSet<String> {
    let groups: BTreeSet<&str> = keys(Lang::Zh).into_iter().filter_map(|key| key.split('.').next()).collect();
    let mut found = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web"), &mut |text| {
        for part in text.split('"').skip(1).step_by(2) {
            let is_key = part.split_once('.').is_some_and(|(group, _)| groups.contains(group))
                && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
            if is_key {
                found.insert(part.to_owned());
            }
        }
    });
    found
}

fn collect(folder: &Path, each: &mut impl FnMut(&str)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_test = path.file_name().is_some_and(|name| name == "tests.rs");
        if path.is_dir() {
            collect(&path, each);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !is_test {
            each(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn whatever_duties_name_has_a_text() {
    let names = |group: &str| -> BTreeSet<String> {
        let begins = format!("{group}.");
        keys(Lang::Zh).into_iter().filter_map(|key| key.strip_prefix(&begins)).map(str::to_owned).collect()
    };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    assert_eq!(names("measure"), set(&Measure::ALL.map(Measure::name)));
    assert_eq!(names("register"), set(&Register::ALL.map(Register::name)));
    assert_eq!(names("period"), set(&DeclarationPeriod::ALL.map(DeclarationPeriod::name)));
    assert_eq!(
        names("class"),
        set(&[UnitClass::Key, UnitClass::Simplified, UnitClass::Registered].map(UnitClass::name))
    );
    let states =
        [DutyState::Due, DutyState::Overdue, DutyState::Filed, DutyState::Returned, DutyState::Accepted];
    assert_eq!(names("filing"), set(&states.map(DutyState::name)));
    let standings = [Standing::Met, Standing::NotMet, Standing::ToBeLookedAt];
    assert_eq!(names("standing"), set(&standings.map(Standing::name)));
    assert_eq!(names("counted"), set(&Counted::ALL.map(Counted::name)));
}

#[test]
fn every_key_is_used_and_every_used_key_is_there() {
    let (used, known) = (literals(), keys(Lang::Zh));
    let missing: Vec<&String> = used.iter().filter(|key| !known.contains(key.as_str())).collect();
    assert!(missing.is_empty(), "these keys have no text: {missing:?}");
    let in_group = |key: &str| key.split_once('.').is_some_and(|(group, _)| GROUPS.contains(&group));
    let unused: Vec<&&str> = known.iter().filter(|key| !in_group(key) && !used.contains(**key)).collect();
    assert!(unused.is_empty(), "nothing uses these texts: {unused:?}");
}

/// How names begin that the scripts of codes put together.
const PUT_TOGETHER: [&str; 6] = ["go-", "help.", "say-", "show-", "signature-", "told-"];

#[test]
fn the_scripts_of_codes_have_their_words() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/web/assets/carry");
    let scripts = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| std::fs::read_to_string(entry.unwrap().path()).unwrap());
    let scripts: String = scripts.collect();
    let words = Lang::Zh.group("carry");
    let is_call = |at: usize| !scripts[..at].ends_with(char::is_alphanumeric);
    let asked = scripts.match_indices("t(\"").filter(|(at, _)| is_call(*at));
    let asked = asked.filter_map(|(at, begin)| scripts[at + begin.len()..].split('"').next());
    let missing: Vec<&str> = asked.filter(|key| !words.contains_key(*key)).collect();
    assert!(missing.is_empty(), "these keys have no text: {missing:?}");
    let is_used = |key: &&String| {
        scripts.contains(&format!("\"{key}\""))
            || PUT_TOGETHER.iter().any(|begin| key.starts_with(begin))
            || ["offer", "event", "check"].contains(&key.as_str())
    };
    let unused: Vec<&String> = words.keys().filter(|key| !is_used(key)).collect();
    assert!(unused.is_empty(), "nothing uses these texts: {unused:?}");
}

/// The figures that rules give names to, read from their sources.
fn figures() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/custody/rules"), &mut |text| {
        let names = text.split(".with(\"").skip(1).filter_map(|part| part.split('"').next());
        found.extend(names.map(str::to_owned));
    });
    found
}

/// The names of a group are exactly these, in both languages.
fn group_is<'a>(group: &str, names: impl IntoIterator<Item = &'a str>) {
    let wanted: BTreeSet<String> = names.into_iter().map(|name| format!("{group}.{name}")).collect();
    let prefix = format!("{group}.");
    let there: BTreeSet<String> =
        keys(Lang::Zh).into_iter().filter(|key| key.starts_with(&prefix)).map(str::to_owned).collect();
    assert_eq!(wanted, there);
}

#[test]
fn every_name_of_the_domain_has_its_text() {
    group_is("level", [Level::LogOnly, Level::Witnessed, Level::Quorum].map(Level::name));
    group_is("kind", Kind::ALL.iter().map(|kind| kind.name()));
    group_is("status", STATUSES.map(Status::name));
    group_is("severity", SEVERITIES.map(Severity::name));
    group_is("say", rules().map(|rule| rule.id));
    group_is("saying", ["silence"]);
    group_is("alarm", AlarmType::ALL.map(AlarmType::name));
    group_is("device-kind", DeviceKind::ALL.map(DeviceKind::name));
    let parameters: BTreeSet<&str> = rules().flat_map(|rule| rule.parameters.iter().copied()).collect();
    group_is("threshold", parameters);
    group_is("account", ACCOUNTS);
    group_is("cause", ["water-loss", "rinsing", "tare", "weighing", "spill", "other"]);
    group_is("end", EndKind::ALL.map(EndKind::name));
    group_is("mix", [MixKind::Used, MixKind::Disposed, MixKind::Repacked].map(MixKind::name));
    group_is("example", Shows::ALL.map(Shows::name).into_iter().chain(["finding"]));
    group_is("life", ["open", "closed"]);
    group_is("step", ["opened", "revised", "closed"]);
    group_is("subject", ["manifest", "lot", "document", "party", "site", "label"]);
    group_is("verdict", ["counts", "one-sided", "confirms", "disputed", "evidence-only"]);
    group_is("disposition", ["refuse", "reason", "finding"]);
    let held = ["lot", "manifest", "site", "vehicle"];
    let notes = ["ahead", "calendar", "key", "kind", "other", "revoked", "term", "unnamed"];
    group_is("note", notes.into_iter().chain(held));
    group_is("paper", PaperKind::ALL.map(PaperKind::name).into_iter().chain(["permit"]));
    group_is("stage", Stage::ALL.map(Stage::name));
    group_is("party-kind", ["producer", "operator", "carrier", "authority", "other"]);
    group_is("permit-state", ["not-yet", "good", "suspended", "expired", "revoked"]);
    let roles: Vec<&str> = keys(Lang::Zh).into_iter().filter_map(|key| key.strip_prefix("role.")).collect();
    assert!(roles.len() == 8 && roles.iter().all(|role| Role::named(role).is_some()), "{roles:?}");
    for source in rules().flat_map(|rule| rule.basis.split(';')).map(str::trim) {
        let source = source.split(' ').next().unwrap();
        assert!(source == "*" || Lang::Zh.of("basis", source).is_some(), "{source}");
    }
    group_is("figure", figures().iter().map(String::as_str));
    for figure in rules().flat_map(|rule| placeholders(Lang::Zh.of("say", rule.id).unwrap())) {
        assert!(Lang::Zh.of("figure", figure).is_some(), "{figure}");
    }
}

const SEVERITIES: [Severity; 4] = [Severity::Notice, Severity::Minor, Severity::Major, Severity::Critical];

#[test]
fn chinese_names_are_those_in_the_code() {
    for kind in Kind::ALL {
        assert_eq!(Lang::Zh.of("kind", kind.name()), Some(kind.name_zh()));
    }
    for status in STATUSES {
        assert_eq!(Lang::Zh.of("status", status.name()), Some(status.name_zh()));
    }
    for severity in SEVERITIES {
        assert_eq!(Lang::Zh.of("severity", severity.name()), Some(severity.name_zh()));
    }
}

#[test]
fn the_language_a_browser_asks_for() {
    for (header, lang) in [
        ("zh-CN,zh;q=0.9,en;q=0.8", Some(Lang::Zh)),
        ("en-GB, zh;q=0.9", Some(Lang::En)),
        ("fr, en;q=0.3, zh;q=0.2", Some(Lang::En)),
        ("en;q=0, zh;q=0.1", Some(Lang::Zh)),
        ("de-DE,de;q=0.9", None),
        ("*", None),
        ("en;q=nonsense", None),
        ("en;q=99999999999", None),
        ("", None),
    ] {
        assert_eq!(Lang::accepted(header), lang, "{header}");
    }
}

#[test]
fn values_are_filled_in_once() {
    assert_eq!(fill("{a} and {b}, {c}", &[("a", "{b}"), ("b", "2")]), "{b} and 2, {c}");
    assert_eq!(fill("open { and }{", &[]), "open { and }{");
}
