//! Folding a party's last word on one of its events: the verdict changes, and so do the subjects that the event touches.

use std::sync::Arc;

use super::{Books, Outcome};
use crate::custody::admit::{Candidate, Circumstances};
use crate::custody::event::{Event, Recorded, Verdict};
use crate::custody::finding::{FindingStep, StepKind};
use crate::custody::rules::{EntryView, check_entry};
use crate::custody::stance::{LastWord, Stance, Target};
use crate::ledger::EventId;

/// The rules about who signed: under a key that had ended, or for another party beyond its mandate. A reaffirmation closes their findings.
const BY_WHOM: [&str; 2] = ["signed-after-revocation", "mandate-exceeded"];

impl Books {
    /// An earlier event, as acts at hand may be about it.
    pub fn target(&self, event: &EventId) -> Option<&Target> {
        self.targets.get(event)
    }

    /// Put an earlier event at hand, as it was admitted, with the verdict and the corrections in force; `signed` is what was
    /// signed, where one of `corrections` changed it.
    pub fn put_target(
        &mut self,
        candidate: Candidate,
        signed: Option<Box<Event>>,
        in_force: Verdict,
        (last_word, corrections): (Option<LastWord>, usize),
    ) {
        let circumstances = self.circumstances(&candidate);
        let recorded = Arc::new(Recorded { signed, ..candidate.recorded(in_force) });
        self.targets.insert(recorded.id, Target { recorded, circumstances, last_word, corrections });
    }

    /// True when the key that said the last word is itself suspected there.
    pub fn is_word_suspected(&self, word: &LastWord) -> bool {
        self.registry.key(&word.by_kid).is_some_and(|key| key.is_suspected_at(word.by_index))
    }

    /// What would be found around it now: meanwhile another event may own an id it creates.
    pub(in crate::custody) fn circumstances_now(&self, target: &Target) -> Circumstances {
        let id_conflict = self.id_conflict(&target.recorded.event, &target.recorded.id);
        Circumstances { id_conflict, ..target.circumstances }
    }

    fn verdict_under(&self, target: &Target, stance: Stance) -> Verdict {
        match stance {
            Stance::Disavowed => Verdict::EvidenceOnly,
            Stance::Reaffirmed => {
                Circumstances { key_ended: None, ..self.circumstances_now(target) }.verdict()
            }
        }
    }

    /// The event a last word is about, with another verdict, where the word changes it.
    pub(super) fn said_anew(&self, act: &Recorded) -> Option<Arc<Recorded>> {
        let (stance, event) = Stance::of(&act.event.statement).filter(|_| act.verdict.moves())?;
        let target = self.target(&event)?;
        let verdict = self.verdict_under(target, stance);
        let changes = verdict != target.recorded.verdict.by_itself();
        changes.then(|| Arc::new(Recorded { verdict, ..(*target.recorded).clone() }))
    }

    /// Fold a last word. `restated` is the event it is about with the verdict in force from now on, where that changes.
    pub(super) fn fold_stance(
        &mut self,
        act: &Recorded,
        restated: Option<&Arc<Recorded>>,
        outcome: &mut Outcome,
    ) {
        let Some((stance, event)) = Stance::of(&act.event.statement).filter(|_| act.verdict.moves()) else {
            return;
        };
        let Some(mut target) = self.targets.remove(&event) else { return };
        let word = LastWord {
            event,
            stance,
            by: act.id,
            by_index: act.index,
            by_kid: act.kid,
            first_verdict: target
                .last_word
                .map_or(target.recorded.verdict.by_itself(), |word| word.first_verdict),
            steps: self.note_word(&target, stance, act, outcome),
        };
        outcome.last_words.push(word);
        target.last_word = Some(word);
        if let Some(restated) = restated {
            self.restate(&target.recorded, restated, act, outcome);
            target.recorded = Arc::clone(restated);
        }
        self.targets.insert(event, target);
    }

    /// Close or open again the findings about who signed; gives the number of their steps so far, which they take together.
    fn note_word(&self, target: &Target, stance: Stance, act: &Recorded, outcome: &mut Outcome) -> u32 {
        let is_settled = |stance: Stance| stance == Stance::Reaffirmed;
        let was_settled = target.last_word.is_some_and(|word| is_settled(word.stance));
        let n = target.last_word.map_or(1, |word| word.steps);
        let view = EntryView {
            recorded: &target.recorded,
            circumstances: &target.circumstances,
            profile: self.rulebook.profile,
        };
        if was_settled == is_settled(stance) {
            return n;
        }
        let step = if is_settled(stance) { StepKind::Closed } else { StepKind::Opened };
        let found = check_entry(&view).into_iter().filter(|(_, seen)| BY_WHOM.contains(&seen.rule.as_str()));
        let steps = found.map(|(finding, seen)| FindingStep {
            finding,
            n,
            step,
            at: act.recorded_at,
            index: Some(act.index),
            seen,
        });
        let before = outcome.steps.len();
        outcome.steps.extend(steps);
        if outcome.steps.len() > before { n + 1 } else { n }
    }
}
