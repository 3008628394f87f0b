//! Numbers, masses, times and findings in words.

use std::collections::{BTreeSet, HashMap};

use chrono::FixedOffset;
use maud::{Markup, html};

use super::components::firm_link;
use super::i18n::{Lang, fill};
use crate::app::access::{PartyName, PartySeen, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::custody::Observation;
use crate::custody::finding::Figure;
use crate::id::SiteId;
use crate::registry::SiteRecord;
use crate::shape::mass::{self, KILOGRAM_G, TONNE_G};

/// The narrow space between groups of digits and before a unit; no line breaks at it.
const THIN: char = '\u{202f}';
const MINUS: &str = "\u{2212}";
/// A mass for a sentence: in tonnes from one tonne on, else in kilograms, exact to the gram.
pub(super) fn mass(lang: Lang, grams: i64) -> String {
    let size = grams.unsigned_abs();
    let (unit_g, unit) =
        if size >= TONNE_G { (TONNE_G, lang.t("sign.tonne")) } else { (KILOGRAM_G, lang.t("sign.kilogram")) };
    format!("{}{THIN}{unit}", decimal(grams, unit_g, 0))
}

/// A mass for a column of tonnes: at least three decimals, more where grams need them.
pub(super) fn tonnes(grams: i64) -> String {
    decimal(grams, TONNE_G, 3)
}

/// A part of a whole in per cent, to two decimals.
pub(super) fn share(part_g: i64, whole_g: i64) -> String {
    let (part, whole) = (i128::from(part_g), i128::from(whole_g.max(1)));
    let hundredths = (part * 10_000 + whole / 2) / whole;
    if hundredths == 0 && part > 0 {
        return format!("<{THIN}0.01{THIN}%");
    }
    format!("{}.{:02}{THIN}%", hundredths / 100, hundredths % 100)
}

/// A whole number in groups of three digits.
pub(super) fn count(number: u64) -> String {
    grouped(&number.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            grouped.push(THIN);
        }
        grouped.push(digit);
    }
    grouped
}

/// Grams as a field of kilograms is filled in: with a point, and no groups.
pub(super) fn kilograms_input(grams: i64) -> String {
    mass::decimal(grams, KILOGRAM_G, 0)
}

/// Grams as a field of tonnes is filled in, likewise.
pub(super) fn tonnes_input(grams: i64) -> String {
    mass::decimal(grams, TONNE_G, 0)
}

/// A moment as a field of the page is filled in.
pub(super) fn moment_input(zone: FixedOffset, at: Timestamp) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%dT%H:%M").to_string()
}

/// Grams in a larger unit as pages show them: whole numbers in groups, a minus and no hyphen.
fn decimal(grams: i64, unit_g: u64, least: usize) -> String {
    let plain = mass::decimal(grams, unit_g, least);
    let (sign, size) = plain.strip_prefix('-').map_or(("", &*plain), |size| (MINUS, size));
    let (whole, fraction) = size.split_at(size.find('.').unwrap_or(size.len()));
    format!("{sign}{}{fraction}", grouped(whole))
}

/// A moment in the zone of the profile, to the minute.
pub(super) fn moment_text(zone: FixedOffset, at: Timestamp) -> String {
    at.to_utc().with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()
}

/// A moment in the zone of the profile, with its exact form for machines.
pub(super) fn moment(zone: FixedOffset, at: Timestamp) -> Markup {
    let exact = at.to_utc().with_timezone(&zone).to_rfc3339();
    html! { time datetime=(exact) { (moment_text(zone, at)) } }
}

/// What parties and sites are called, as far as the viewer may know.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    parties: HashMap<Uscc, PartyName>,
    sites: HashMap<SiteId, String>,
    /// The parties whose record the viewer may open.
    with_record: BTreeSet<Uscc>,
}

impl Names {
    /// Look these parties up.
    pub(super) async fn load(
        app: &App,
        viewer: &Viewer,
        parties: impl IntoIterator<Item = Uscc>,
    ) -> Result<Self, Fault> {
        let (mut names, mut with_record) = (HashMap::new(), BTreeSet::new());
        let parties: BTreeSet<Uscc> = parties.into_iter().collect();
        let parties: Vec<Uscc> = parties.into_iter().collect();
        for seen in app.parties_among(viewer, &parties).await? {
            if let PartySeen::Full(record) = &seen
                && (viewer.party() == Some(record.party) || viewer.supervises(&[record.division]))
            {
                with_record.insert(record.party);
            }
            let name = seen.into_name();
            names.insert(name.party, name);
        }
        Ok(Self { parties: names, sites: HashMap::new(), with_record })
    }

    /// Look up whatever these observations name as well.
    pub(super) async fn load_seen<'a>(
        app: &App,
        viewer: &Viewer,
        parties: impl IntoIterator<Item = Uscc>,
        seen: impl IntoIterator<Item = &'a Observation>,
    ) -> Result<Self, Fault> {
        let seen: Vec<&Observation> = seen.into_iter().collect();
        let named = seen.iter().flat_map(|seen| texts_in::<Uscc>(seen));
        let parties: Vec<Uscc> = parties.into_iter().chain(named).collect();
        let sites: BTreeSet<SiteId> = seen.iter().flat_map(|seen| texts_in::<SiteId>(seen)).collect();
        let mut names = Self::load(app, viewer, parties).await?;
        for site in sites {
            names.sites.extend(app.site(viewer, site).await?.map(|record| (site, record.name)));
        }
        Ok(names)
    }

    /// What an answer tells of the parties and sites in it.
    pub(super) fn known(parties: &[PartyName], sites: &[SiteRecord]) -> Self {
        Self {
            parties: parties.iter().map(|name| (name.party, name.clone())).collect(),
            sites: sites.iter().map(|site| (site.site, site.name.clone())).collect(),
            with_record: BTreeSet::new(),
        }
    }

    /// The name of a site.
    pub(super) fn site(&self, site: &SiteId) -> Option<&str> {
        self.sites.get(site).map(String::as_str)
    }

    /// The name in a language; of a party nobody registered, its code.
    pub(super) fn of(&self, lang: Lang, party: &Uscc) -> String {
        self.parties.get(party).map_or_else(|| party.to_string(), |name| name_of(lang, name))
    }

    /// True for a party whose record the viewer may open.
    pub(super) fn has_record(&self, party: &Uscc) -> bool {
        self.with_record.contains(party)
    }

    /// The name, with a link to the party's record where the viewer may open that.
    pub(super) fn link(&self, lang: Lang, party: &Uscc) -> Markup {
        let name = self.of(lang, party);
        if self.has_record(party) {
            firm_link(*party, &name)
        } else {
            html! { (name) }
        }
    }
}

/// A party's name in a language; its code when it has no name.
pub(super) fn name_of(lang: Lang, name: &PartyName) -> String {
    name.in_words(lang)
}

/// The codes or ids of one sort that the figures of an observation name.
fn texts_in<T: std::str::FromStr>(seen: &Observation) -> impl Iterator<Item = T> {
    seen.figures
        .0
        .values()
        .filter_map(|figure| match figure {
            Figure::Text(text) => Some(text),
            Figure::Number(_) => None,
        })
        .flat_map(|text| text.split(','))
        .filter_map(|text| text.parse().ok())
}

/// What words need to know.
#[derive(Clone, Copy)]
pub(super) struct Speaker<'a> {
    /// The language.
    pub(super) lang: Lang,
    /// Zone of times.
    pub(super) zone: FixedOffset,
    /// Names of parties.
    pub(super) names: &'a Names,
}

impl Speaker<'_> {
    /// What a rule saw, as one sentence; figures the sentence does not use follow it.
    pub(super) fn sentence(&self, seen: &Observation) -> String {
        let template = self.template(seen);
        let values: Vec<(&str, String)> =
            seen.figures.0.iter().map(|(name, figure)| (name.as_str(), self.figure(name, figure))).collect();
        let pairs: Vec<(&str, &str)> = values.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let rest: Vec<String> = values
            .iter()
            .filter(|(name, _)| !template.contains(&format!("{{{name}}}")))
            .map(|(name, value)| format!("{}{}{value}", self.label(name), self.lang.t("sign.separator")))
            .collect();
        let mut sentence = fill(template, &pairs);
        if !rest.is_empty() {
            let gap = if sentence.is_empty() || self.lang == Lang::Zh { "" } else { " " };
            let first = capital(&rest.join(self.lang.t("sign.comma")));
            sentence.push_str(&format!("{gap}{first}{}", self.lang.t("sign.stop")));
        }
        sentence
    }

    /// The sentence of a rule; of tracks there is another than of positions.
    fn template(&self, seen: &Observation) -> &'static str {
        let of_track = seen.figures.number("silent_minutes").and_then(|_| self.lang.of("saying", "silence"));
        of_track.or_else(|| self.lang.of("say", &seen.rule)).unwrap_or("")
    }

    /// What a figure is called.
    pub(super) fn label<'n>(&self, name: &'n str) -> &'n str
    where
        'static: 'n,
    {
        self.lang.of("figure", name).unwrap_or(name)
    }

    /// A figure in words; its name says what it is.
    pub(super) fn figure(&self, name: &str, figure: &Figure) -> String {
        match figure {
            Figure::Number(grams) if name == "difference_g" => {
                let size = mass(self.lang, grams.saturating_abs());
                let key = if *grams < 0 { "sign.more" } else { "sign.less" };
                self.lang.fill(key, &[("mass", &size)])
            }
            Figure::Number(grams) if name.ends_with("_g") => mass(self.lang, *grams),
            Figure::Number(number) => number.to_string(),
            Figure::Text(text) => self.text(name, text),
        }
    }

    fn text(&self, name: &str, text: &str) -> String {
        if text.is_empty() {
            return self.lang.t("sign.none").to_owned();
        }
        if let Some(note) =
            self.lang.of("note", text).filter(|_| matches!(name, "provisional" | "fault" | "held"))
        {
            return note.to_owned();
        }
        if name == "lacking" {
            let parts = text.split(',').map(|part| self.lang.of("lacking", part).unwrap_or(part));
            return parts.collect::<Vec<_>>().join(self.lang.t("sign.list"));
        }
        let word = match name {
            "paper" => self.lang.of("ending", text),
            "period" => self.lang.of("period", text),
            "filed" => self.lang.of("filing", text),
            "measure" => self.lang.of("measure", text),
            _ => None,
        };
        if let Some(word) = word {
            return word.to_owned();
        }
        if let Some(site) = text.parse().ok().and_then(|site: SiteId| self.names.sites.get(&site)) {
            return site.clone();
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return moment_text(self.zone, at);
        }
        let parts = text.split(',').map(|part| match part.parse::<Uscc>() {
            Ok(party) => self.names.of(self.lang, &party),
            Err(_) => part.to_owned(),
        });
        // Only lists of lines, codes and parties are joined by commas; other texts are shown as they are.
        if matches!(name, "lines" | "codes" | "held_by" | "missing") || text.parse::<Uscc>().is_ok() {
            parts.collect::<Vec<_>>().join(self.lang.t("sign.list"))
        } else {
            text.to_owned()
        }
    }
}

/// The text with a large first letter, where its script has any.
pub(super) fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or(String::new(), |first| first.to_uppercase().chain(chars).collect())
}

/// A legal basis such as `S1 18; *` in words.
pub(super) fn basis(lang: Lang, text: &str) -> String {
    let parts = text.split(';').map(str::trim).map(|part| {
        let (source, articles) = part.split_once(' ').unwrap_or((part, ""));
        if source == "*" {
            return lang.t("basis.proposed").to_owned();
        }
        let source = lang.of("basis", source).unwrap_or(source);
        if articles.is_empty() {
            return source.to_owned();
        }
        let articles = articles.replace(", ", lang.t("sign.list"));
        let gap = lang.pick("", " ");
        format!("{source}{gap}{}", lang.fill("basis.article", &[("article", &articles)]))
    });
    parts.collect::<Vec<_>>().join(lang.pick("；", "; "))
}

#[cfg(test)]
mod tests;
