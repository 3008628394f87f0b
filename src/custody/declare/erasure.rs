//! Erasure notices: whole manifests that are closed and past the retention, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Months;

use crate::custody::admit::{Candidate, Circumstances, Objection};
use crate::custody::books::{Books, Named};
use crate::custody::kind::{Class, Statement};
use crate::custody::manifest::ManifestState;
use crate::custody::payload::oversight::ErasureNoticed;
use crate::custody::shelf::Shelf;
use crate::id::ManifestId;

impl Books {
    /// What erasures make impossible: a notice that does not hold, and a declaration about a manifest that is gone.
    pub(in crate::custody) fn erasure_objections(
        &self,
        candidate: &Candidate,
        around: &Circumstances,
    ) -> Vec<Objection> {
        if around.is_about_erased && !around.is_conflict() && candidate.event.kind().class() != Class::Fact {
            return vec![Objection::new(
                "manifest-erased",
                "/data/manifest",
                "该联单的内容已依法删除，不能再作声明",
                "the contents of this manifest were erased; nothing more can be stated about it",
            )];
        }
        match &candidate.event.statement {
            Statement::ErasureNoticed(notice) if self.takes_notices() => {
                self.notice_objections(candidate, notice, around)
            }
            _ => Vec::new(),
        }
    }

    fn notice_objections(
        &self,
        candidate: &Candidate,
        notice: &ErasureNoticed,
        around: &Circumstances,
    ) -> Vec<Objection> {
        // Its leaf is public: a notice in the log must be true, so it is never taken as mere evidence.
        let used = around.act_conflict.map(|_| {
            Objection::new(
                "act-used",
                "/act",
                "该声明编号已用于别的内容",
                "this act is used for something else",
            )
        });
        let named: BTreeSet<u64> = notice.indexes.iter().copied().collect();
        let mut judged: BTreeMap<ManifestId, Option<Objection>> = BTreeMap::new();
        let mut objections: Vec<Objection> = used.into_iter().collect();
        for (n, index) in notice.indexes.iter().enumerate() {
            let of_manifest = |id: ManifestId| {
                let judged =
                    judged.entry(id).or_insert_with(|| self.manifest_objection(candidate, id, &named));
                judged.clone()
            };
            let objection = self.entry_objection(candidate, *index).map_or_else(Some, of_manifest);
            objections.extend(
                objection.map(|objection| Objection { pointer: format!("/data/indexes/{n}"), ..objection }),
            );
        }
        if objections.is_empty() && self.residues_of(notice).iter().any(|residue| residue.is_too_long()) {
            objections.push(Objection::new(
                "residue-too-large",
                "/data/indexes",
                "其中一条记录涉及的批次过多，删除后须保留的数据超过上限",
                "an entry moves so many lots that what must stay of it is longer than an envelope may be",
            ));
        }
        objections
    }

    /// The manifest that a named entry is about, or why the entry cannot be erased.
    fn entry_objection(&self, candidate: &Candidate, index: u64) -> Result<ManifestId, Objection> {
        if index >= candidate.index {
            return Err(no(
                "index-unknown",
                "告示之前没有这个序号",
                "no entry in front of the notice has this index",
            ));
        }
        let recorded = match self.named(index) {
            None => return Err(too_young()),
            Some(Named::Erased) => {
                return Err(no("already-erased", "该记录已删除", "the entry was erased before"));
            }
            Some(Named::Restated) => return Err(restated()),
            Some(Named::Said(recorded)) => recorded,
        };
        if self.target(&recorded.id).is_some_and(|target| target.last_word.is_some()) {
            return Err(restated());
        }
        recorded.event.manifest().ok_or_else(|| {
            no(
                "not-of-one-manifest",
                "只能删除关于一张联单的记录",
                "only entries about one manifest can be erased: no founding, registration, key, adoption, weighing of several, or notice",
            )
        })
    }

    /// Why a manifest cannot be erased by a notice that names these entries.
    fn manifest_objection(
        &self,
        candidate: &Candidate,
        id: ManifestId,
        named: &BTreeSet<u64>,
    ) -> Option<Objection> {
        let Some(shelf) = self.manifest(&id) else { return Some(too_young()) };
        if shelf.state.erased.is_some() {
            return Some(no(
                "already-erased",
                "该联单已删除；其后到达的记录作为证据保留",
                "the manifest was erased before; what came later stays as evidence",
            ));
        }
        let history = shelf.history.as_deref().unwrap_or_default();
        if let Some(other) = history.iter().find(|recorded| recorded.event.manifest() != Some(id)) {
            return Some(Objection {
                en: format!("entry {} is about this manifest and others; it cannot be erased", other.index),
                ..no("manifest-shared", "有记录同时涉及多张联单，不能删除", "")
            });
        }
        if let Some(missing) = history.iter().find(|recorded| !named.contains(&recorded.index)) {
            return Some(Objection {
                zh: format!("联单须整张删除，缺序号 {}", missing.index),
                en: format!("a manifest is erased as a whole; index {} is missing", missing.index),
                ..no("manifest-incomplete", "", "")
            });
        }
        if self.is_answered(id) {
            return Some(no(
                "finding-answered",
                "该联单的预警已有说明、决定或案件，不能删除",
                "somebody answered a finding on this manifest, or opened a case from it; it cannot be erased",
            ));
        }
        if !shelf.state.is_closed() {
            return Some(no("manifest-open", "联单尚未办结", "the manifest is not closed"));
        }
        (!self.is_past_retention(candidate, shelf)).then(|| self.kept_until())
    }

    fn is_past_retention(&self, candidate: &Candidate, shelf: &Shelf<ManifestState>) -> bool {
        let profile = self.rulebook.profile;
        let history = shelf.history.as_deref().unwrap_or_default();
        let last = history.iter().map(|recorded| recorded.recorded_at).max();
        let until = last.and_then(|last| {
            let months = Months::new(profile.retention().manifest_years.saturating_mul(12));
            profile.local_date(last.as_millis()).checked_add_months(months)
        });
        until.is_some_and(|until| until < profile.local_date(candidate.recorded_at.as_millis()))
    }

    fn kept_until(&self) -> Objection {
        let years = self.rulebook.profile.retention().manifest_years;
        Objection {
            zh: format!("联单最后一条记录尚未满 {years} 年，须继续保存"),
            en: format!(
                "the last entry of the manifest is not older than {years} years, which it must be kept"
            ),
            ..too_young()
        }
    }
}

fn no(code: &str, zh: &str, en: &str) -> Objection {
    Objection::new(code, "", zh, en)
}

fn restated() -> Objection {
    no(
        "entry-restated",
        "后来有人对该记录作过确认、作废或更正声明，不能删除",
        "it was reaffirmed, disavowed or corrected later, or somebody proposed that; it cannot be erased",
    )
}

fn too_young() -> Objection {
    no("retention-not-over", "保存期未满", "it must still be kept")
}
