//! `GET /rules` and `GET /rules/{id}`: what counts as a gap, on which legal basis, within which limits.

use axum::extract::Path;
use maud::{Markup, html};

use crate::app::access::Viewer;
use crate::catalogue::Disposition;
use crate::custody::rules::{Example, Rule, Shows, rules};
use crate::web::components::{pairs, rule_path, severity_tag, table, tag, text};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::visit::Visit;
use crate::web::words::{basis, mass};

/// All rules.
pub(in crate::web) async fn list(visit: Visit) -> Markup {
    let lang = visit.lang;
    let title = lang.t("rules.title");
    let rows = rules().map(|rule| {
        vec![
            html! { a href=(rule_path(rule.id)) { (lang.pick(rule.title_zh, rule.title_en)) } },
            severity_tag(lang, rule.severity_in(visit.profile())),
            html! { (lang.pick(rule.text_zh, rule.text_en)) },
            html! { (basis(lang, rule.basis)) },
        ]
    });
    let columns = [text("col.rule"), text("col.severity"), text("col.what"), text("col.basis")];
    let body = html! {
        h1 { (title) }
        p { (lang.t("rules.text")) }
        (table(lang, title, &columns, rows.collect()))
    };
    layout::page(&visit, title, body)
}

/// One rule.
pub(in crate::web) async fn show(visit: Visit, Path(id): Path<String>) -> Result<Markup, Failure> {
    let rule = Rule::named(&id).ok_or(Failure::NotFound)?;
    let (lang, profile) = (visit.lang, visit.profile());
    let title = lang.fill("rule.title", &[("rule", lang.pick(rule.title_zh, rule.title_en))]);
    let disposition = disposition_name(lang, profile.disposition(rule.id));
    let in_force = format!("{} v{}", lang.pick(&profile.name().zh, &profile.name().en), profile.version());
    let facts = [
        (lang.t("rule.id"), html! { span.mono { (rule.id) } }),
        (lang.t("rule.version"), html! { (rule.version) }),
        (lang.t("col.basis"), html! { (basis(lang, rule.basis)) }),
        (lang.t("col.at-declaration"), html! { (disposition) }),
        (lang.t("rule.profile"), html! { (in_force) }),
    ];
    let limits = rule.parameters.iter().map(|name| {
        let value = profile.threshold(rule.id, name);
        let value = if name.ends_with("_g") { mass(lang, value) } else { value.to_string() };
        vec![html! { (lang.of("threshold", name).unwrap_or(name)) }, html! { (value) }]
    });
    let limits: Vec<Vec<Markup>> = limits.collect();
    let body = html! {
        h1 { (title) " " (severity_tag(lang, rule.severity_in(profile))) }
        p { (lang.pick(rule.text_zh, rule.text_en)) }
        (pairs(&facts))
        h2 { (lang.t("rule.parameters")) }
        @if limits.is_empty() {
            p { (lang.t("rule.no-parameters")) }
        } @else {
            (table(lang, lang.t("rule.parameters"), &[text("col.limit"), text("col.value")], limits))
        }
        @if visit.viewer != Viewer::Public {
            p { a href={ "/findings?rule=" (rule.id) } { (lang.t("rule.see")) } }
        }
        (examples(lang, rule))
    };
    Ok(layout::page(&visit, &title, body))
}

/// The scripts that tests play, each as a story: what it tells, who does what, what comes out.
fn examples(lang: Lang, rule: &Rule) -> Markup {
    let examples = Example::of_rule(rule.id);
    html! {
        @if !examples.is_empty() {
            h2 { (lang.t("rule.examples")) }
            p.soft { (lang.t("rule.examples-text")) }
            @for example in &examples { (story(lang, example)) }
        }
    }
}

fn story(lang: Lang, example: &Example) -> Markup {
    let shows = example.shows.name();
    let class = match example.shows {
        Shows::Raised => "bad",
        Shows::Near => "plain",
        Shows::Cleared => "good",
    };
    let columns = [text("col.when"), text("rule.who"), text("rule.deed")];
    html! {
        section {
            h3 { (tag(class, lang.of("example", shows).unwrap_or(shows))) " " (lang.pick(&example.zh, &example.en)) }
            (table(lang, &example.name, &columns, example.lines.iter().map(|line| deed(line)).collect()))
            p.soft { (lang.t("rule.found")) }
            ul { @for found in &example.found { li { (outcome(lang, found)) } } }
            p.soft.small.mono { "seeds/scenarios/" (example.name) ".txt" }
        }
    }
}

/// One line of a script: a time, an actor and what it does; or what it says of the calendar.
fn deed(line: &str) -> Vec<Markup> {
    let (when, rest) = line.split_once(' ').unwrap_or((line, ""));
    if !when.contains(':') {
        return vec![html! { (line) }, html! {}, html! {}];
    }
    let (who, what) = rest.split_once(' ').unwrap_or((rest, ""));
    vec![html! { (when) }, html! { (who) }, html! { span.mono { (what) } }]
}

/// What comes out; a rule by its title.
fn outcome(lang: Lang, found: &str) -> Markup {
    let mut words = found.splitn(3, ' ');
    let (kind, id) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match Rule::named(id).filter(|_| matches!(kind, "finding" | "cleared")) {
        Some(rule) => html! {
            (lang.of("example", kind).unwrap_or(kind)) (lang.t("sign.separator"))
            a href=(rule_path(rule.id)) { (lang.pick(rule.title_zh, rule.title_en)) } " "
            span.mono { (words.next().unwrap_or_default()) }
        },
        None => html! { span.mono { (found) } },
    }
}

fn disposition_name(lang: Lang, disposition: Disposition) -> &'static str {
    let name = match disposition {
        Disposition::Refuse => "refuse",
        Disposition::Reason => "reason",
        Disposition::Finding => "finding",
    };
    lang.of("disposition", name).unwrap_or(name)
}
