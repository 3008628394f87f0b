//! What goes into the outbox: every recorded event and every step of a finding, in the transaction that writes them, for the parties and
//! authorities it concerns at that moment. Who may see it is decided once, when it goes in, by the same rules as everywhere else.

use std::collections::{BTreeMap, BTreeSet};

use tokio::sync::watch;

use super::access::{insiders, named_in};
use super::error::Fault;
use crate::catalogue::{Division, Uscc};
use crate::custody::books::{Books, Outcome};
use crate::custody::finding::FindingStep;
use crate::custody::manifest::ManifestState;
use crate::custody::rules::severity_of;
use crate::custody::{Recorded, Verdict};
use crate::id::{ManifestId, SiteId};
use crate::store::outbox::{About, Message, put};
use crate::store::{WriteTx, registry};

/// Rung whenever messages were committed by this process.
#[derive(Default)]
pub(super) struct Bell(watch::Sender<()>);

impl Bell {
    pub(super) fn ring(&self) {
        self.0.send_replace(());
    }

    /// Somebody who waits for it.
    pub(super) fn listen(&self) -> watch::Receiver<()> {
        self.0.subscribe()
    }
}

/// Put in what a batch recorded: each event, and behind it the steps of findings that it caused.
pub(super) async fn put_recorded<'a>(
    tx: &mut WriteTx,
    books: &Books,
    recorded: impl Iterator<Item = (&'a Recorded, &'a Outcome)>,
) -> Result<(), Fault> {
    let mut drafts = Vec::new();
    for (recorded, outcome) in recorded {
        drafts.push(of_event(books, recorded));
        drafts.extend(outcome.steps.iter().map(|step| of_step(books, step)));
    }
    put_drafts(tx, drafts).await
}

/// Put in what time alone did.
pub(super) async fn put_steps(tx: &mut WriteTx, books: &Books, steps: &[FindingStep]) -> Result<(), Fault> {
    put_drafts(tx, steps.iter().map(|step| of_step(books, step)).collect()).await
}

/// A message whose divisions are not looked up yet.
struct Draft {
    message: Message,
    /// Sites whose authorities it is for.
    sites: Vec<SiteId>,
    /// Parties whose authorities it is for.
    parties: Vec<Uscc>,
}

fn of_event(books: &Books, recorded: &Recorded) -> Draft {
    let event = &recorded.event;
    let mut readers: BTreeSet<Uscc> = named_in(event).into_iter().collect();
    let (mut sites, mut parties) = (event.kept_at().into_iter().collect::<Vec<_>>(), vec![event.party]);
    let states: Vec<_> = event.manifests().iter().filter_map(|id| manifest(books, id)).collect();
    readers.extend(states.iter().flat_map(|state| insiders(state)));
    let ends: Vec<Vec<SiteId>> = states.iter().map(|state| ends(state)).collect();
    if ends.iter().any(Vec::is_empty) {
        // What nobody registered is every authority's.
        (sites, parties) = (Vec::new(), Vec::new());
    } else {
        sites.extend(ends.into_iter().flatten());
    }
    let subject = event.main_subject();
    let message = Message {
        at: recorded.recorded_at,
        what: recorded.kind().name().to_owned(),
        about: About::Event { index: recorded.index, id: recorded.id },
        subject_kind: subject.kind_name().to_owned(),
        subject: subject.key(),
        divisions: Vec::new(),
        readers: readers.into_iter().collect(),
        counts: recorded.verdict != Verdict::EvidenceOnly,
    };
    Draft { message, sites, parties }
}

fn of_step(books: &Books, step: &FindingStep) -> Draft {
    let seen = &step.seen;
    let state = seen.subject.manifest().and_then(|id| manifest(books, &id));
    let message = Message {
        at: step.at,
        what: format!("finding.{}", step.step.name()),
        about: About::Finding {
            index: step.index,
            id: step.finding,
            rule: seen.rule.clone(),
            severity: severity_of(&seen.rule, seen.severity).name().to_owned(),
        },
        subject_kind: seen.subject.kind_name().to_owned(),
        subject: seen.subject.key(),
        divisions: Vec::new(),
        readers: seen.concerns.clone(),
        counts: true,
    };
    Draft { message, sites: state.map(ends).unwrap_or_default(), parties: seen.concerns.clone() }
}

fn manifest<'a>(books: &'a Books, id: &ManifestId) -> Option<&'a ManifestState> {
    books.manifest(id).map(|shelf| &shelf.state)
}

/// The sites at both ends of a manifest.
fn ends(state: &ManifestState) -> Vec<SiteId> {
    let registration = state.registration.as_ref();
    registration.map_or(Vec::new(), |r| vec![r.consignor.site, r.consignee.site])
}

/// Look up the divisions of all of them at once, and write.
async fn put_drafts(tx: &mut WriteTx, drafts: Vec<Draft>) -> Result<(), Fault> {
    if drafts.is_empty() {
        return Ok(());
    }
    let sites: BTreeSet<SiteId> = drafts.iter().flat_map(|draft| draft.sites.iter().copied()).collect();
    let parties: BTreeSet<Uscc> = drafts.iter().flat_map(|draft| draft.parties.iter().copied()).collect();
    let sites = registry::sites(tx, &sites.into_iter().collect::<Vec<_>>()).await?;
    let sites: BTreeMap<SiteId, Division> = sites.into_iter().map(|r| (r.site, r.division)).collect();
    let parties = registry::parties(tx, &parties.into_iter().collect::<Vec<_>>()).await?;
    let parties: BTreeMap<Uscc, Division> = parties.into_iter().map(|r| (r.party, r.division)).collect();
    let mut messages = Vec::with_capacity(drafts.len());
    for Draft { mut message, sites: at, parties: of } in drafts {
        let at = at.iter().filter_map(|site| sites.get(site));
        let divisions: BTreeSet<Division> =
            at.chain(of.iter().filter_map(|p| parties.get(p))).copied().collect();
        message.divisions = divisions.into_iter().collect();
        messages.push(message);
    }
    Ok(put(tx, &messages).await?)
}
