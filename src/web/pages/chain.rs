//! The chain of custody on a page: each record with its signatures and its place in the log, checked while the page is made.

use std::collections::HashMap;

use chrono::FixedOffset;
use maud::{Markup, html};

use super::attachments::Enclosed;
use crate::app::App;
use crate::app::access::Viewer;
use crate::app::query::{AnchorStanding, ChainStep, Content, Said, SignatureCheck};
use crate::catalogue::Uscc;
use crate::custody::attached::attached;
use crate::custody::confirmed::CodeStatement;
use crate::custody::correction::{CorrectionState, Stage};
use crate::custody::kind::Class;
use crate::custody::payload::handover::GivenWord;
use crate::custody::stance::Stance;
use crate::custody::{Event, Statement};
use crate::id::ManifestId;
use crate::ledger::Kid;
use crate::web::components::{
    check, correct_path, event_bundle_path, log_check, signature_check, tag, verdict_tag,
};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::words::{Names, mass, moment};

/// Records with what was found out about them.
pub(in crate::web) struct Checked {
    manifest: ManifestId,
    steps: Vec<ChainStep>,
    names: Names,
    /// Who holds the keys, as far as the visitor may know.
    holders: HashMap<Kid, String>,
    /// Which of the files that they name are kept.
    files: Enclosed,
}

impl Checked {
    /// Records of a manifest, in order. Looks up the parties that are named.
    pub(in crate::web) async fn of(
        app: &App,
        viewer: &Viewer,
        manifest: ManifestId,
        steps: Vec<ChainStep>,
    ) -> Result<Self, Failure> {
        let names = Names::load(app, viewer, steps.iter().flat_map(parties_in)).await?;
        let kids: Vec<Kid> = steps.iter().flat_map(signatures_in).map(|signature| signature.kid).collect();
        let holders = app.holders(viewer, &kids).await?;
        let naming = steps.iter().filter(|step| {
            step.content.said().is_some_and(|said| !attached(&said.event.statement).is_empty())
        });
        let files = Enclosed::of(app, &naming.map(|step| step.index).collect::<Vec<_>>()).await?;
        Ok(Self { manifest, steps, names, holders, files })
    }

    /// The records, in order.
    pub(in crate::web) fn list(&self, lang: Lang, zone: FixedOffset) -> Markup {
        if self.steps.is_empty() {
            return html! { p { (lang.t("event.none")) } };
        }
        html! {
            ol.chain {
                @for (n, step) in self.steps.iter().enumerate() {
                    li id=(anchor(step)) { (self.record(lang, zone, step, self.came_late(n))) }
                }
            }
        }
    }

    /// True for a record that the ledger took in after one that follows it here.
    fn came_late(&self, n: usize) -> bool {
        self.steps.iter().skip(n).any(|later| later.index < self.steps[n].index)
    }

    /// The way to what was known before a record of the log came.
    fn before(&self, lang: Lang, key: &'static str, index: u64) -> Markup {
        html! { " " a.small href={ "/manifests/" (self.manifest) "?as_of=" (index) } { (lang.t(key)) } }
    }

    /// The way to what a record of the log changed.
    fn changed(&self, lang: Lang, index: u64) -> Markup {
        let path = format!("/manifests/{}/changes?from={index}&until={}", self.manifest, index + 1);
        html! { " " a.small href=(path) rel="nofollow" { (lang.t("changes.by-record")) } }
    }

    fn record(&self, lang: Lang, zone: FixedOffset, step: &ChainStep, came_late: bool) -> Markup {
        let log = html! {
            dt { (lang.t("event.in-log")) }
            dd {
                (log_check(lang, step.leaf, step.is_in_log)) " "
                span.soft { (lang.fill("event.index", &[("index", &step.index.to_string())])) " · " (moment(zone, step.recorded_at)) }
                @if came_late { (self.before(lang, "then.before-record", step.index)) }
                (self.changed(lang, step.index))
            }
        };
        let said = match &step.content {
            Content::Said(said) => said,
            Content::Erased => return html! { h3 { (lang.t("event.erased")) } dl.pairs { (log) } },
            Content::Unreadable(_) => {
                return html! { h3 { (check("bad", lang.t("event.unreadable"))) } dl.pairs { (log) } };
            }
        };
        html! {
            h3 {
                span { (kind_name(lang, &said.event)) }
                (moment(zone, said.event.occurred_at))
                (verdict_tag(lang, step.verdict))
                (last_word(lang, step))
                @if let Some(word) = step.last_word { (self.before(lang, "then.before-word", word.by_index)) }
            }
            dl.pairs {
                dt { (lang.t("event.by")) }
                dd {
                    (self.names.link(lang, &said.event.party))
                    @if let Some(mandatary) = said.mandatary() {
                        " · " (lang.fill("event.for-by", &[("party", &self.names.of(lang, &mandatary))]))
                    }
                }
                @for (term, value) in self.what(lang, &said.event) {
                    dt { (term) }
                    dd { (value) }
                }
                (self.enclosed(lang, step, &said.event))
                (time_range(lang, zone, step))
                (self.signatures(lang, said))
                @for correction in &step.corrections { (self.correction(lang, correction)) }
                (log)
                dt { (lang.t("event.id")) }
                dd {
                    span.mono { (step.event_id) } " "
                    a.small href=(event_bundle_path(step.event_id)) download { (lang.t("event.bundle")) }
                    @if said.event.kind().class() == Class::Fact {
                        " · " a.small href=(correct_path(step.event_id)) rel="nofollow" { (lang.t("correction.propose")) }
                    }
                }
            }
        }
    }

    /// The files that a record names.
    fn enclosed(&self, lang: Lang, step: &ChainStep, event: &Event) -> Markup {
        let digests = attached(&event.statement);
        html! {
            @if !digests.is_empty() {
                dt { (lang.t("attachment.files")) }
                dd { (self.files.list(lang, step.index, Some(step.event_id), &digests)) }
            }
        }
    }

    /// A field as it was signed and as it should have been, and who said so.
    fn correction(&self, lang: Lang, state: &CorrectionState) -> Markup {
        let said = |said: &Option<crate::custody::correction::Said>| {
            said.as_ref().map_or(String::new(), |said| self.names.of(lang, &said.party))
        };
        let names = |parties: Vec<Uscc>| {
            let names: Vec<String> = parties.iter().map(|party| self.names.of(lang, party)).collect();
            names.join(lang.t("sign.list"))
        };
        let agreed = names(state.agreed.iter().map(|said| said.party).collect());
        let refused = state
            .refused
            .as_ref()
            .map(|(said, reason)| (self.names.of(lang, &said.party), reason.clone().unwrap_or_default()));
        html! {
            dt { (lang.t("event.correction")) }
            dd {
                (tag(if state.stage() == Stage::InForce { "good" } else { "warn" }, lang.pick(state.stage().name_zh(), state.stage().name())))
                " " span.mono { (state.pointer) } " "
                @if let Some(was) = &state.was { del { (plain(was)) } " → " }
                @if let Some(value) = &state.value { strong { (plain(&serde_json::json!(value))) } }
                @if let Some(index) = state.settled_index { (self.before(lang, "then.before-correction", index)) }
                br;
                span.soft {
                    (lang.t("event.reason")) (lang.t("sign.separator")) (state.reason)
                    @if state.requested.is_some() { " · " (lang.t("event.correction-requested")) " " (said(&state.requested)) }
                    @if state.proposed.is_some() {
                        " · " (lang.t(if state.is_ordered { "event.correction-ordered" } else { "event.correction-proposed" })) " " (said(&state.proposed))
                    }
                    @if !agreed.is_empty() { " · " (lang.t("event.correction-agreed")) " " (agreed) }
                    @if !state.waits_for.is_empty() && state.refused.is_none() { " · " (lang.t("event.correction-waits")) " " (names(state.waits_for.clone())) }
                    @if let Some((party, reason)) = refused { " · " (lang.t("event.correction-refused")) " " (party) " " (reason) }
                }
            }
        }
    }

    fn signatures(&self, lang: Lang, said: &Said) -> Markup {
        let one = |term: &'static str, signature: &SignatureCheck| {
            html! {
                dt { (lang.t(term)) }
                dd {
                    (signature_check(lang, signature)) " "
                    @if let Some(holder) = self.holders.get(&signature.kid) { (holder) " " }
                    span.soft { (self.key(lang, signature)) (suspicion(lang, signature)) }
                }
            }
        };
        html! {
            (one("event.signature", &said.signature))
            @if let Some(offer) = &said.offer { (one("event.offer", offer)) }
            @else if handover(&said.event).is_some() {
                dt { (lang.t("event.offer")) }
                dd { (others_word(lang, said)) }
            }
        }
    }

    fn key(&self, lang: Lang, signature: &SignatureCheck) -> String {
        let kid: String = signature.kid.to_string().chars().take(10).collect();
        match (signature.party, signature.role) {
            (Some(party), Some(role)) => {
                let role = lang.of("role", role.name()).unwrap_or(role.name());
                lang.fill(
                    "event.key",
                    &[("kid", &kid), ("party", &self.names.of(lang, &party)), ("role", role)],
                )
            }
            _ => lang.fill("event.key-bare", &[("kid", &kid)]),
        }
    }

    /// What a person wants to read of an event, beside who and when.
    fn what(&self, lang: Lang, event: &Event) -> Vec<(&'static str, String)> {
        let mut said = Vec::new();
        match &event.statement {
            Statement::ManifestAssigned(s) => said.push((lang.t("col.vehicle"), s.vehicle.to_string())),
            Statement::ManifestDeclined(s) | Statement::ManifestVoided(s) => {
                said.push((lang.t("event.reason"), s.reason.to_string()));
            }
            Statement::NumberBound(s) => {
                said.push((lang.t("manifest.external"), format!("{} {}", &*s.system, &*s.number)));
            }
            Statement::WasteReceived(s) => {
                for line in s.lines.iter() {
                    let grams = |quantity: &Option<crate::shape::Quantity>| {
                        quantity.as_ref().map_or(0, |quantity| quantity.mass_g.get())
                    };
                    let values = [
                        ("line", line.line.to_string()),
                        ("accepted", mass(lang, grams(&line.accepted))),
                        ("rejected", mass(lang, grams(&line.rejected))),
                    ];
                    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                    said.push((lang.t("event.found"), lang.fill("event.accepted", &values)));
                    said.extend(
                        line.reason.as_ref().map(|reason| (lang.t("event.reason"), reason.to_string())),
                    );
                }
            }
            Statement::WasteUsed(s) | Statement::WasteDisposed(s) => {
                said.extend(
                    s.weighed.as_ref().map(|weighed| (lang.t("feed.weighed"), mass(lang, weighed.grams()))),
                );
            }
            _ => {}
        }
        if event.is_computed() {
            said.push((lang.t("feed.computed"), lang.t("feed.computed-text").to_owned()));
        }
        if let Some(s) = handover(event) {
            let (from, to) = (self.names.of(lang, &s.from), self.names.of(lang, &s.to));
            said.push((lang.t("event.custody"), lang.fill("event.from-to", &[("from", &from), ("to", &to)])));
            said.extend(s.vehicle.as_ref().map(|vehicle| (lang.t("col.vehicle"), vehicle.to_string())));
            for line in s.lines.iter() {
                let values = [
                    ("line", line.line.to_string()),
                    ("code", line.code.to_string()),
                    ("mass", mass(lang, line.quantity.mass_g.get())),
                ];
                let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
                said.push((lang.t("event.mass"), lang.fill("event.line", &values)));
            }
        }
        said
    }
}

/// What stands where the other side's signature is missing: its word by code or by hand, or nothing.
fn others_word(lang: Lang, said: &Said) -> Markup {
    match handover(&said.event).and_then(|s| s.confirmed.as_ref()) {
        None => check("warn", lang.t("event.one-side")),
        Some(GivenWord::Handwriting(by)) => {
            html! { (check("warn", lang.t("event.by-hand"))) " " span.soft { (by.name) } }
        }
        Some(GivenWord::Code(proof)) => {
            // The ledger looked at it when it took the record in.
            let phone = CodeStatement::shown(proof).map(|code| format!("…{}", &*code.phone));
            html! { (check("warn", lang.t("event.by-code"))) " " span.soft { (phone.unwrap_or_default()) } }
        }
    }
}

/// A value without its braces: what a person reads of `{"mass-g": 800}`.
pub(super) fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Object(members) => {
            members.iter().map(|(_, value)| plain(value)).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

/// What its party last said of a record.
fn last_word(lang: Lang, step: &ChainStep) -> Markup {
    let Some(word) = step.last_word else { return html! {} };
    let index = word.by_index.to_string();
    match word.stance {
        Stance::Reaffirmed => tag("good", &lang.fill("event.reaffirmed", &[("index", &index)])),
        Stance::Disavowed => tag("bad", &lang.fill("event.disavowed", &[("index", &index)])),
    }
}

/// Why a signature is in doubt.
fn suspicion(lang: Lang, signature: &SignatureCheck) -> String {
    let from = signature.suspected_from.filter(|_| signature.is_suspected);
    let Some((from, ended)) = from.zip(signature.ended_index) else { return String::new() };
    let values = [("from", from.to_string()), ("ended", ended.to_string())];
    let values = values.each_ref().map(|(name, value)| (*name, value.as_str()));
    format!("{}{}", lang.pick("；", "; "), lang.fill("event.suspected-from", &values))
}

/// Between which moments a record was made, in plain words.
fn time_range(lang: Lang, zone: FixedOffset, step: &ChainStep) -> Markup {
    let doubt = |key| html! { " " (check("warn", lang.t(key))) };
    html! {
        dt { (lang.t("event.range")) }
        dd {
            @if let Some(before) = step.bracket.not_before {
                @match before.standing {
                    AnchorStanding::Known { at: Some(at) } => { (lang.t("event.not-before")) (moment(zone, at)) (lang.t("sign.comma")) }
                    AnchorStanding::Known { at: None } => {}
                    AnchorStanding::OtherLog => { (doubt("event.anchor-other")) " " }
                    AnchorStanding::Ahead => { (doubt("event.anchor-ahead")) " " }
                }
            }
            (lang.t("event.not-after"))
            (moment(zone, step.bracket.not_after.map_or(step.recorded_at, |after| after.recorded_at)))
            @if let Some(at) = step.bracket.not_after.and_then(|after| after.cosigned_at) {
                (lang.t("sign.comma")) (lang.t("event.cosigned")) (moment(zone, at))
            }
        }
    }
}

/// The handover in an event, if it is one.
fn handover(event: &Event) -> Option<&crate::custody::payload::handover::Handover> {
    match &event.statement {
        Statement::WasteCollected(s)
        | Statement::WasteTransferred(s)
        | Statement::WasteDelivered(s)
        | Statement::WasteReturned(s) => Some(s),
        _ => None,
    }
}

/// What the kind of an event is called.
pub(in crate::web) fn kind_name(lang: Lang, event: &Event) -> &'static str {
    lang.of("kind", event.kind().name()).unwrap_or(event.kind().name())
}

/// Where on the page a record stands.
pub(in crate::web) fn anchor(step: &ChainStep) -> String {
    format!("e-{}", step.event_id)
}

fn signatures_in(step: &ChainStep) -> impl Iterator<Item = SignatureCheck> {
    let said = step.content.said();
    let both = said.map(|said| [Some(said.signature), said.offer]);
    both.into_iter().flatten().flatten()
}

fn parties_in(step: &ChainStep) -> Vec<Uscc> {
    let Some(said) = step.content.said() else { return Vec::new() };
    let handover = handover(&said.event).map(|s| [s.from, s.to]);
    let signers = signatures_in(step).filter_map(|signature| signature.party);
    let corrected = step.corrections.iter().flat_map(CorrectionState::parties);
    let named = std::iter::once(said.event.party).chain(corrected);
    named.chain(handover.into_iter().flatten()).chain(signers).collect()
}
