//! A form of a page that is signed, read and filled in as its script (`assets/desk/form.js`) does it, so that what pages ask for is held to what
//! the ledger takes.

use std::collections::{BTreeMap, BTreeSet};

use liandan::app::access::Viewer;
use liandan::app::proposal::{Proposal, Wish};
use liandan::app::{Receipt, SubmitError};
use liandan::ledger::{Envelope, Typ};
use liandan::registry::PartyKind;
use liandan::scenario::World;
use serde_json::{Value, json};

use crate::api::server::office_key;
use crate::support::ledger::Ledger;

/// A tag with what stands in it.
#[derive(Debug)]
struct Tag {
    name: String,
    attributes: BTreeMap<String, String>,
    /// The text behind it, up to the next tag.
    text: String,
}

impl Tag {
    fn get(&self, name: &str) -> Option<&str> {
        self.attributes.get(name).map(String::as_str)
    }

    fn has(&self, name: &str) -> bool {
        self.attributes.contains_key(name)
    }
}

/// The tags of a page in their order. Pages are made by a program that quotes every value.
fn tags(html: &str) -> Vec<Tag> {
    let read = |piece: &str| {
        let (tag, text) = piece.split_once('>').unwrap_or((piece, ""));
        let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        while !rest.trim().is_empty() {
            rest = rest.trim_start();
            let end = rest.find(['=', ' ']).unwrap_or(rest.len());
            let (attribute, behind) = rest.split_at(end);
            let quoted = behind.strip_prefix("=\"").and_then(|value| value.split_once('"'));
            let (value, behind) = quoted.unwrap_or(("", behind));
            attributes.insert(attribute.to_owned(), plain(value));
            rest = behind;
        }
        Tag { name: name.to_owned(), attributes, text: plain(text) }
    };
    html.split('<').skip(1).map(read).collect()
}

fn plain(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

#[derive(Debug)]
struct Field {
    name: String,
    is_as: String,
    value: String,
    /// Of a choice: what can be chosen.
    options: Option<Vec<String>>,
    /// Of a box or radio button: whether it is ticked, and what it opens.
    box_of: Option<(bool, Vec<String>)>,
    is_required: bool,
    /// The parts of the form that it stands in.
    within: Vec<String>,
}

/// One form.
#[derive(Debug)]
pub(super) struct Form {
    pub(super) kind: String,
    /// What the page knows already.
    given: Value,
    /// Of a call of the interface: its method and path.
    pub(super) method: String,
    pub(super) path: String,
    fields: Vec<Field>,
}

impl Form {
    /// The forms of a page.
    pub(super) fn all(page: &str) -> Vec<Self> {
        let mut forms: Vec<Self> = Vec::new();
        let (mut within, mut is_inside) = (Vec::new(), false);
        let tags = tags(page);
        for (n, tag) in tags.iter().enumerate() {
            match tag.name.as_str() {
                "form" => {
                    is_inside = true;
                    let text = |name: &str| tag.get(name).unwrap_or_default().to_owned();
                    let given =
                        tag.get("data-data").map_or(json!({}), |data| serde_json::from_str(data).unwrap());
                    forms.push(Self {
                        kind: text("data-kind"),
                        given,
                        method: text("data-method"),
                        path: text("data-path"),
                        fields: Vec::new(),
                    });
                }
                "fieldset" => within.push(tag.get("id").unwrap_or_default().to_owned()),
                "/fieldset" => drop(within.pop()),
                "/form" => is_inside = false,
                "input" | "select" | "textarea" => {
                    let Some(form) = forms.last_mut().filter(|_| is_inside) else { continue };
                    form.fields.push(field(tag, &tags[n + 1..], &within));
                }
                _ => {}
            }
        }
        forms
    }

    /// The one form of a page that states this.
    pub(super) fn of(page: &str, kind: &str) -> Self {
        let mut found: Vec<Self> = Self::all(page).into_iter().filter(|form| form.kind == kind).collect();
        assert_eq!(found.len(), 1, "{kind} in {page}");
        found.remove(0)
    }

    /// What the forms of a page state, in their order.
    pub(super) fn kinds(page: &str) -> Vec<String> {
        Self::all(page).into_iter().map(|form| form.kind).filter(|kind| !kind.is_empty()).collect()
    }

    /// What the page says by itself at a member of the statement.
    pub(super) fn given(&self, name: &str) -> String {
        self.given[name].as_str().unwrap().to_owned()
    }

    /// What stands in a field.
    pub(super) fn value(&self, name: &str) -> &str {
        let is_it =
            |field: &&Field| field.name == name && field.box_of.as_ref().is_none_or(|(is_set, _)| *is_set);
        &self.fields.iter().find(is_it).unwrap_or_else(|| panic!("no {name} in {self:?}")).value
    }

    /// Fill a field in, choose one of its values, or press a radio button.
    pub(super) fn set(mut self, name: &str, value: &str) -> Self {
        assert!(self.fields.iter().any(|field| field.name == name), "no {name} in {self:?}");
        for field in self.fields.iter_mut().filter(|field| field.name == name) {
            match (&mut field.box_of, &field.options) {
                (Some((is_set, _)), _) => *is_set = field.value == value,
                (None, Some(options)) => {
                    assert!(options.iter().any(|option| option == value), "{name}: {value} of {options:?}");
                    field.value = value.to_owned();
                }
                (None, None) => field.value = value.to_owned(),
            }
        }
        self
    }

    /// Tick or untick the box that opens a part.
    pub(super) fn tick(mut self, part: &str) -> Self {
        let opens = |field: &&mut Field| {
            field.box_of.as_ref().is_some_and(|(_, parts)| parts.iter().any(|opened| opened == part))
        };
        let found = self.fields.iter_mut().find(opens).unwrap_or_else(|| panic!("nothing opens {part}"));
        let (is_set, _) = found.box_of.as_mut().unwrap();
        *is_set = !*is_set;
        self
    }

    /// What is said: `data` of the statement, or the body of the call.
    pub(super) fn data(&self) -> Value {
        let mut filled: Vec<(Vec<String>, Value)> = Vec::new();
        for field in self.fields.iter().filter(|field| self.is_there(field)) {
            if field.box_of.as_ref().is_some_and(|(is_set, _)| !is_set) {
                continue;
            }
            let text = field.value.trim();
            if text.is_empty() {
                assert!(!field.is_required, "{} must be filled in", field.name);
                continue;
            }
            if let Some(name) = field.name.strip_prefix('/') {
                filled.push((name.split('/').map(str::to_owned).collect(), value_of(&field.is_as, text)));
            }
        }
        close_gaps(&mut filled);
        let mut data = self.given.clone();
        for (parts, value) in filled {
            put(&mut data, &parts, value);
        }
        data
    }

    /// A field is there unless a box that is not ticked would open its part.
    fn is_there(&self, field: &Field) -> bool {
        let boxes = || self.fields.iter().filter_map(|field| field.box_of.as_ref());
        let opens = |parts: &[String], part: &String| parts.contains(part);
        field.within.iter().all(|part| {
            let mut openers = boxes().filter(|(_, parts)| opens(parts, part)).peekable();
            openers.peek().is_none() || openers.any(|(is_set, _)| *is_set)
        })
    }

    /// State it as the office of a party, as a browser would: the ledger makes it ready, it says what was filled in, and is signed and sent.
    pub(super) async fn state(&self, ledger: &Ledger, label: &str) -> Receipt {
        let (data, key) = (self.data(), office_key(label));
        let proposal = self.propose(ledger, label).await;
        assert!(proposal.judged.is_ok(), "{:?} for {data}", proposal.judged);
        let ids: BTreeMap<String, String> =
            proposal.new_ids.iter().map(|(name, id)| (name.clone(), id.to_string())).collect();
        assert!(says_the_same(&data, &proposal.payload["data"], &ids), "{data} became {}", proposal.payload);
        let envelope = Envelope::sign(Typ::Event, proposal.payload.to_string().as_bytes(), &key);
        ledger.app.submit(envelope.compact().as_bytes(), None).await.unwrap().receipt
    }

    /// Codes and pointers of what the ledger has against it.
    pub(super) async fn objections(&self, ledger: &Ledger, label: &str) -> Vec<(String, String)> {
        let refusal = match self.ask(ledger, label).await {
            Err(SubmitError::Refused(refusal)) => refusal,
            proposed => proposed.unwrap().judged.unwrap_err(),
        };
        refusal.errors.into_iter().map(|error| (error.code, error.pointer)).collect()
    }

    async fn propose(&self, ledger: &Ledger, label: &str) -> Proposal {
        let proposed = self.ask(ledger, label).await;
        proposed.unwrap_or_else(|error| panic!("{error:?} for {}", self.data()))
    }

    async fn ask(&self, ledger: &Ledger, label: &str) -> Result<Proposal, SubmitError> {
        let wish = json!({ "kind": self.kind, "data": self.data() }).to_string();
        let wish: Wish = serde_json::from_str(&wish).unwrap();
        ledger.app.propose(&viewer(label), wish).await
    }
}

/// The office of a party of the world.
fn viewer(label: &str) -> Viewer {
    let party = World::embedded().party(label).unwrap();
    let (uscc, division, role) = (party.uscc, party.division, party.office());
    let kid = office_key(label).kid();
    if party.kinds.contains(&PartyKind::Authority) {
        Viewer::Authority { party: uscc, division, role, kid }
    } else {
        Viewer::Party { party: uscc, role, kid }
    }
}

fn field(tag: &Tag, behind: &[Tag], within: &[String]) -> Field {
    let kind = tag.get("type").unwrap_or("text");
    let is_box = ["checkbox", "radio"].contains(&kind);
    let opens = || tag.get("data-opens").unwrap_or_default().split(' ').map(str::to_owned).collect();
    let (mut value, mut options) = (tag.get("value").unwrap_or_default().to_owned(), None);
    match tag.name.as_str() {
        "textarea" => value = tag.text.clone(),
        "select" => {
            let inside = behind.iter().take_while(|tag| tag.name != "/select");
            let all: Vec<&Tag> = inside.filter(|tag| tag.name == "option").collect();
            let chosen = all.iter().find(|option| option.has("selected")).or(all.first());
            value = chosen.and_then(|option| option.get("value")).unwrap_or_default().to_owned();
            options = Some(all.iter().filter_map(|option| option.get("value")).map(str::to_owned).collect());
        }
        _ => {}
    }
    Field {
        name: tag.get("name").unwrap_or_default().to_owned(),
        is_as: tag.get("data-as").unwrap_or("text").to_owned(),
        value,
        options,
        box_of: is_box.then(|| (tag.has("checked"), opens())),
        is_required: tag.has("required") && kind != "radio",
        within: within.iter().filter(|part| !part.is_empty()).cloned().collect(),
    }
}

fn value_of(is_as: &str, text: &str) -> Value {
    let grams = |places: usize| {
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        assert!(rest.len() <= places, "{text}");
        json!(format!("{whole}{rest:0<places$}").parse::<u64>().unwrap())
    };
    match is_as {
        "kilograms" => grams(3),
        "tonnes" => grams(6),
        "json" => serde_json::from_str(text).unwrap(),
        "count" => json!(text.parse::<u64>().unwrap()),
        "flag" => json!(true),
        "codes" => {
            json!(text.split([' ', ',', '、', '，']).filter(|code| !code.is_empty()).collect::<Vec<_>>())
        }
        "text" | "code" | "party" | "plate" => json!(text),
        other => panic!("no field of these pages is read as {other}"),
    }
}

/// What stands at 0, 2 and 5 of a list comes to stand at 0, 1 and 2.
fn close_gaps(filled: &mut [(Vec<String>, Value)]) {
    let index = |part: &String| part.parse::<usize>().ok();
    let mut used: BTreeMap<Vec<String>, BTreeSet<usize>> = BTreeMap::new();
    for (parts, _) in filled.iter() {
        for (at, part) in parts.iter().enumerate() {
            used.entry(parts[..at].to_vec()).or_default().extend(index(part));
        }
    }
    for (parts, _) in filled {
        let own = parts.clone();
        for (at, part) in parts.iter_mut().enumerate() {
            let Some(n) = index(part) else { continue };
            *part = used[&own[..at]].iter().position(|known| *known == n).unwrap().to_string();
        }
    }
}

fn put(data: &mut Value, parts: &[String], value: Value) {
    let Some((first, rest)) = parts.split_first() else {
        *data = value;
        return;
    };
    if let Ok(n) = first.parse::<usize>() {
        if data.is_null() {
            *data = json!([]);
        }
        let list = data.as_array_mut().unwrap();
        list.resize(list.len().max(n + 1), Value::Null);
        return put(&mut list[n], rest, value);
    }
    if data.is_null() {
        *data = json!({});
    }
    put(data.as_object_mut().unwrap().entry(first.as_str()).or_insert(Value::Null), rest, value);
}

/// What a browser holds the ledger's words to before it signs them: nothing was changed or added but ids and empty lists.
fn says_the_same(asked: &Value, made: &Value, ids: &BTreeMap<String, String>) -> bool {
    match (asked, made) {
        (Value::String(text), _) if text.starts_with("new:") => *made == json!(ids[&text[4..]]),
        (Value::Object(asked), Value::Object(made)) => {
            let is_known = |(name, value): (&String, &Value)| asked.contains_key(name) || *value == json!([]);
            let same = |(name, value): (&String, &Value)| {
                made.get(name).is_some_and(|made| says_the_same(value, made, ids))
            };
            made.iter().all(is_known) && asked.iter().all(same)
        }
        (Value::Array(asked), Value::Array(made)) => {
            let same = |(asked, made): (&Value, &Value)| says_the_same(asked, made, ids);
            asked.len() == made.len() && asked.iter().zip(made).all(same)
        }
        _ => asked == made,
    }
}
