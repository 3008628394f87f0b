//! Checks of declarations at commit: everything that is wrong is said at once, each with its pointer.

mod adoption;
mod answer;
mod application;
mod correction;
mod erasure;
mod filing;
mod keys;
mod mandate;
mod number;
mod papers;
mod plan;
mod reasons;
mod stance;
mod standing;

use super::actions::may;
use super::admit::{Candidate, Objection};
use super::books::Books;
use super::kind::{Class, Kind, Statement};
use super::payload::manifest::{Leg, Mode};
use super::payload::oversight::HoldOn;
use super::stance::Stance;
use crate::catalogue::Uscc;
use crate::ledger::PublicKey;
use crate::registry::Role;

impl Books {
    /// Everything that speaks against a declaration or act at its index.
    pub(super) fn declaration_objections(&self, candidate: &Candidate) -> Vec<Objection> {
        let event = &candidate.event;
        let mut objections = Vec::new();
        let may = self.is_official(candidate) || self.is_mandated_registrar(candidate);
        if is_for_the_authority(event.kind()) && !may {
            objections.push(Objection::new(
                "authority-only",
                "/kind",
                "该声明只能由主管部门的执法或登记人员签署",
                "only an officer or registrar of an authority may state this",
            ));
        }
        if self.registry.key(&candidate.kid).is_some_and(|key| !may_state(key.role, event.kind())) {
            objections.push(Objection::new(
                "role-not-entitled",
                "/kind",
                "该声明须由管理员、经办人或主管部门人员签署，驾驶员、押运员、查看人员的密钥不能签署",
                "an administrator, operator or officer must state this; a driver's, escort's or viewer's key may not",
            ));
        }
        self.standing_objections(candidate, &mut objections);
        self.paper_objections(candidate, &mut objections);
        match &event.statement {
            Statement::LedgerFounded(founded) => self.founding(candidate, &founded.key, &mut objections),
            // A text is read for the authority alone.
            Statement::ProfileAdopted(s) if may => self.adoption(s, &mut objections),
            Statement::KeyEnrolled(s) => {
                self.enrolment(candidate, &s.key, s.code.as_deref(), None, &mut objections);
            }
            Statement::KeyRotated(s) => {
                self.enrolment(candidate, &s.key, None, Some(s.replaces), &mut objections)
            }
            Statement::KeyRevoked(s) => {
                self.revocation(candidate, &s.key, s.suspected_from, &mut objections);
            }
            Statement::EventReaffirmed(s) => {
                self.restatement(candidate, Stance::Reaffirmed, &s.event, &mut objections);
            }
            Statement::EventDisavowed(s) => {
                self.restatement(candidate, Stance::Disavowed, &s.event, &mut objections);
            }
            Statement::CorrectionProposed(_)
            | Statement::CorrectionOrdered(_)
            | Statement::CorrectionRequested(_)
            | Statement::CorrectionAgreed(_)
            | Statement::CorrectionRefused(_) => self.correction_act(candidate, &mut objections),
            Statement::FindingExplained(_) | Statement::FindingClosed(_) | Statement::FindingUpheld(_) => {
                self.finding_act(candidate, &mut objections);
            }
            Statement::CaseOpened(_)
            | Statement::CaseAssigned(_)
            | Statement::CaseAnswered(_)
            | Statement::CaseClosed(_) => self.case_act(candidate, &mut objections),
            Statement::MandateGranted(s) => self.grant(candidate, s, &mut objections),
            Statement::MandateRevoked(s) => self.mandate_revocation(candidate, s, &mut objections),
            Statement::NumberBound(s) => self.binding(candidate, s, &mut objections),
            Statement::ManifestRegistered(s) => self.registration(candidate, s, &mut objections),
            _ => {
                self.declaration_step(candidate, &mut objections);
                self.manifest_step(candidate, &mut objections);
            }
        }
        objections
    }

    fn is_official(&self, candidate: &Candidate) -> bool {
        let key = self.registry.key(&candidate.kid);
        key.is_some_and(|key| {
            // An official who signs for a firm under its mandate speaks as that firm.
            key.party == candidate.event.party
                && matches!(key.role, Role::Officer | Role::Registrar)
                && self.registry.is_authority(&key.party)
        }) || candidate.event.kind() == Kind::LedgerFounded
    }

    /// True for a firm that registers parties and sites for an authority under its mandate, which was judged before.
    fn is_mandated_registrar(&self, candidate: &Candidate) -> bool {
        let key = self.registry.key(&candidate.kid);
        matches!(candidate.event.kind(), Kind::PartyRegistered | Kind::SiteRegistered)
            && key.is_some_and(|key| key.party != candidate.event.party)
            && self.registry.is_authority(&candidate.event.party)
    }

    fn founding(&self, candidate: &Candidate, key: &PublicKey, objections: &mut Vec<Objection>) {
        if candidate.index != 0 {
            objections.push(Objection::new(
                "already-founded",
                "/kind",
                "账本已经创建",
                "the ledger is already founded",
            ));
        }
        if key.kid() != candidate.kid {
            objections.push(not_own_key());
        }
    }

    /// A step of a manifest that only some may take, and only at some time.
    fn manifest_step(&self, candidate: &Candidate, objections: &mut Vec<Objection>) {
        let event = &candidate.event;
        let kind = event.kind();
        let checked = matches!(
            kind,
            Kind::ManifestConfirmed
                | Kind::ManifestDeclined
                | Kind::ManifestAssigned
                | Kind::ManifestVoided
                | Kind::ManifestAmended
        );
        let Some(manifest) = event.manifest().filter(|_| checked) else { return };
        let empty = super::manifest::ManifestState::default();
        let state = self.manifest(&manifest).map_or(&empty, |shelf| &shelf.state);
        if state.erased.is_some() {
            return; // That alone is said of it.
        }
        if let Err(why) = may(kind, state, &event.party) {
            objections.push(Objection::new(why.code, "/data/manifest", why.zh, why.en));
        }
        let Some(registration) = &state.registration else { return };
        match &event.statement {
            Statement::ManifestAmended(s) => self.amendment(candidate, s, state, registration, objections),
            Statement::ManifestAssigned(s) => {
                let leg = usize::from(s.leg).checked_sub(1).and_then(|leg| registration.legs.get(leg));
                objections.extend(leg_objection(leg, &event.party));
                objections.extend(self.held(HoldOn::Vehicle(s.vehicle.clone()), "/data/vehicle", None));
                objections.extend(self.held(HoldOn::Manifest(manifest), "/data/manifest", None));
                let leaves = Some(registration.consignor.site).filter(|_| !state.has_moved());
                objections
                    .extend(leaves.and_then(|site| self.held(HoldOn::Site(site), "/data/manifest", None)));
            }
            _ => {}
        }
    }
}

/// A carrier assigns a vehicle to its own leg, and none to a pipeline.
fn leg_objection(leg: Option<&Leg>, party: &Uscc) -> Option<Objection> {
    match leg {
        Some(leg) if leg.carrier == *party && leg.mode != Mode::Pipeline => None,
        Some(leg) if leg.carrier == *party => Some(Objection::new(
            "leg-without-vehicle",
            "/data/leg",
            "管道运输段没有车辆",
            "no vehicle moves on a pipeline",
        )),
        _ => Some(Objection::new(
            "not-your-leg",
            "/data/leg",
            "该运输段不是本单位的",
            "this leg is not the acting party's",
        )),
    }
}

fn is_for_the_authority(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        ProfileAdopted
            | PartyRegistered
            | SiteRegistered
            | PermitIssued
            | PermitAmended
            | PermitSuspended
            | PermitReinstated
            | PermitRevoked
            | ApprovalAdvanced
            | ApprovalGranted
            | ApprovalRevoked
            | DeclarationReturned
            | DeclarationAccepted
            | CorrectionOrdered
            | FindingClosed
            | FindingUpheld
            | CaseOpened
            | CaseAssigned
            | CaseClosed
            | HoldPlaced
            | HoldLifted
            | InspectionRecorded
            | CorrectionRequested
            | PenaltyRecorded
            | ErasureNoticed
    )
}

/// Whether keys of this role may state this kind at all. What happened is recorded whoever states it, and each key speaks for itself: founding,
/// enrolling, rotating, and its own revocation. Everything else needs somebody with an office.
pub fn may_state(role: Role, kind: Kind) -> bool {
    let is_of_the_key =
        matches!(kind, Kind::LedgerFounded | Kind::KeyEnrolled | Kind::KeyRotated | Kind::KeyRevoked);
    let has_an_office = !matches!(role, Role::Driver | Role::Escort | Role::Viewer | Role::Auditor);
    kind.class() == Class::Fact || is_of_the_key || has_an_office
}

fn taken(pointer: &str) -> Objection {
    Objection::new("id-taken", pointer, "该编号已被使用", "this id is already in use")
}

fn backwards(pointer: &str) -> Objection {
    Objection::new("times-backwards", pointer, "结束早于开始", "the end lies before the beginning")
}

fn not_own_key() -> Objection {
    Objection::new(
        "no-proof-of-possession",
        "/data/key",
        "须由新密钥自己签名",
        "the event must be signed by the very key it enrols",
    )
}
