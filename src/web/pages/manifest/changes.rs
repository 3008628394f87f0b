//! `GET /manifests/{id}/changes?from=N&until=N`: what two log sizes say differently of one manifest, value by value.

use std::collections::BTreeMap;

use axum::extract::{Path, Query};
use maud::{Markup, html};
use serde::Deserialize;

use super::ManifestPage;
use crate::app::query::{LineView, ManifestDetail};
use crate::custody::payload::manifest::PartyAt;
use crate::id::ManifestId;
use crate::web::components::{Column, life_name, manifest_path, rule_title, table, text};
use crate::web::failure::Failure;
use crate::web::layout;
use crate::web::visit::{Open, Visit};
use crate::web::words::{Names, Speaker, mass, moment_text};

/// Log sizes, the earlier one and the later one; the log of now where the later one is left out.
#[derive(Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    from: String,
    until: Option<String>,
}

/// What a page tells of a manifest: terms and values, each term once.
type Told = Vec<(String, String)>;

/// The page.
pub(in crate::web) async fn show(
    visit: Visit,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let id: ManifestId = id.parse().map_err(|_| Failure::NotFound)?;
    let size = |text: &str| text.parse::<u64>().map_err(|_| Failure::NotFound);
    let (from, until) = (size(&asked.from)?, asked.until.as_deref().map(size).transpose()?);
    let (app, viewer) = (&visit.app, &visit.viewer);
    let before = app.manifest_as_of(viewer, id, from).await?;
    let after = match until {
        Some(until) => app.manifest_as_of(viewer, id, until).await?,
        None => app.manifest(viewer, id).await?,
    };
    let after = after.ok_or(Failure::NotFound)?;
    let (was, is) = (told(&visit, before.as_ref()).await?, told(&visit, Some(&after)).await?);

    let lang = visit.lang;
    let number = after.number.as_deref().unwrap_or(lang.t("manifests.unnumbered"));
    let title = lang.fill("changes.title", &[("number", number)]);
    let of_size = |size: u64| {
        let text = lang.fill("changes.at", &[("size", &size.to_string())]);
        html! { a href={ (manifest_path(id)) "?as_of=" (size) } { (text) } }
    };
    let rows = differing(&was, &is);
    let body = html! {
        h1 { (title) }
        p {
            // What was not known then has no page of that time.
            @if before.is_some() { (of_size(from)) } @else { (lang.fill("changes.at", &[("size", &from.to_string())])) }
            " → "
            @if let Some(until) = until { (of_size(until)) }
            @else { a href=(manifest_path(id)) { (lang.t("changes.now")) } }
        }
        p.soft { (lang.t("changes.text")) }
        @if rows.is_empty() { p { (lang.t("changes.none")) } }
        @else { (table(lang, &title, &COLUMNS, rows)) }
    };
    Ok(layout::page(&visit, &title, body))
}

const COLUMNS: [Column; 3] = [text("changes.of"), text("changes.before"), text("changes.after")];

/// Rows of what is told differently, in the order of the later page.
fn differing(was: &Told, is: &Told) -> Vec<Vec<Markup>> {
    let value_in =
        |told: &Told, term: &str| told.iter().find(|one| one.0 == term).map(|(_, value)| value.clone());
    let gone = was.iter().filter(|(term, _)| value_in(is, term).is_none());
    let terms = is.iter().chain(gone).map(|(term, _)| term);
    let pairs = terms.map(|term| (term, value_in(was, term), value_in(is, term)));
    let cell = |value: Option<String>| value.unwrap_or_else(|| "—".to_owned());
    pairs
        .filter(|(_, was, is)| was != is)
        .map(|(term, was, is)| {
            vec![html! { (term) }, html! { del { (cell(was)) } }, html! { ins { (cell(is)) } }]
        })
        .collect()
}

/// What is told of a manifest; nothing of one that was not known yet.
async fn told(visit: &Visit, manifest: Option<&ManifestDetail>) -> Result<Told, Failure> {
    let Some(manifest) = manifest else { return Ok(Told::new()) };
    let seen: Vec<_> = manifest.findings.iter().map(|item| &item.row.seen).collect();
    let names = Names::load_seen(&visit.app, &visit.viewer, manifest.state.parties(), seen).await?;
    let open = Open::new();
    let page = ManifestPage { visit, manifest, names: &names, open: &open, path: manifest_path(manifest.id) };
    let mut told = page.told_as_registered();
    told.extend(manifest.lines.iter().flat_map(|line| page.told_of_line(line)));
    told.extend(page.told_of_findings());
    told.retain(|(_, value)| !value.is_empty());
    Ok(told)
}

impl ManifestPage<'_> {
    /// Where it stands, and what is said of it as a whole.
    fn told_as_registered(&self) -> Told {
        let (lang, zone, state) = (self.visit.lang, self.visit.zone(), &self.manifest.state);
        let term = |key| lang.t(key).to_owned();
        let status = self.manifest.status.name();
        let mut told = vec![
            (term("col.status"), lang.of("status", status).unwrap_or(status).to_owned()),
            (term("col.number"), self.manifest.number.clone().unwrap_or_default()),
        ];
        let Some(registration) = &state.registration else { return told };
        told.push((term("col.consignor"), self.end(&registration.consignor)));
        told.extend((1_usize..).zip(registration.carriers()).map(|(leg, carrier)| {
            (lang.fill("manifest.carrier", &[("leg", &leg.to_string())]), self.name(&carrier))
        }));
        told.push((term("col.consignee"), self.end(&registration.consignee)));
        told.push((term("manifest.departure"), moment_text(zone, registration.planned_departure)));
        told.push((term("manifest.arrival"), moment_text(zone, registration.planned_arrival)));
        told.push((term("manifest.erp"), registration.erp_no.clone().unwrap_or_default()));
        let containers = state.containers.len();
        told.push((
            term("manifest.containers"),
            if containers == 0 { String::new() } else { containers.to_string() },
        ));
        let numbers = state.numbers.iter();
        told.extend(numbers.map(|bound| (self.system_name(&bound.system), bound.number.clone())));
        told
    }

    fn end(&self, end: &PartyAt) -> String {
        let name = self.name(&end.party);
        self.site(end.site).map_or_else(|| name.clone(), |site| format!("{name} · {}", site.name))
    }

    fn told_of_line(&self, line: &LineView) -> Told {
        let lang = self.visit.lang;
        let of = lang.fill("changes.line", &[("line", &line.line.to_string())]);
        let mass_of = |grams: i64| if grams == 0 { String::new() } else { mass(lang, grams) };
        let mut holder = vec![self.holder_name(&line.holder)];
        holder.extend(self.whereabouts(line));
        if let Some(rejected) = &line.rejected_holder {
            holder.push(lang.fill("manifest.rejected-with", &[("holder", &self.holder_name(rejected))]));
        }
        let told = [
            ("col.code", line.code.map(|code| code.to_string()).unwrap_or_default()),
            ("col.treatment", line.treatment.map(|treatment| treatment.to_string()).unwrap_or_default()),
            ("changes.planned", mass_of(line.planned_g.unwrap_or_default())),
            ("changes.shipped", mass_of(line.shipped_g)),
            ("changes.accepted", mass_of(line.accepted_g)),
            ("changes.rejected", mass_of(line.rejected_g)),
            ("changes.returned", mass_of(line.returned_g)),
            ("col.holder", holder.join(" · ")),
        ];
        told.into_iter().map(|(key, value)| (format!("{of} · {}", lang.t(key)), value)).collect()
    }

    /// Findings by rule.
    fn told_of_findings(&self) -> Told {
        let lang = self.visit.lang;
        let speaker = Speaker { lang, zone: self.visit.zone(), names: self.names };
        let mut by_rule: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for item in &self.manifest.findings {
            let life = life_name(lang, item.row.life);
            let told = format!("{life} · {}", speaker.sentence(&item.row.seen));
            by_rule.entry(rule_title(lang, item).to_owned()).or_default().push(told);
        }
        by_rule.into_iter().map(|(rule, told)| (rule, told.join("\n"))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_alike_is_in_no_row() {
        let told = |pairs: &[(&str, &str)]| -> Told {
            pairs.iter().map(|(term, value)| ((*term).to_owned(), (*value).to_owned())).collect()
        };
        let was = told(&[("status", "registered"), ("code", "900-041-49"), ("gone", "<b>")]);
        let is = told(&[("status", "received"), ("code", "900-041-49"), ("new", "1 t")]);
        let rows: Vec<Vec<String>> = differing(&was, &is)
            .into_iter()
            .map(|row| row.into_iter().map(|cell| cell.into_string()).collect())
            .collect();
        let row = |term: &str, was: &str, is: &str| {
            vec![term.to_owned(), format!("<del>{was}</del>"), format!("<ins>{is}</ins>")]
        };
        let expected =
            [row("status", "registered", "received"), row("new", "—", "1 t"), row("gone", "&lt;b&gt;", "—")];
        assert_eq!(rows, expected);
    }
}
