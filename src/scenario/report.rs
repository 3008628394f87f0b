//! What came out, in the words of the table, and how it differs from what was written by hand.

use super::Names;
use super::balance::{Balances, SeenLot, Stated, mass};
use crate::catalogue::Uscc;
use crate::custody::{Figures, Severity, Subject};
use crate::id::ManifestId;

/// The result of a scenario, whoever computed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Every manifest the script names, with where it stands: `("M1", "received at phoenix")`.
    pub manifests: Vec<(String, String)>,
    /// Every open finding: `finding mass-discrepancy M1 80 kg of 1200 kg`, sorted.
    pub findings: Vec<String>,
    /// Every finding that was open and is no longer: `cleared custody-unknown M1/1`, sorted; `None` where nobody looked.
    pub cleared: Option<Vec<String>>,
    /// How much of each lot is where; `None` where nobody looked.
    pub balances: Option<Balances>,
}

/// A manifest as its reader sees it: from the model, the store or the interface.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenManifest {
    /// The manifest.
    pub manifest: ManifestId,
    /// Its status by its kebab-case name.
    pub status: String,
    /// Who holds its lines: each party once, in order of lines.
    pub holders: Vec<Uscc>,
}

/// A finding as its reader sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenFinding {
    /// Rule id.
    pub rule: String,
    /// What it is about.
    pub subject: Subject,
    /// What was compared.
    pub figures: Figures,
    /// How much it matters.
    pub severity: Severity,
}

impl Report {
    /// Say in the words of a script what was seen.
    pub fn new(names: &Names, seen: &[SeenManifest], open: &[SeenFinding]) -> Report {
        let manifests = names.manifests().map(|(label, id)| {
            let found = seen.iter().find(|manifest| manifest.manifest == id);
            (
                label.to_owned(),
                found.map_or_else(|| "unknown".to_owned(), |manifest| standing(names, manifest)),
            )
        });
        let mut findings: Vec<String> =
            open.iter().map(|finding| sentence("finding", names, finding)).collect();
        findings.sort_unstable();
        Report { manifests: manifests.collect(), findings, cleared: None, balances: None }
    }

    /// The same report with the findings that are no longer open.
    #[must_use]
    pub fn with_cleared(mut self, names: &Names, cleared: &[SeenFinding]) -> Report {
        let mut sentences: Vec<String> =
            cleared.iter().map(|finding| sentence("cleared", names, finding)).collect();
        sentences.sort_unstable();
        self.cleared = Some(sentences);
        self
    }

    /// The same report with the balances of lots.
    #[must_use]
    pub fn with_balances(mut self, names: &Names, lots: &[SeenLot]) -> Report {
        self.balances = Some(Balances::new(names, lots));
        self
    }

    /// The balances that a script states, each with the figure that is so; none where nobody looked.
    pub fn balances_of(&self, expected: &[String]) -> Vec<String> {
        let Some(balances) = &self.balances else { return Vec::new() };
        let stated = expected.iter().filter_map(|line| Stated::read(line));
        stated.map(|stated| stated.corrected(balances).unwrap_or_else(|| stated.to_string())).collect()
    }

    /// The lines of the report, as they would stand below `=====`.
    pub fn lines(&self) -> Vec<String> {
        let manifests = self.manifests.iter().map(|(label, text)| format!("{label} {text}"));
        manifests.chain(self.findings.iter().cloned()).collect()
    }

    /// The lines of the report without the findings of rules that these lines name.
    fn lines_besides(&self, besides: &[&String]) -> Vec<String> {
        let named: Vec<&str> = besides.iter().flat_map(|line| line.split(' ').skip(1)).collect();
        let is_told = |line: &String| {
            let mut words = line.split(' ');
            words.next() != Some("finding") || words.next().is_none_or(|rule| !named.contains(&rule))
        };
        self.lines().into_iter().filter(is_told).collect()
    }

    /// Compare with the lines written by hand. Every manifest and every open finding must be written, and nothing else; an
    /// expected finding may leave the figures away. Of rules in a `besides` line nothing is asked. A `cleared` line must have happened, where anybody looked; what was
    /// cleared and is not written is no matter; so with balances.
    pub fn compare(&self, expected: &[String]) -> Result<(), String> {
        let (balances, expected): (Vec<&String>, Vec<&String>) =
            expected.iter().partition(|line| Stated::read(line).is_some());
        let (cleared, open): (Vec<&String>, Vec<&String>) =
            expected.into_iter().partition(|line| line.starts_with("cleared "));
        let (besides, open): (Vec<&String>, Vec<&String>) =
            open.into_iter().partition(|line| line.starts_with("besides "));
        let (mut missing, mut unexpected) = differ(&open, &self.lines_besides(&besides));
        for stated in balances.into_iter().filter_map(|line| Stated::read(line)) {
            if let Some(corrected) = self.balances.as_ref().and_then(|balances| stated.corrected(balances)) {
                missing.push(stated.to_string());
                unexpected.push(corrected);
            }
        }
        if let Some(happened) = &self.cleared {
            missing.extend(differ(&cleared, happened).0);
        }
        if missing.is_empty() && unexpected.is_empty() {
            return Ok(());
        }
        let mut rows: Vec<String> = missing.into_iter().map(|line| format!("- {line}")).collect();
        rows.extend(unexpected.into_iter().map(|line| format!("+ {line}")));
        rows.sort_by(|one, other| one[2..].cmp(&other[2..]));
        Err(format!("expected and missing (-), there and not expected (+):\n{}", rows.join("\n")))
    }
}

/// What is expected and not there, and what is there and not expected.
fn differ(expected: &[&String], actual: &[String]) -> (Vec<String>, Vec<String>) {
    let mut left: Vec<&String> = actual.iter().collect();
    let mut missing = Vec::new();
    // The longest first, so that a line without figures does not take what one with figures needs.
    let mut longest_first = expected.to_vec();
    longest_first.sort_by_key(|line| std::cmp::Reverse(line.len()));
    for line in longest_first {
        let fits = |there: &&String| *there == line || is_without_figures(line, there);
        match left.iter().position(fits) {
            Some(at) => drop(left.remove(at)),
            None => missing.push(line.clone()),
        }
    }
    (missing, left.into_iter().cloned().collect())
}

fn is_without_figures(line: &str, there: &str) -> bool {
    let is_finding = line.starts_with("finding ") || line.starts_with("cleared ");
    let names_rule_and_subject = line.split(' ').count() == 3;
    is_finding && names_rule_and_subject && there.starts_with(line) && there[line.len()..].starts_with(' ')
}

/// Where a manifest stands, with whom.
fn standing(names: &Names, seen: &SeenManifest) -> String {
    let holders: Vec<String> = seen.holders.iter().map(|party| names.party(party)).collect();
    let words = match seen.status.as_str() {
        "in-transit" => ("in transit", "with"),
        "delivered" => ("delivered", "to"),
        "received" => ("received", "at"),
        "partly" => ("partly received", "at"),
        "rejected" => ("rejected", "at"),
        "returned" => ("returned", "to"),
        before_departure => return before_departure.to_owned(),
    };
    match holders.as_slice() {
        [] => format!("{}, holder unclear", words.0),
        known => format!("{} {} {}", words.0, words.1, known.join(" and ")),
    }
}

fn sentence(begin: &str, names: &Names, seen: &SeenFinding) -> String {
    let words = [begin, &seen.rule, &names.subject(&seen.subject), &figures(names, seen)];
    words.join(" ").trim_end().to_owned()
}

/// The figures of a finding in words. A figure that is not there leaves a gap, so that it shows in a comparison.
fn figures(names: &Names, seen: &SeenFinding) -> String {
    let figures = &seen.figures;
    let text = |name: &str| figures.text(name).unwrap_or("?").to_owned();
    let party = |name: &str| {
        let code = text(name);
        code.parse().map_or(code, |party| names.party(&party))
    };
    let kg = |name: &str| figures.number(name).map_or_else(|| "?".to_owned(), mass);
    let number = |name: &str| figures.number(name).map_or_else(|| "?".to_owned(), |n| n.to_string());
    let words = match &*seen.rule {
        "custody-broken" | "two-holders" => format!("{} to {}", party("from"), party("to")),
        "custody-unknown" => kg("unproven_g"),
        "fork" => format!("to {} and {}", party("to"), party("also_to")),
        "treated-twice" => format!("{} too much", kg("excess_g")),
        "sub-items-exceed" => format!("{} too much", kg("gained_g")),
        "handover-one-sided" => {
            let missing = text("missing");
            let name = |code: &str| code.parse().map_or(code.to_owned(), |party| names.party(&party));
            let sides: Vec<String> = missing.split(',').map(name).collect();
            format!("{} has not signed", sides.join(" and "))
        }
        "wrong-consignee" => format!("{} not {}", party("delivered_to"), party("named")),
        "unplanned-carrier" => {
            let vehicle = figures.text("vehicle").map_or_else(String::new, |plate| format!(" {plate}"));
            format!("{}{vehicle}", party("carrier"))
        }
        "in-transit-overdue" => format!("{} h", number("hours")),
        "receipt-unconfirmed" | "back-fill-overdue" => format!("until {}", text("last_day")),
        "route-deviation" => format!("{} m more than {} m", number("detour_m"), number("straight_m")),
        "track-gap" if number("silent_minutes") != "?" => format!("{} min", number("silent_minutes")),
        "not-stored" => format!("{} not {}", kg("sent_g"), text("lacking")),
        "quantity-outlier" => format!("{} where {} are usual", kg("load_g"), kg("usual_g")),
        "both-ways" => format!("{} for {} min", text("vehicle"), number("both_minutes")),
        "declaration-differs" => format!(
            "{} in {} {}: {} {}, not {}",
            number("differing_count"),
            text("period"),
            text("first_day"),
            text("measure"),
            kg("filed_g"),
            kg("ledger_g")
        ),
        "rejected-unresolved" => format!("{} until {}", kg("open_g"), text("last_day")),
        "follow-up-mismatch" => format!("{} of {}", kg("carried_g"), kg("refused_g")),
        "kind-discrepancy" => match (text("found_code"), text("declared")) {
            (found, declared) if declared.is_empty() => format!("{found}, not {}", text("code")),
            (_, declared) => declared,
        },
        "container-mismatch" => format!(
            "{} offered, {} taken, {} missing, {} extra",
            number("offered_count"),
            number("taken_count"),
            number("missing_count"),
            number("extra_count")
        ),
        "mass-discrepancy" | "discrepancy-undeclared" => {
            let off_g = figures.number("difference_g").map(i64::abs);
            format!("{} of {}", off_g.map_or_else(|| "?".to_owned(), mass), kg("shipped_g"))
        }
        "mandate-exceeded" => format!("{} by {}", text("fault"), party("signer")),
        "late-entry" => format!("{} h", number("late_hours")),
        "label-reused" => format!("on {} containers", number("containers")),
        "clock-skew" => format!("{} min", number("off_minutes")),
        "imported-unsigned" => text("number"),
        "code-edition-unverified" => text("code"),
        rule => stored(seen).unwrap_or_else(|| entitlement(names, rule, figures)),
    };
    let beyond_first = figures.number("line").filter(|line| *line > 1);
    words + &beyond_first.map_or_else(String::new, |line| format!(" on line {line}"))
}

/// The figures of findings about stores and treatment in words; `None` for any other rule.
fn stored(seen: &SeenFinding) -> Option<String> {
    let figures = &seen.figures;
    let text = |name: &str| figures.text(name).unwrap_or("?");
    let kg = |name: &str| figures.number(name).map_or_else(|| "?".to_owned(), mass);
    let off = || figures.number("difference_g").map_or_else(|| "?".to_owned(), |off_g| mass(off_g.abs()));
    let severity = seen.severity.name();
    Some(match &*seen.rule {
        "stored-too-long" => format!("{} {severity}", kg("held_g")),
        "fate-open" => kg("open_g"),
        "collector-overdue" => format!("{} until {}", kg("held_g"), text("last_day")),
        "storage-over-capacity" => format!("{} of {} {severity}", kg("stored_g"), kg("capacity_g")),
        "over-throughput" => format!("{} of {} on {}", kg("treated_g"), kg("capacity_g"), text("on")),
        "residue-missing" => format!("{} of {} in {}", kg("residue_g"), kg("burnt_g"), text("month")),
        "balance-gap" => format!("{} {} of {} {severity}", text("code"), off(), kg("came_g")),
        "stock-negative" => format!("{} out of {}", kg("taken_out_g"), kg("put_in_g")),
        "count-differs" => format!("{} beyond {}", off(), kg("limit_g")),
        _ => return None,
    })
}

/// The figures of findings about permits, papers, duties and the road in words; nothing for any other rule.
fn entitlement(names: &Names, rule: &str, figures: &Figures) -> String {
    let text = |name: &str| figures.text(name).unwrap_or("?").to_owned();
    let party = |name: &str| {
        let code = text(name);
        code.parse().map_or(code, |party| names.party(&party))
    };
    let kg = |name: &str| figures.number(name).map_or_else(|| "?".to_owned(), mass);
    match rule {
        "vehicle-unlicensed" | "driver-unqualified" | "escort-missing" => {
            format!("{} {}", party("carrier"), text("vehicle"))
        }
        "carrier-unlicensed" => format!("{} {} of {}", party("carrier"), text("vehicle"), party("holder")),
        "vehicle-overloaded" => format!("{} {} of {}", text("vehicle"), kg("loaded_g"), kg("rated_g")),
        "permit-missing" | "permit-expired" | "permit-suspended" | "permit-scope" => {
            format!("{} by {} at {}", text("code"), text("treatment"), party("consignee"))
        }
        "permit-capacity" => format!("{} of {}", kg("taken_g"), kg("allowed_g")),
        "plan-exceeded" => format!("{} of {} {}", kg("shipped_g"), kg("planned_g"), text("code")),
        "plan-missing" => text("code"),
        "contract-missing" | "contract-expired" | "approval-missing" | "approval-expired" => {
            format!("{} to {}", text("code"), party("consignee"))
        }
        "approval-exceeded" => match figures.text("treatment") {
            Some(treatment) => format!("{} by {treatment}", text("code")),
            None => format!("{} of {} {}", kg("shipped_g"), kg("approved_g"), text("code")),
        },
        "expiring" => format!("{} until {}", text("paper"), text("valid_to")),
        "declaration-overdue" => format!("{} {}", text("period"), text("first_day")),
        "video-too-short" => {
            let days = |name| figures.number(name).unwrap_or_default();
            format!("{} d of {}", days("kept_days"), days("days"))
        }
        "ledger-silent" => format!("since {}", text("last_record")),
        _ => String::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn report(findings: &[&str]) -> Report {
        Report {
            manifests: vec![("M1".to_owned(), "received at phoenix".to_owned())],
            findings: findings.iter().map(ToString::to_string).collect(),
            cleared: Some(vec!["cleared custody-unknown M1/1 5 kg".to_owned()]),
            balances: Some(Balances::default()),
        }
    }

    fn compare(expected: &[&str], findings: &[&str]) -> Result<(), String> {
        let expected: Vec<String> = expected.iter().map(ToString::to_string).collect();
        report(findings).compare(&expected)
    }

    #[test]
    fn figures_may_be_left_away_and_nothing_else() {
        let open =
            ["finding mass-discrepancy M1 80 kg of 1200 kg", "finding mass-discrepancy M1 5 kg of 9 kg"];
        let received = "M1 received at phoenix";
        assert_eq!(compare(&[received, open[1], open[0]], &open), Ok(()));
        assert_eq!(compare(&["finding mass-discrepancy M1", received, open[0]], &open), Ok(()));
        let error = compare(&[open[0], "finding fork M1"], &open).unwrap_err();
        assert!(error.contains("- finding fork M1") && error.contains(&format!("+ {}", open[1])), "{error}");
        assert!(error.contains("+ M1 received"), "{error}");
        assert!(compare(&["M1 received", open[0], open[1]], &open).is_err());
    }

    #[test]
    fn what_was_cleared_must_have_happened_where_anybody_looked() {
        let received = "M1 received at phoenix";
        assert_eq!(compare(&[received, "cleared custody-unknown M1/1"], &[]), Ok(()));
        let error = compare(&[received, "cleared fork M1"], &[]).unwrap_err();
        assert!(error.contains("- cleared fork M1"), "{error}");
        let expected = [received.to_owned(), "cleared fork M1".to_owned()];
        assert_eq!(Report { cleared: None, ..report(&[]) }.compare(&expected), Ok(()));
    }

    #[test]
    fn balances_count_where_they_are_written_and_anybody_looked() {
        let received = "M1 received at phoenix";
        assert_eq!(compare(&[received, "unproven 0 kg"], &[]), Ok(()));
        let error = compare(&[received, "L1 5 kg at acme"], &[]).unwrap_err();
        assert!(error.contains("- L1 5 kg at acme") && error.contains("+ L1 0 kg at acme"), "{error}");
        let expected = [received.to_owned(), "L1 5 kg at acme".to_owned()];
        assert_eq!(report(&[]).balances_of(&expected), ["L1 0 kg at acme"]);
        assert_eq!(Report { balances: None, ..report(&[]) }.compare(&expected), Ok(()));
    }

    #[test]
    fn grams_show_only_where_kilograms_do_not_say_all() {
        assert_eq!([mass(80_000), mass(80_001), mass(0)], ["80 kg", "80001 g", "0 kg"]);
    }
}
