//! The manifest for the cab.

use std::collections::HashMap;

use super::{NoPrint, Printing, about, code_of, name_of, tonnes};
use crate::app::access::{Viewer, insiders};
use crate::app::query::{ChainStep, LineView, ManifestDetail};
use crate::app::{App, Fault};
use crate::catalogue::Uscc;
use crate::custody::manifest::{HandoverRecord, ManifestState, Registration, Status};
use crate::custody::payload::handover::Step;
use crate::custody::payload::manifest::{Form, Mode, Packaging, PartyAt, PlannedLine, Registered};
use crate::id::{ContainerId, ManifestId};
use crate::print::manifest::{End, Leg, Line, Manifest, Statement};
use crate::print::pdf;
use crate::store::container;

/// So many statements stand on it with their digests, the first ones.
const MAX_STATEMENTS: u64 = 48;

/// The label that each party put on a container.
type Labels = HashMap<ContainerId, Vec<(Uscc, Option<String>)>>;

impl App {
    /// A manifest as a PDF. `None` where nobody registered it, or the viewer may not see it.
    pub async fn print_manifest(
        &self,
        viewer: &Viewer,
        id: ManifestId,
        printing: &Printing,
    ) -> Result<Option<Vec<u8>>, NoPrint> {
        let Some(detail) = self.manifest(viewer, id).await? else { return Ok(None) };
        let Some(known) = detail.state.registration.clone() else { return Ok(None) };
        let said = self.planned(viewer, &detail).await?;
        let Some(steps) = self.chain(viewer, id, 0, MAX_STATEMENTS).await? else { return Ok(None) };
        let labels = self.labels_on(&detail.state).await?;
        let sheet = Sheet { app: self, detail: &detail, known: &known, said: said.as_ref() };
        let content = Manifest {
            link: printing.link.clone(),
            again: printing.again,
            invented: self.is_invented(),
            statements: sheet.statements(&steps.items),
            more: (detail.state.ancestry.len() as u64).saturating_sub(steps.items.len() as u64),
            containers: sheet.containers(&labels),
            ..sheet.content()
        };
        let day = self.rulebook().profile.local_date(known.mark.at.as_millis());
        let about = about(format!("危险废物转移联单 {}", content.number), day);
        let made = self.printed(move |typeface| {
            let face = typeface.face().map_err(|error| crate::print::PrintError::Font(error.to_string()))?;
            pdf::write(&about, &content.pages(&face), typeface)
        });
        made.await.map(Some)
    }

    async fn labels_on(&self, state: &ManifestState) -> Result<Labels, Fault> {
        let mut labels = Labels::new();
        if state.containers.is_empty() {
            return Ok(labels);
        }
        let ids: Vec<ContainerId> = state.containers.keys().copied().collect();
        let mut tx = self.reading().await?;
        for (container, party, label) in container::labels_by_filler(&mut tx, &ids).await? {
            labels.entry(container).or_default().push((party, label));
        }
        Ok(labels)
    }
}

struct Sheet<'a> {
    app: &'a App,
    detail: &'a ManifestDetail,
    known: &'a Registration,
    said: Option<&'a Registered>,
}

impl Sheet<'_> {
    fn content(&self) -> Manifest {
        let (detail, known) = (self.detail, self.known);
        let state = &detail.state;
        let sum = |of: fn(&LineView) -> i64| detail.lines.iter().map(of).fold(0, i64::wrapping_add);
        let (shipped_g, accepted_g) = (sum(|line| line.shipped_g), sum(|line| line.accepted_g));
        let written = |mass_g: i64| if mass_g > 0 { tonnes(mass_g) } else { String::new() };
        let numbers = state.numbers.iter().map(|bound| bound.number.as_str());
        let left = state.handovers.iter().find(|handover| handover.step == Step::Collected);
        let received = state.receipts.last();
        let moment = |at| self.app.moment(at);
        Manifest {
            number: detail.number.clone().unwrap_or_else(|| "（未编号 no number yet）".to_owned()),
            others: numbers.collect::<Vec<_>>().join("、"),
            erp_no: known.erp_no.clone().unwrap_or_default(),
            code: code_of(&known.mark.event.to_string()),
            ended: ended(detail.status),
            consignor: End {
                planned: moment(known.planned_departure),
                actual: left.map(|handover| moment(handover.mark.at)).unwrap_or_default(),
                ..self.end(&known.consignor)
            },
            legs: known.legs.iter().zip(1..).map(|(leg, n)| self.leg(leg.carrier, leg.mode, n)).collect(),
            consignee: End {
                planned: moment(known.planned_arrival),
                actual: received.map(|receipt| moment(receipt.mark.at)).unwrap_or_default(),
                ..self.end(&known.consignee)
            },
            lines: detail.lines.iter().map(|line| self.line(line)).collect(),
            sums: (written(shipped_g), written(accepted_g)),
            ..Manifest::default()
        }
    }

    fn name(&self, party: &Uscc) -> String {
        name_of(&self.detail.parties, party)
    }

    fn end(&self, at: &PartyAt) -> End {
        let site = self.detail.sites.iter().find(|site| site.site == at.site);
        let catalogue = self.app.rulebook().catalogue;
        let division = site.and_then(|site| catalogue.full_name(site.division)).unwrap_or_default();
        let place = site.map(|site| format!("{division}　{}", site.name)).unwrap_or_default();
        End { name: self.name(&at.party), uscc: at.party.to_string(), place, ..End::default() }
    }

    fn leg(&self, carrier: Uscc, mode: Mode, number: u8) -> Leg {
        let state = &self.detail.state;
        let took = |handover: &&HandoverRecord| {
            handover.to == carrier && matches!(handover.step, Step::Collected | Step::Transferred)
        };
        let gave = |handover: &&HandoverRecord| {
            handover.from == carrier && matches!(handover.step, Step::Transferred | Step::Delivered)
        };
        let taken = state.handovers.iter().find(took);
        let assigned = state.assignments.iter().rfind(|one| one.leg == number).map(|one| &one.vehicle);
        let vehicle = assigned.or_else(|| taken.and_then(|handover| handover.vehicle.as_ref()));
        let moment = |handover: &HandoverRecord| self.app.moment(handover.mark.at);
        Leg {
            name: self.name(&carrier),
            uscc: carrier.to_string(),
            mode: match mode {
                Mode::Vehicle => "",
                Mode::Pipeline => "管道 pipeline",
                Mode::Rail => "铁路 rail",
                Mode::Ship => "水路 ship",
            }
            .to_owned(),
            vehicle: vehicle.map(|plate| plate.to_string()).unwrap_or_default(),
            from: taken.map(moment).unwrap_or_default(),
            until: state.handovers.iter().rfind(gave).map(moment).unwrap_or_default(),
        }
    }

    fn line(&self, line: &LineView) -> Line {
        let said = self.said.and_then(|said| said.lines.iter().find(|one| one.line == line.line));
        let entry = line.code.and_then(|code| self.app.rulebook().catalogue.waste(&code));
        let named = |said: &PlannedLine| said.name.as_ref().map(ToString::to_string);
        let name = said.and_then(named).or_else(|| entry.map(|entry| entry.description.clone()));
        let state = self.detail.state.lines.get(&line.line);
        let is_received = state.is_some_and(|state| !state.received_by.is_empty());
        let declared = self.detail.state.declared.iter();
        let differs = declared.filter(|one| one.line.is_none_or(|about| about == line.line)).count() > 0;
        let opinion = match (line.accepted_g > 0, line.rejected_g > 0) {
            _ if !is_received => "",
            (_, false) => "接受",
            (true, true) => "部分拒收",
            (false, true) => "拒收",
        };
        Line {
            line: line.line.to_string(),
            name: name.unwrap_or_default(),
            code: line.code.map(|code| code.to_string()).unwrap_or_default(),
            hazards: entry.map(|entry| entry.hazards.clone()).unwrap_or_default(),
            form: said.and_then(|said| said.form).map(form).unwrap_or_default().to_owned(),
            packaging: said.and_then(|said| said.packaging).map(packaging).unwrap_or_default().to_owned(),
            count: said.and_then(|said| said.containers).map(|count| count.to_string()).unwrap_or_default(),
            planned: line.planned_g.map(tonnes).unwrap_or_default(),
            // What is weighed at the gate is written in by hand until it was stated.
            shipped: if line.shipped_g > 0 { tonnes(line.shipped_g) } else { String::new() },
            // That nobody declared one is all that is known: the consignee did not say that there is none.
            differs: match (is_received, differs) {
                (_, true) => "是，已申报",
                (true, false) => "未申报",
                (false, false) => "",
            }
            .to_owned(),
            opinion: opinion.to_owned(),
            treatment: line.treatment.map(|code| format!("{code} {}", code.entry().zh)).unwrap_or_default(),
            accepted: if is_received { tonnes(line.accepted_g) } else { String::new() },
        }
    }

    /// The containers that it travels with, each with what the consignor wrote on it, else somebody else inside the manifest.
    fn containers(&self, labels: &Labels) -> Vec<[String; 2]> {
        let state = &self.detail.state;
        let inside = insiders(state);
        let label = |id: &ContainerId| {
            let said = || labels.get(id).into_iter().flatten();
            let by_consignor = said().find(|(by, _)| *by == self.known.consignor.party);
            by_consignor.or_else(|| said().find(|(by, _)| inside.contains(by)))?.1.clone()
        };
        let mut rows: Vec<(u16, String)> = state
            .containers
            .iter()
            .map(|(id, line)| (*line, label(id).unwrap_or_else(|| id.to_string())))
            .collect();
        rows.sort();
        rows.into_iter().map(|(line, label)| [line.to_string(), label]).collect()
    }

    fn statements(&self, steps: &[ChainStep]) -> Vec<Statement> {
        let said = steps.iter().filter_map(|step| Some((step, step.content.said()?)));
        said.map(|(step, said)| Statement {
            what: said.event.kind().name_zh().to_owned(),
            party: self.name(&said.event.party),
            at: self.app.moment(step.effective),
            index: step.index.to_string(),
            id: step.event_id.to_string(),
        })
        .collect()
    }
}

/// What nobody may take for a manifest that goes.
fn ended(status: Status) -> (String, String) {
    let (zh, en) = match status {
        Status::Voided => ("已作废", "Voided"),
        Status::Declined => ("已拒绝", "Declined"),
        _ => ("", ""),
    };
    (zh.to_owned(), en.to_owned())
}

fn form(form: Form) -> &'static str {
    match form {
        Form::Solid => "固态",
        Form::SemiSolid => "半固态",
        Form::Liquid => "液态",
        Form::Gas => "气态",
    }
}

fn packaging(packaging: Packaging) -> &'static str {
    match packaging {
        Packaging::Drum => "桶",
        Packaging::Bag => "袋",
        Packaging::Box => "箱",
        Packaging::Tank => "罐",
        Packaging::Bulk => "散装",
        Packaging::Other => "其他",
    }
}
