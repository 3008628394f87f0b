//! Permits and what becomes of them, and papers: plans, contracts, inspections, holds, penalties.

use chrono::Datelike;

use super::Player;
use crate::catalogue::{Uscc, WasteCode};
use crate::custody::Statement;
use crate::custody::payload::oversight::{
    HoldLifted, HoldOn, HoldPlaced, InspectionRecorded, PenaltyRecorded,
};
use crate::id::{ApprovalId, ContractId, HoldId, InspectionId, PermitId, PlanId, VehicleId};
use crate::registry::standing::{
    ApprovalAdvanced, ApprovalGranted, ApprovalRequested, Camera, ContractFiled, Facility, PermitAmended,
    PermitIssued, PermitItem, PermitStanding, PersonQualified, Plan, PlanLine, Qualification, Site,
    SiteClosed, VehicleLicensed,
};
use crate::registry::{PermitChange, Role};
use crate::scenario::deed::{Held, Line, PaperDeed, PermitDeed, Stop};
use crate::scenario::words::local_day;
use crate::shape::{Grams, List, Text};

/// Yearly amount of a permit issued in a script that names none.
const YEARLY_G: i64 = 10_000_000_000;

impl Player<'_> {
    /// Issue a permit, or change the one that the party got last.
    pub(super) fn permits(&mut self, line: &Line, party: &str, deed: &PermitDeed) -> Result<(), String> {
        let statement = match deed {
            PermitDeed::Terms { codes, methods, yearly_g, days, collection, amends } => {
                let yearly_g = yearly_g.or(Grams::new(YEARLY_G)).ok_or("a permit needs an amount")?;
                let (codes, methods, collection) = (codes.clone(), methods.clone(), *collection);
                let item = PermitItem { codes, methods, yearly_g, collection };
                let (items, (valid_from, valid_to)) = (List::new(vec![item])?, *days);
                match amends.clone() {
                    Some(reason) => {
                        let permit = self.permit_of(party)?;
                        Statement::PermitAmended(PermitAmended {
                            permit,
                            items,
                            valid_from,
                            valid_to,
                            reason,
                        })
                    }
                    None => {
                        let permit = self.new_id(&format!("permit {}", line.no), line.at);
                        let permit = PermitId::from_uuid(permit);
                        self.permits.insert(party.to_owned(), permit);
                        let number = Text::new(format!("{}-{}", self.script.name, line.no))?;
                        let party = self.party(party)?.uscc;
                        let site = None;
                        Statement::PermitIssued(PermitIssued {
                            permit,
                            number,
                            party,
                            site,
                            items,
                            valid_from,
                            valid_to,
                        })
                    }
                }
            }
            PermitDeed::Stands { change, reason } => {
                let (permit, reason) = (self.permit_of(party)?, reason.clone());
                match change {
                    PermitChange::Suspended(from) => {
                        Statement::PermitSuspended(PermitStanding { permit, from: *from, reason })
                    }
                    PermitChange::Reinstated(from) => {
                        Statement::PermitReinstated(PermitStanding { permit, from: *from, reason })
                    }
                    PermitChange::Revoked(from) => {
                        Statement::PermitRevoked(PermitStanding { permit, from: *from, reason })
                    }
                    PermitChange::Terms(_) => return Err("terms are issued or amended".to_owned()),
                }
            }
        };
        self.files(line, statement)
    }

    /// The permit that a party got last: in the script, else in the world.
    fn permit_of(&self, party: &str) -> Result<PermitId, String> {
        let of_world = || self.world.party(party)?.permits.last().map(|permit| permit.permit);
        let known = self.permits.get(party).copied().or_else(of_world);
        known.ok_or_else(|| format!("`{party}` has no permit"))
    }

    /// The plan that a site filed for a year: in the script, else in the world.
    fn plan_of(&self, at: &Stop, year: u16) -> Result<PlanId, String> {
        let site = self.site(at)?;
        let of_world = || (!site.planned.is_empty()).then(|| site.plan());
        let known = self.plans.get(&(site.site, year)).copied().or_else(of_world);
        known.ok_or_else(|| format!("{} has no plan for {year}", site.label))
    }

    /// A paper is made or ended.
    pub(super) fn papers(&mut self, line: &Line, deed: &PaperDeed) -> Result<(), String> {
        let statement = match deed {
            PaperDeed::Plans { year, lines, amends } => {
                let site = self.site(&line.actor)?.site;
                let new = PlanId::from_uuid(self.new_id(&format!("plan {}", line.no), line.at));
                let plan = if *amends { self.plan_of(&line.actor, *year)? } else { new };
                self.plans.insert((site, *year), plan);
                let plan = Plan { plan, site, year: *year, lines: List::new(rows(lines))? };
                if *amends { Statement::PlanAmended(plan) } else { Statement::PlanFiled(plan) }
            }
            PaperDeed::Contracts { with, codes, days } => Statement::ContractFiled(ContractFiled {
                contract: ContractId::from_uuid(self.new_id(&format!("contract {}", line.no), line.at)),
                with: self.party(with)?.uscc,
                codes: codes.clone(),
                valid_from: days.0,
                valid_to: days.1,
                standing_consent: false,
                sha256: None,
            }),
            PaperDeed::Applies { .. } | PaperDeed::Advances { .. } | PaperDeed::Grants { .. } => {
                self.applied(line, deed)?
            }
            PaperDeed::Films { facility, keeps_days } => self.filmed(line, facility, *keeps_days)?,
            PaperDeed::Licenses { .. } | PaperDeed::Qualifies { .. } => self.fleet_paper(line, deed)?,
            PaperDeed::Inspects { at, text } => Statement::InspectionRecorded(InspectionRecorded {
                inspection: InspectionId::from_uuid(self.new_id(&format!("inspection {}", line.no), line.at)),
                site: self.site(at)?.site,
                text: text.clone(),
                attachments: List::default(),
            }),
            PaperDeed::Fines { party, number, text } => Statement::PenaltyRecorded(PenaltyRecorded {
                party: self.party(party)?.uscc,
                number: number.clone(),
                on: local_day(line.at),
                text: text.clone(),
                case: None,
            }),
            PaperDeed::Holds { hold, on, reason } => {
                let id = HoldId::from_uuid(self.new_id(&format!("hold {hold}"), line.at));
                self.holds.insert(hold.clone(), id);
                let on = match on {
                    Held::Site(site) => HoldOn::Site(self.site(site)?.site),
                    Held::Lot(lot) => HoldOn::Lot(self.stored(lot)?.lot),
                    Held::Manifest(manifest) => HoldOn::Manifest(self.sheet(manifest)?.id),
                    Held::Vehicle(plate) => HoldOn::Vehicle(plate.clone()),
                };
                Statement::HoldPlaced(HoldPlaced { hold: id, on, reason: reason.clone() })
            }
            PaperDeed::Lifts { hold, reason } => {
                let id = self.holds.get(hold).ok_or_else(|| format!("no hold is called `{hold}`"))?;
                Statement::HoldLifted(HoldLifted { hold: *id, reason: reason.clone() })
            }
        };
        self.files(line, statement)
    }

    /// An application for an interprovincial transfer is made, goes on or is decided.
    fn applied(&mut self, line: &Line, deed: &PaperDeed) -> Result<Statement, String> {
        Ok(match deed {
            PaperDeed::Applies { application, consignee, lines, methods, days } => {
                let asked = ApprovalRequested {
                    approval: ApprovalId::from_uuid(
                        self.new_id(&format!("application {application}"), line.at),
                    ),
                    consignee: self.party(consignee)?.uscc,
                    lines: List::new(rows(lines))?,
                    methods: methods.clone(),
                    valid_from: days.0,
                    valid_to: days.1,
                    contract: None,
                    documents: List::default(),
                };
                let consignor = self.party(&line.actor.party)?.uscc;
                self.applications.insert(application.clone(), (consignor, asked.clone()));
                Statement::ApprovalRequested(asked)
            }
            PaperDeed::Advances { application, stage, reason } => {
                let approval = self.application(application)?.1.approval;
                let (stage, reason) = (*stage, reason.clone());
                Statement::ApprovalAdvanced(ApprovalAdvanced { approval, stage, number: None, reason })
            }
            PaperDeed::Grants { application, number } => {
                let (consignor, asked) = self.application(application)?;
                Statement::ApprovalGranted(ApprovalGranted {
                    approval: asked.approval,
                    number: number.clone(),
                    consignor: *consignor,
                    consignee: asked.consignee,
                    lines: asked.lines.clone(),
                    methods: asked.methods.clone(),
                    valid_from: asked.valid_from,
                    valid_to: asked.valid_to,
                })
            }
            _ => return Err("this is no deed of an application".to_owned()),
        })
    }

    /// Who asked for an interprovincial transfer, and for what.
    fn application(&self, name: &str) -> Result<&(Uscc, ApprovalRequested), String> {
        self.applications.get(name).ok_or_else(|| format!("no application is called `{name}`"))
    }

    /// The licence of a vehicle, or the qualification of a person.
    fn fleet_paper(&self, line: &Line, deed: &PaperDeed) -> Result<Statement, String> {
        let number = || Text::new(format!("{}-{}", self.script.name, line.no));
        Ok(match deed {
            PaperDeed::Licenses { vehicle, carrier, days, rated } => {
                Statement::VehicleLicensed(VehicleLicensed {
                    vehicle: VehicleId::from_uuid(self.new_id(&format!("vehicle {}", line.no), line.at)),
                    plate: vehicle.clone(),
                    carrier: self.party(carrier)?.uscc,
                    licence: number()?,
                    rated_load_g: *rated,
                    valid_from: days.0,
                    valid_to: days.1,
                    papers: List::default(),
                })
            }
            PaperDeed::Qualifies { qualification, carrier, days } => {
                let role = match qualification {
                    Qualification::Driver => Role::Driver,
                    Qualification::Escort => Role::Escort,
                };
                Statement::PersonQualified(PersonQualified {
                    key: self.key(carrier, role)?.kid(),
                    carrier: self.party(carrier)?.uscc,
                    qualification: *qualification,
                    certificate: number()?,
                    valid_from: days.0,
                    valid_to: days.1,
                })
            }
            other => return Err(format!("{other:?} is about no vehicle and no person")),
        })
    }

    /// The actor says where its site is: `gps` says it, and nothing else of the site changes.
    pub(super) fn lies(&mut self, line: &Line) -> Result<(), String> {
        let place = Some(line.how.place.ok_or("say where by `gps`")?);
        let site = Site { place, ..self.as_registered(line)? };
        self.files(line, Statement::SiteUpdated(site))
    }

    /// The actor's site as the world registers it.
    fn as_registered(&self, line: &Line) -> Result<Site, String> {
        let (party, site) = (self.party(&line.actor.party)?, self.site(&line.actor)?);
        Ok(Site {
            site: site.site,
            party: party.uscc,
            name: site.zh.clone(),
            division: site.division,
            place: None,
            classes: site.classes_in(local_day(line.at).year()),
            facilities: site.facilities.clone(),
        })
    }

    /// A camera watches a facility of the actor's site, of the world's or a new one.
    fn filmed(&self, line: &Line, code: &Text<32>, keeps_days: u16) -> Result<Statement, String> {
        let site = self.as_registered(line)?;
        let name = Text::new(format!("{} 摄像头", &**code))?;
        let camera = Camera { name, link: Text::new("https://video.example/1")?, keeps_days };
        let mut facilities = site.facilities.to_vec();
        if !facilities.iter().any(|facility| facility.code == *code) {
            let name = Text::new("危废库")?;
            let code = code.clone();
            let cameras = List::default();
            facilities.push(Facility {
                code,
                name,
                capacity_g: None,
                day_capacity_g: None,
                is_point: false,
                cameras,
            });
        }
        for facility in facilities.iter_mut().filter(|facility| facility.code == *code) {
            facility.cameras = List::new(vec![camera.clone()])?;
        }
        Ok(Statement::SiteUpdated(Site { facilities: List::new(facilities)?, ..site }))
    }

    /// The actor's site closes.
    pub(super) fn closes(
        &mut self,
        line: &Line,
        on: chrono::NaiveDate,
        reason: Text<500>,
    ) -> Result<(), String> {
        let site = self.site(&line.actor)?.site;
        self.files(line, Statement::SiteClosed(SiteClosed { site, on, reason }))
    }

    fn files(&mut self, line: &Line, statement: Statement) -> Result<(), String> {
        self.declare(line, &line.how, line.at, &line.actor.party, statement, Vec::new()).map(drop)
    }
}

fn rows(lines: &[(WasteCode, Grams)]) -> Vec<PlanLine> {
    let row = |(code, yearly_g): &(_, _)| PlanLine {
        code: *code,
        yearly_g: *yearly_g,
        consignees: List::default(),
    };
    lines.iter().map(row).collect()
}
