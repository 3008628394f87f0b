//! Checking: every claim of a bundle is computed again from its bytes. Pure, and bounded by the limits of the document.

use std::collections::BTreeMap;

use super::document::{About, Bundle, Item};
use super::event::{Opened, lies_in};
use super::keys::Keys;
use super::report::{CheckedHead, Flaw, Mark, Note, Report, Shown};
use super::word;
use crate::clock::Timestamp;
use crate::custody::admit::handover;
use crate::custody::head::{Contradiction, HeadStatement};
use crate::custody::{Class, Subject};
use crate::ledger::checkpoint::{Checkpoint, CheckpointError};
use crate::ledger::note::NoteError;
use crate::ledger::policy::{Level, Policy, Witnessed};
use crate::ledger::tlog_proof::TlogProof;
use crate::ledger::{Envelope, EventId, PublicKey, Typ};

/// Check a bundle under a policy that its reader brings.
pub fn check(bytes: &[u8], policy: &Policy) -> Report {
    check_bytes(bytes, policy, None)
}

/// Check a bundle, and a head statement that its reader was given at another time against what the bundle proves.
pub fn check_with_head(bytes: &[u8], policy: &Policy, head: &str) -> Report {
    check_bytes(bytes, policy, Some(head))
}

fn check_bytes(bytes: &[u8], policy: &Policy, earlier: Option<&str>) -> Report {
    let bundle = match Bundle::parse(bytes) {
        Ok(bundle) => bundle,
        Err(error) => return Report::of_no_bundle(&error),
    };
    let mut report = Report::new();
    let signed = proofs_of(&bundle).and_then(|proofs| Ok((signed_head(&bundle, &proofs, policy)?, proofs)));
    let (witnessed, proofs) = match signed {
        Ok(signed) => signed,
        Err(flaw) => {
            report.fail("", flaw);
            return report;
        }
    };
    note_head(&mut report, &witnessed);
    let mut checker = Checker {
        bundle: &bundle,
        head: &witnessed.checkpoint,
        log_key: &witnessed.log.key,
        keys: Keys::default(),
        times: BTreeMap::new(),
        proven: BTreeMap::new(),
        report,
    };
    checker.check_keys(&proofs.keys);
    checker.check_events(&proofs.events);
    checker.check_times();
    checker.check_head();
    if let Some(earlier) = earlier {
        checker.check_earlier(earlier);
    }
    checker.report
}

/// Every proof of a bundle, in the order of its items.
struct Proofs {
    events: Vec<TlogProof>,
    keys: Vec<TlogProof>,
}

fn proofs_of(bundle: &Bundle) -> Result<Proofs, Flaw> {
    let read = |text: &str| {
        TlogProof::parse(text).map_err(|error| Flaw::new("proof", "证明文本格式不正确", error.to_string()))
    };
    let events = bundle.events.iter().map(|item| read(item.proof())).collect::<Result<Vec<_>, _>>()?;
    let keys = bundle.keys.iter().map(|item| read(&item.proof)).collect::<Result<Vec<_>, _>>()?;
    for list in [&events, &keys] {
        if !list.is_sorted_by(|before, after| before.index < after.index) {
            return Err(Flaw::new("order", "条目未按日志序号升序", "the entries do not ascend by log index"));
        }
    }
    Ok(Proofs { events, keys })
}

/// The one checkpoint below all proofs, judged by the policy.
fn signed_head(bundle: &Bundle, proofs: &Proofs, policy: &Policy) -> Result<Witnessed, Flaw> {
    let mut notes = proofs.events.iter().chain(&proofs.keys).map(|proof| proof.checkpoint.as_str());
    let note =
        notes.next().ok_or_else(|| Flaw::unknown("empty", "包中没有任何条目", "there is no entry in it"))?;
    if notes.any(|other| other != note) {
        return Err(Flaw::new(
            "one-checkpoint",
            "各证明的检查点不同",
            "the proofs carry different checkpoints",
        ));
    }
    let judged = policy.judge(note).map_err(|error| match error {
        CheckpointError::Note(NoteError::NoKnownSignature)
            if policy.logs().iter().all(|log| log.key.name != *bundle.log) =>
        {
            let en = format!("the policy names no key of the log {}", &*bundle.log);
            Flaw::unknown("log-unknown", "策略中没有该日志的公钥", en)
        }
        error => Flaw::new("checkpoint", "检查点的签名不成立", error.to_string()),
    })?;
    if judged.checkpoint.origin != *bundle.log {
        let en = format!("the checkpoint is of the log {}", judged.checkpoint.origin);
        return Err(Flaw::new("other-log", "检查点属于其他日志", en));
    }
    Ok(judged)
}

fn note_head(report: &mut Report, witnessed: &Witnessed) {
    let (size, log) = (witnessed.checkpoint.size, &witnessed.checkpoint.origin);
    let names: Vec<&str> = witnessed.cosigned.iter().map(|(name, _)| name.as_str()).collect();
    let zh = format!("日志 {log} 的检查点（{size} 条）签名有效");
    report.add("checkpoint", Mark::Holds, "", zh, format!("the head of {log} with {size} entries is signed"));
    let (zh, en) = match witnessed.level {
        Level::Quorum => ("达到策略要求的见证", "the quorum of the policy is met"),
        Level::Witnessed => ("有见证，但未达到策略要求", "cosigned, and the quorum of the policy is not met"),
        Level::LogOnly => ("只有日志自己的签名", "signed by the log alone"),
    };
    let mark = if witnessed.level == Level::Quorum { Mark::Holds } else { Mark::Short };
    let list = if names.is_empty() { String::new() } else { format!(" ({})", names.join(", ")) };
    report.add("witnesses", mark, "", format!("{zh}{list}"), format!("{en}{list}"));
    report.head = Some(CheckedHead {
        log: log.clone(),
        size,
        level: witnessed.level.name(),
        cosigned: witnessed.cosigned.clone(),
    });
}

struct Checker<'a> {
    bundle: &'a Bundle,
    head: &'a Checkpoint,
    log_key: &'a PublicKey,
    keys: Keys,
    /// When entries were recorded, by log index.
    times: BTreeMap<u64, i64>,
    /// Events that are proven to lie in the log and to touch the subject.
    proven: BTreeMap<u64, EventId>,
    report: Report,
}

impl Checker<'_> {
    fn check_keys(&mut self, proofs: &[TlogProof]) {
        let bundle = self.bundle;
        let mut all_hold = true;
        for (n, (item, proof)) in bundle.keys.iter().zip(proofs).enumerate() {
            let learned = (|| {
                lies_in(&item.leaf, proof, self.head)?;
                let opened =
                    item.opening.as_ref().map(|opening| Opened::of(opening, &bundle.log)).transpose()?;
                self.keys.learn(proof.index, &item.leaf, opened.as_ref(), self.log_key)?;
                self.times.extend(opened.map(|opened| (proof.index, opened.recorded_at_ms)));
                Ok(())
            })();
            if let Err(flaw) = learned {
                all_hold = false;
                self.report.fail(format!("/keys/{n}"), flaw);
            }
        }
        if all_hold {
            let n = self.keys.len();
            let zh = format!(
                "{n} 个密钥的登记一路可追溯到创世，且都在日志中；有没有漏掉吊销，包不能证明，公开的密钥叶才能（liandan \
                 monitor）"
            );
            let en = format!(
                "{n} keys: every enrolment is in the log and leads back to the founding; that no revocation is left out, no \
                 bundle shows: the public key leaves do (liandan monitor)"
            );
            self.report.add("keys", Mark::Holds, "", zh, en);
        }
    }

    fn check_events(&mut self, proofs: &[TlogProof]) {
        let bundle = self.bundle;
        let mut all_hold = true;
        for (n, (item, proof)) in bundle.events.iter().zip(proofs).enumerate() {
            match self.check_item(item, proof) {
                Ok(shown) => self.note_event(n, shown),
                Err(flaw) => {
                    all_hold = false;
                    self.report.fail(format!("/events/{n}"), flaw);
                }
            }
        }
        if let About::Event(id) = bundle.about
            && (bundle.events.len() != 1 || all_hold && !self.proven.values().any(|event| *event == id))
        {
            let flaw = Flaw::new(
                "subject",
                "包中不是所说的那一个事件",
                "it does not hold the one event it is about",
            );
            self.report.fail("/subject", flaw);
            all_hold = false;
        }
        if all_hold {
            let n = bundle.events.len();
            let zh = format!("{n} 个事件：字节与日志一致，签名有效，且与所说的对象有关");
            let en = format!("{n} events: in the log byte for byte, signed, and about the subject");
            self.report.add("events", Mark::Holds, "", zh, en);
        }
    }

    fn note_event(&mut self, n: usize, shown: Shown) {
        for note in shown.notes.iter().filter(|note| **note != Note::BothSides) {
            let (zh, en) = note.words();
            let index = shown.index;
            let mark = if *note == Note::Erased { Mark::Unknown } else { Mark::Noted };
            let zh = format!("第 {index} 条：{zh}");
            self.report.add("event", mark, format!("/events/{n}"), zh, format!("entry {index}: {en}"));
        }
        self.report.events.push(shown);
    }

    fn check_item(&mut self, item: &Item, proof: &TlogProof) -> Result<Shown, Flaw> {
        let opening = match item {
            Item::Said { opening, .. } => opening,
            Item::Erased { leaf, .. } => {
                lies_in(leaf, proof, self.head)?;
                return Ok(erased(proof.index));
            }
        };
        let opened = Opened::of(opening, &self.bundle.log)?;
        lies_in(&opened.leaf, proof, self.head)?;
        let mut notes = self.signer_notes(&opened, proof.index)?;
        notes.extend(self.handover_note(&opened, proof.index));
        notes.extend(word::note(&opened.event, self.log_key)?);
        if let About::Manifest(id) = self.bundle.about
            && !opened.event.touches().contains(&Subject::Manifest(id))
        {
            return Err(Flaw::new("subject", "事件与该联单无关", "the event does not touch the manifest"));
        }
        self.times.insert(proof.index, opened.recorded_at_ms);
        self.proven.insert(proof.index, opened.id);
        Ok(Shown {
            index: proof.index,
            event: Some(opened.id),
            kind: Some(opened.event.kind().name()),
            kind_zh: Some(opened.event.kind().name_zh()),
            party: Some(opened.event.party.to_string()),
            occurred_at: Some(opened.event.occurred_at),
            recorded_at: Some(Timestamp::from_millis(opened.recorded_at_ms)),
            notes,
        })
    }

    /// Check who signed, and how the key stood at the index.
    fn signer_notes(&self, opened: &Opened, index: u64) -> Result<Vec<Note>, Flaw> {
        let en = "the bundle does not show the enrolment of the key";
        let missing = || Flaw::new("key-unknown", "包中没有签名密钥的登记", en);
        let key = self.keys.get(&opened.kid).ok_or_else(missing)?;
        opened.is_signed_by(&key.public)?;
        // An event that brings a key is signed by that very key, where its life begins.
        let begins_here = opened.own_key().is_some() && key.enrolled == index;
        if !begins_here && !key.is_enrolled_at(index) {
            let en = "the key was not enrolled before this index";
            return Err(Flaw::new("key-not-yet", "密钥当时尚未登记", en));
        }
        let is_for_another = key.party != opened.event.party;
        if is_for_another && opened.event.mandate.is_none() {
            return Err(Flaw::new("other-party", "密钥属于其他单位", "the key belongs to another party"));
        }
        let mut notes = if is_for_another { vec![Note::Mandated] } else { Vec::new() };
        if key.has_ended_at(index) {
            // The ledger keeps a late fact as evidence; nothing else is taken from a key that has ended.
            let is_evidence = opened.event.kind().class() == Class::Fact;
            if !is_evidence || matches!(self.bundle.about, About::Event(_)) {
                return Err(Flaw::new("key-ended", "密钥当时已失效", "the key had ended at this index"));
            }
            notes.push(Note::KeyEnded);
        } else if key.is_suspected_at(index) {
            notes.push(Note::Suspected);
        }
        Ok(notes)
    }

    /// Whether both sides signed a handover: an offer counts when a good key of the releasing side signed it.
    fn handover_note(&self, opened: &Opened, index: u64) -> Option<Note> {
        let (_, handover) = handover(&opened.event)?;
        let offer =
            handover.offer.as_deref().and_then(|offer| Envelope::parse(offer.as_bytes(), Typ::Offer).ok());
        let holds = offer.is_some_and(|offer| {
            let key = self.keys.get(&offer.kid());
            let key = key.filter(|key| key.party == handover.from && key.is_good_at(index));
            key.is_some_and(|key| offer.verify(&key.public).is_ok())
        });
        Some(if holds { Note::BothSides } else { Note::OneSided })
    }

    /// Times of recording never run backwards along the log.
    fn check_times(&mut self) {
        let times: Vec<(&u64, &i64)> = self.times.iter().collect();
        let Some(pair) = times.windows(2).find(|pair| pair[0].1 > pair[1].1) else { return };
        let (before, after) = (pair[0].0, pair[1].0);
        let zh = format!("第 {after} 条的收录时间早于第 {before} 条");
        let en = format!("entry {after} was recorded before entry {before}");
        self.report.fail("", Flaw::new("times", zh, en));
    }

    /// The head statement says that nothing is missing: it must fit what the bundle holds.
    fn check_head(&mut self) {
        let About::Manifest(id) = self.bundle.about else { return };
        let compact = self.bundle.head.as_deref().unwrap_or_default();
        let fitted = read_head(compact, self.log_key).and_then(|head| {
            let last = self.report.events.last();
            let is_last = last.is_some_and(|shown| {
                shown.index == head.last_index && shown.event.is_none_or(|event| event == head.last_event)
            });
            let fits = *head.log == self.head.origin
                && head.manifest == id
                && head.events == self.bundle.events.len() as u64
                && is_last
                && (head.size, head.root) == (self.head.size, self.head.root);
            let zh = "日志的末端声明与包中的事件不符：有缺漏或属于别处";
            let en = "the head statement does not fit the events: something is left out, or it is another's";
            if fits { Ok(head) } else { Err(Flaw::new("head", zh, en)) }
        });
        match fitted {
            Ok(head) => {
                let zh = format!(
                    "日志以签名声明：前 {} 条中与该联单有关的共 {} 条，没有缺漏",
                    head.size, head.events
                );
                let en = format!(
                    "the log signs that {} of its {} entries touch it: none is missing",
                    head.events, head.size
                );
                self.report.add("head", Mark::Holds, "/head", zh, en);
            }
            Err(flaw) => self.report.fail("/head", flaw),
        }
    }

    /// What an earlier head statement is worth against what is proven now.
    fn check_earlier(&mut self, compact: &str) {
        let head = match read_head(compact.trim_end(), self.log_key) {
            Ok(head) => head,
            Err(flaw) => return self.report.fail("", flaw),
        };
        if About::Manifest(head.manifest) != self.bundle.about || *head.log != self.head.origin {
            let en = "the other head statement is about something else";
            return self.report.fail("", Flaw::unknown("earlier-head", "另一份末端声明与此包无关", en));
        }
        if head.size == self.head.size && head.root != self.head.root {
            let en = "the log signed two roots of one size: it shows two histories";
            return self.report.fail("", Flaw::new("split-view", "日志对同一条数签署了两个树根", en));
        }
        match head.contradicted_by(&self.proven) {
            None => {
                let en = "nothing in the bundle contradicts the other head statement";
                self.report.add("earlier-head", Mark::Holds, "", "与另一份末端声明没有矛盾", en);
            }
            Some(contradiction) => self.report.fail("", convicted(contradiction)),
        }
    }
}

fn read_head(compact: &str, log_key: &PublicKey) -> Result<HeadStatement, Flaw> {
    let wrong = |error: String| Flaw::new("head", "末端声明不是日志密钥所签，或格式不正确", error);
    let envelope =
        Envelope::parse(compact.as_bytes(), Typ::Head).map_err(|error| wrong(error.to_string()))?;
    let envelope = envelope.verify(log_key).map_err(|error| wrong(error.to_string()))?;
    HeadStatement::parse(envelope.payload()).map_err(|error| wrong(error.to_string()))
}

fn convicted(contradiction: Contradiction) -> Flaw {
    let (zh, en) = match contradiction {
        Contradiction::BehindTheLast { index } => (
            format!("第 {index} 条当时已在日志中而未申明"),
            format!("entry {index} was in the log and was not told"),
        ),
        Contradiction::OtherLast { event } => {
            (format!("所说的末条其实是 {event}"), format!("the last entry is {event}, another than was told"))
        }
        Contradiction::MoreThanSaid { proven } => (
            format!("已证明 {proven} 条，多于当时申明"),
            format!("{proven} entries are proven, more than were told"),
        ),
    };
    Flaw::new("convicted", format!("账本签署了不实声明：{zh}"), format!("the ledger signed an untruth: {en}"))
}

fn erased(index: u64) -> Shown {
    Shown {
        index,
        event: None,
        kind: None,
        kind_zh: None,
        party: None,
        occurred_at: None,
        recorded_at: None,
        notes: vec![Note::Erased],
    }
}
