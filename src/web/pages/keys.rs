//! `/keys`: who speaks for a party, inviting another key, ending one.

use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::json;

use super::answering::act;
use crate::app::access::{PartySeen, Viewer};
use crate::app::query::KeyRecord;
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::ledger::Kid;
use crate::registry::Role;
use crate::web::assets::script_path;
use crate::web::components::{pairs, short, table, tag, text};
use crate::web::draw::qr::qr;
use crate::web::dress::CALLING_POLICY;
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::layout;
use crate::web::signing::{self, Call, Choice, Field, Statement};
use crate::web::visit::Visit;
use crate::web::words::{Names, moment};

/// Hours an invitation is good for, proposed and at most: a month.
const HOURS: u64 = 24;
const MAX_HOURS: u64 = 31 * 24;
/// Longest text drawn as a code, in bytes: what the largest holds at this level of correction.
pub(in crate::web) const MAX_QR_BYTES: usize = 2_331;
/// Longest name of who holds a key, in characters.
const MAX_HOLDER: usize = 50;
/// Longest note on why a key ends, in characters.
const MAX_NOTE: usize = 500;
/// Why a key ends, as the payload calls it.
const REASONS: [&str; 5] = ["lost", "stolen", "left", "superseded", "other"];

/// Whose keys; its own where nothing is said.
#[derive(Default, Deserialize)]
pub(in crate::web) struct Asked {
    #[serde(default)]
    party: String,
}

impl Asked {
    fn party(&self, visit: &Visit) -> Result<Uscc, Failure> {
        match self.party.trim() {
            "" => visit.viewer.party().ok_or(Failure::NotFound),
            code => code.parse().map_err(|_| Failure::NotFound),
        }
    }
}

/// The keys of a party.
pub(in crate::web) async fn list(visit: Visit, Query(asked): Query<Asked>) -> Result<Markup, Failure> {
    visit.signed_in()?;
    let party = asked.party(&visit)?;
    let keys = visit.app.keys(&visit.viewer, Some(party)).await?;
    let is_own = visit.viewer.party() == Some(party);
    if keys.is_empty() && !is_own && !visit.viewer.is_authority() {
        return Err(Failure::NotFound);
    }
    let kids: Vec<Kid> = keys.iter().map(|key| key.kid).collect();
    let holders = visit.app.holders(&visit.viewer, &kids).await?;
    let names = Names::load(&visit.app, &visit.viewer, [party]).await?;
    let lang = visit.lang;
    let title = lang.fill("keys.title", &[("party", &names.of(lang, &party))]);
    let (ended, good): (Vec<&KeyRecord>, Vec<&KeyRecord>) =
        keys.iter().partition(|key| key.revoked_index.is_some());
    let rows = |keys: &[&KeyRecord]| {
        let row = |key: &&KeyRecord| row(&visit, key, holders.get(&key.kid).map(String::as_str));
        keys.iter().map(row).collect()
    };
    let body = html! {
        h1 { (title) }
        p.soft { (lang.t("keys.text")) }
        @if visit.viewer.is_authority() { (of_whom(&visit, party)) }
        @if let Some(kid) = visit.viewer.kid().filter(|_| is_own && visit.signed.is_some()) {
            p { (lang.t("keys.in-use")) (lang.t("sign.separator")) span.mono { (kid) } }
        }
        @if may_invite(&visit, party) { p { a.button href={ "/keys/invite?party=" (party) } { (lang.t("keys.invite")) } } }
        @if good.is_empty() { p { (lang.t("keys.none")) } } @else { (table(lang, lang.t("keys.good"), &COLUMNS, rows(&good))) }
        @if !ended.is_empty() {
            h2 { (lang.t("keys.ended")) }
            (table(lang, lang.t("keys.ended"), &COLUMNS, rows(&ended)))
        }
    };
    Ok(layout::page(&visit, &title, body))
}

const COLUMNS: [crate::web::components::Column; 5] =
    [text("keys.key"), text("keys.role"), text("keys.holder"), text("keys.since"), text("col.status")];

fn row(visit: &Visit, key: &KeyRecord, holder: Option<&str>) -> Vec<Markup> {
    let lang = visit.lang;
    vec![
        html! {
            a.mono.nowrap href={ "/keys/" (key.kid) } title=(key.kid) { (short(&key.kid.to_string())) }
            @if visit.viewer.kid() == Some(key.kid) && visit.signed.is_some() { " " (tag("note", lang.t("keys.this"))) }
        },
        html! { (role(lang, key.role)) },
        html! { @match holder { Some(name) => (name), None => span.soft { (lang.t("keys.unnamed")) } } },
        html! { (entry(lang, key.enrolled_index)) },
        state(visit, key),
    ]
}

fn state(visit: &Visit, key: &KeyRecord) -> Markup {
    let lang = visit.lang;
    html! {
        @match key.revoked_index {
            None => (tag("good", lang.t("keys.good"))),
            Some(index) => {
                (tag("plain", lang.t(if key.replaced_by.is_some() { "keys.replaced" } else { "keys.revoked" })))
                " " @if let Some(at) = key.revoked_at { (moment(visit.zone(), at)) } " "
                span.soft { (entry(lang, index)) }
            }
        }
        @if let Some(from) = key.suspected_from {
            " " (tag("warn", &lang.fill("keys.suspected", &[("index", &from.to_string())])))
        }
    }
}

fn role(lang: Lang, role: Role) -> &'static str {
    lang.of("role", role.name()).unwrap_or(role.name())
}

fn entry(lang: Lang, index: u64) -> String {
    lang.fill("event.index", &[("index", &index.to_string())])
}

/// An authority looks at the keys of any party.
fn of_whom(visit: &Visit, party: Uscc) -> Markup {
    let lang = visit.lang;
    html! {
        form.filter method="get" action="/keys" role="search" aria-label=(lang.t("manifests.filter")) {
            label { (lang.t("firm.code")) input name="party" value=(party) maxlength="18" autocomplete="off"; }
            button { (lang.t("manifests.apply")) }
        }
    }
}

/// Officers invite for everybody, administrators for their own party.
fn may_invite(visit: &Visit, party: Uscc) -> bool {
    let is_own = visit.viewer.party() == Some(party);
    match visit.viewer.role() {
        Some(Role::Officer) => visit.viewer.is_authority(),
        Some(Role::Administrator) => is_own,
        _ => false,
    }
}

/// One key, and how it ends.
pub(in crate::web) async fn show(visit: Visit, Path(kid): Path<String>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let kid: Kid = kid.parse().map_err(|_| Failure::NotFound)?;
    let key = visit.app.key(&visit.viewer, kid).await?.ok_or(Failure::NotFound)?;
    let holders = visit.app.holders(&visit.viewer, &[kid]).await?;
    let names = Names::load(&visit.app, &visit.viewer, [key.party]).await?;
    let lang = visit.lang;
    let title = lang.fill("keys.one", &[("key", &short(&kid.to_string()))]);
    let mut facts = vec![
        (lang.t("keys.key"), html! { span.mono { (kid) } }),
        (lang.t("col.party"), names.link(lang, &key.party)),
        (lang.t("keys.role"), html! { (role(lang, key.role)) }),
        (lang.t("keys.holder"), html! { (holders.get(&kid).map_or(lang.t("keys.unnamed"), String::as_str)) }),
        (lang.t("keys.since"), html! { (entry(lang, key.enrolled_index)) }),
        (lang.t("col.status"), state(&visit, &key)),
    ];
    for (name, other) in [("keys.replaces", key.replaces), ("keys.replaced-by", key.replaced_by)] {
        if let Some(other) = other {
            facts.push((
                lang.t(name),
                html! { a.mono href={ "/keys/" (other) } { (short(&other.to_string())) } },
            ));
        }
    }
    let body = html! {
        h1 { (title) }
        (pairs(&facts))
        p { a href={ "/keys?party=" (key.party) } { (lang.t("keys.all")) } }
        @if may_name(&visit, &key) { (naming(&visit, kid, holders.get(&kid).map(String::as_str))) }
        @if key.revoked_index.is_none() && may_revoke(&visit, &key) {
            h2 { (lang.t("keys.end")) }
            p { (lang.t("keys.end-text")) }
            (act(&visit, Kind::KeyRevoked, revocation(&visit, &key)))
        }
    };
    Ok(signing::page(&visit, &title, body))
}

/// Who keeps the keys of its party says who holds them, and so does the key itself.
fn may_name(visit: &Visit, key: &KeyRecord) -> bool {
    let keeps = matches!(visit.viewer.role(), Some(Role::Administrator | Role::Officer | Role::Registrar));
    visit.viewer.party() == Some(key.party) && (keeps || visit.viewer.kid() == Some(key.kid))
}

/// The form that writes down who holds a key, with a button that forgets it.
fn naming(visit: &Visit, kid: Kid, known: Option<&str>) -> Markup {
    let lang = visit.lang;
    let (path, then) = (format!("/keys/{kid}/holder"), format!("/keys/{kid}"));
    let name = Field::needed("/name", "keys.holder").text(lang, known.unwrap_or_default(), MAX_HOLDER);
    let call = |method, button| Call { method, path: &path, then: &then, button };
    html! {
        details.act {
            summary { (lang.t("keys.name")) }
            p.soft { (lang.t("keys.name-text")) }
            (call("PUT", "keys.save-name").form(visit, &json!({}), name))
            @if known.is_some() { (call("DELETE", "keys.forget-name").button(visit)) }
        }
    }
}

/// A key ends itself; administrators end those of their party, officers every key.
fn may_revoke(visit: &Visit, key: &KeyRecord) -> bool {
    visit.viewer.kid() == Some(key.kid) || may_invite(visit, key.party)
}

fn revocation(visit: &Visit, key: &KeyRecord) -> Markup {
    let lang = visit.lang;
    let is_own = visit.viewer.kid() == Some(key.kid);
    let then = if is_own { "/device".to_owned() } else { format!("/keys/{}", key.kid) };
    let reasons: Vec<Choice> = REASONS
        .into_iter()
        .map(|reason| Choice {
            value: reason.to_owned(),
            shown: lang.of("key-end", reason).unwrap_or(reason).to_owned(),
        })
        .collect();
    let data = json!({ "key": key.kid });
    let statement = Statement { kind: Kind::KeyRevoked, data, then: &then, button: "signing.prepare" };
    statement.form(
        visit,
        html! {
            @if is_own { p.check.warn { (lang.t("keys.own-end")) } }
            (Field::needed("/reason", "keys.reason").choice(lang, &reasons, ""))
            (Field::optional("/suspected_from", "keys.suspected-from").hint("keys.suspected-hint").count(lang, None))
            (Field::optional("/note", "keys.note").lines(lang, "", MAX_NOTE))
        },
    )
}

/// The page on which an invitation is made.
pub(in crate::web) async fn invite(visit: Visit, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    visit.signed_in()?;
    let party = asked.party(&visit)?;
    let seen = visit.app.party(&visit.viewer, party).await?;
    if !may_invite(&visit, party) || !matches!(seen, Some(PartySeen::Full(_))) {
        return Err(Failure::NotFound);
    }
    let names = Names::load(&visit.app, &visit.viewer, [party]).await?;
    let lang = visit.lang;
    let title = lang.fill("keys.invite-title", &[("party", &names.of(lang, &party))]);
    let body = html! {
        h1 { (title) }
        p { (lang.t("keys.invite-text")) }
        noscript { p.check.warn { (lang.t("signing.no-script")) } }
        p #trouble .check.bad role="alert" tabindex="-1" hidden {}
        @if visit.signed.is_none() {
            p.soft { (lang.t("signing.sign-in")) " " a href="/device" { (lang.t("device.title")) } }
        } @else {
            (invitation_form(&visit, party))
            (invited(lang))
            script type="module" src=(script_path("desk/invite.js")) {}
        }
        p { a href={ "/keys?party=" (party) } { (lang.t("keys.all")) } }
    };
    Ok(([(CONTENT_SECURITY_POLICY, CALLING_POLICY)], layout::page(&visit, &title, body)).into_response())
}

fn invitation_form(visit: &Visit, party: Uscc) -> Markup {
    let lang = visit.lang;
    let is_authority =
        visit.viewer.party() == Some(party) && matches!(visit.viewer, Viewer::Authority { .. });
    let roles: Vec<Choice> = Role::ALL
        .into_iter()
        .filter(|role| is_authority || !role.is_official())
        .map(|one| Choice { value: one.name().to_owned(), shown: role(lang, one).to_owned() })
        .collect();
    html! {
        form #invite .deed novalidate data-log=(visit.app.origin()) data-kid=[visit.viewer.kid()] data-party=(party) data-ahead=(visit.ahead_ms())
            data-most=(MAX_HOURS) data-hours=(lang.fill("keys.hours-wrong", &[("most", &MAX_HOURS.to_string())]))
            data-no-key=(lang.t("signing.no-key")) data-no-signing=(lang.t("signing.no-signing")) data-fault=(lang.t("signing.fault"))
            data-count=(lang.t("signing.count")) {
            (Field::needed("role", "keys.role").choice(lang, &roles, Role::Operator.name()))
            (Field::needed("hours", "keys.hours").count(lang, Some(HOURS)))
            button { (lang.t("keys.make")) }
        }
    }
}

/// What was made, shown by the script.
fn invited(lang: Lang) -> Markup {
    html! {
        section #invited tabindex="-1" hidden aria-labelledby="invited-title" {
            h2 #invited-title { (lang.t("keys.made")) }
            p { (lang.t("keys.until")) (lang.t("sign.separator")) strong #until {} }
            div.invitation {
                figure {
                    img #scan alt=(lang.t("keys.scan")) width="260" height="260" hidden;
                    figcaption.soft.small { (lang.t("keys.scan")) }
                }
                div {
                    h3 { (lang.t("keys.link")) }
                    p.small { a #link href="/device" {} }
                    p { button.second type="button" data-copy-of="link" { (lang.t("keys.copy-link")) } }
                    details {
                        summary { (lang.t("keys.as-text")) }
                        textarea #compact readonly rows="5" aria-label=(lang.t("keys.as-text")) {}
                    }
                }
            }
            div.apart {
                h3 { (lang.t("keys.code")) }
                p { (lang.t("keys.code-text")) }
                p { strong.mono.code #code {} " " button.second type="button" data-copy-of="code" { (lang.t("keys.copy-code")) } }
            }
            p #copied role="status" data-said=(lang.t("keys.copied")) {}
        }
    }
}

/// `POST /qr`: the text of the body as a QR code. For pages whose text is made in the browser.
pub(in crate::web) async fn draw(visit: Visit, body: String) -> Result<Response, Failure> {
    visit.signed_in()?;
    let drawn = qr(&body, visit.lang.t("keys.scan")).into_string();
    // A file of its own names what its elements are.
    let file = drawn.replacen("<svg ", "<svg xmlns=\"http://www.w3.org/2000/svg\" ", 1);
    Ok(match file.is_empty() {
        true => StatusCode::PAYLOAD_TOO_LARGE.into_response(),
        false => ([(CONTENT_TYPE, "image/svg+xml")], file).into_response(),
    })
}
