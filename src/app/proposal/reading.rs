//! What a payload says, in words: who the codes are, how much the grams are, what the waste is called. For the person who signs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::app::access::{PartyName, Viewer};
use crate::app::{App, Fault};
use crate::catalogue::{Catalogue, Profile, TreatmentCode, Uscc, WasteCode};
use crate::clock::Timestamp;
use crate::custody::Event;
use crate::id::SiteId;
use crate::shape::mass::{KILOGRAM_G, decimal};
use crate::store::registry;

/// What is to be signed, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// In one sentence, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// What single fields mean, in the order in which they stand.
    pub said: Vec<Said>,
}

/// What one field means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    /// JSON pointer (RFC 6901) inside the payload.
    pub pointer: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Names of whom and what a payload names, as far as its reader may know.
struct Known {
    profile: &'static Profile,
    parties: BTreeMap<Uscc, PartyName>,
    sites: BTreeMap<SiteId, String>,
}

/// A field with a value: its pointer, its own name, and the value.
type Field<'a> = (String, &'a str, &'a Value);

impl App {
    /// Read a payload back to who is going to sign it.
    pub(super) async fn read_back(
        &self,
        viewer: &Viewer,
        event: &Event,
        payload: &Value,
    ) -> Result<Reading, Fault> {
        let mut fields: Vec<Field<'_>> = Vec::new();
        walk(payload, &mut String::new(), "", &mut fields);
        let known = self.known_to(viewer, &fields).await?;
        let said = fields.iter().filter_map(|(pointer, name, value)| {
            let (zh, en) = known.words(name, value)?;
            Some(Said { pointer: pointer.clone(), zh, en })
        });
        let (party_zh, party_en) = known.party(&event.party);
        let (kind, at) = (event.kind(), known.moment(event.occurred_at));
        Ok(Reading {
            zh: format!("{party_zh}声明：{}（{}），发生于 {at}。", kind.name_zh(), kind.name()),
            en: format!("{party_en} states {}, which happened at {at}.", kind.name()),
            said: said.collect(),
        })
    }

    async fn known_to(&self, viewer: &Viewer, fields: &[Field<'_>]) -> Result<Known, Fault> {
        let texts = || fields.iter().filter_map(|(_, _, value)| value.as_str());
        let codes: BTreeSet<Uscc> = texts().filter_map(|text| text.parse().ok()).collect();
        let ids: BTreeSet<SiteId> = fields
            .iter()
            .filter(|(_, name, _)| name.ends_with("site"))
            .filter_map(|(_, _, value)| value.as_str()?.parse().ok())
            .collect();
        let mut tx = self.inner.store.read().await?;
        let parties = registry::parties(&mut tx, &Vec::from_iter(codes)).await?;
        let sites = registry::sites(&mut tx, &Vec::from_iter(ids)).await?;
        let may_see = |party| viewer.may_see_records_of(party);
        Ok(Known {
            profile: self.rulebook().profile,
            parties: parties.iter().map(|record| (record.party, PartyName::of(record))).collect(),
            sites: (sites.into_iter().filter(|site| may_see(site.party)))
                .map(|site| (site.site, site.name))
                .collect(),
        })
    }
}

/// Every value that is no list and no object, in the order in which they stand.
fn walk<'a>(value: &'a Value, pointer: &mut String, name: &'a str, fields: &mut Vec<Field<'a>>) {
    let length = pointer.len();
    match value {
        Value::Object(members) => {
            for (member, value) in members {
                pointer.push_str(&format!("/{member}"));
                walk(value, pointer, member, fields);
                pointer.truncate(length);
            }
        }
        Value::Array(items) => {
            for (n, value) in items.iter().enumerate() {
                pointer.push_str(&format!("/{n}"));
                walk(value, pointer, name, fields);
                pointer.truncate(length);
            }
        }
        _ => fields.push((pointer.clone(), name, value)),
    }
}

impl Known {
    /// A value in words, where it is one of those that need any.
    fn words(&self, name: &str, value: &Value) -> Option<(String, String)> {
        if let Some(grams) = value.as_i64().filter(|_| name.ends_with("_g")) {
            return Some((format!("{} 千克", kilograms(grams)), format!("{} kg", kilograms(grams))));
        }
        let text = value.as_str()?;
        if let Ok(party) = text.parse::<Uscc>() {
            return Some(self.party(&party));
        }
        match name {
            "code" => waste(text.parse().ok()?),
            "treatment" | "method" => treatment(text.parse().ok()?),
            "photos" => Some(("照片".to_owned(), "a photo".to_owned())),
            _ if name.ends_with("site") => {
                let site = self.sites.get(&text.parse().ok()?)?;
                Some((site.clone(), site.clone()))
            }
            _ => {
                let moment = self.moment(text.parse().ok()?);
                Some((moment.clone(), moment))
            }
        }
    }

    fn party(&self, party: &Uscc) -> (String, String) {
        match self.parties.get(party) {
            Some(known) => (known.name.clone(), known.name_en.clone().unwrap_or_else(|| known.name.clone())),
            None => (format!("未登记的单位 {party}"), format!("{party}, which is not registered")),
        }
    }

    /// A moment in the zone of the profile, with its offset.
    fn moment(&self, at: Timestamp) -> String {
        at.to_utc().with_timezone(&self.profile.offset()).format("%Y-%m-%d %H:%M:%S %:z").to_string()
    }
}

/// The description of a waste is in Chinese; there is no official English one.
fn waste(code: WasteCode) -> Option<(String, String)> {
    let entry = Catalogue::embedded().waste(&code)?;
    let words = format!("{} {}：{}", entry.category, entry.category_name, entry.description);
    Some((words.clone(), words))
}

fn treatment(code: TreatmentCode) -> Option<(String, String)> {
    let entry = code.entry();
    Some((entry.zh.clone(), entry.en.clone()))
}

/// Grams as kilograms, exact, without zeros at the end.
fn kilograms(grams: i64) -> String {
    decimal(grams, KILOGRAM_G, 0)
}
