//! What waits in numbers and is the same for each of them: confirmed, countersigned or assigned at once, each statement signed for itself.

use maud::{Markup, html};
use serde_json::{Value, json};

use crate::app::query::{ManifestDetail, Task, TaskAbout, TaskKind};
use crate::catalogue::Uscc;
use crate::custody::Kind;
use crate::custody::manifest::HandoverRecord;
use crate::id::ManifestId;
use crate::web::components::short;
use crate::web::failure::Failure;
use crate::web::signing::{many, row};
use crate::web::visit::Visit;
use crate::web::words::{Names, mass};

/// From so many on they are offered to be done at once.
const FROM: usize = 2;
/// Most rows of one form: each of them is a manifest that is read for it.
const MAX_ROWS: usize = 50;

/// One statement that could be made.
struct Row {
    data: Value,
    shown: String,
}

/// What comes in numbers: the kind of task, and what is stated to be done with it.
const KINDS: [(TaskKind, Kind); 2] = [
    (TaskKind::ConfirmManifest, Kind::ManifestConfirmed),
    (TaskKind::Countersign, Kind::HandoverCountersigned),
];

/// A link for every sort of task that comes in numbers, and the form of the one that was asked for.
pub(super) async fn show(visit: &Visit, tasks: &[Task], asked: &str) -> Result<Markup, Failure> {
    let Some(party) = visit.viewer.party().filter(|_| visit.signed.is_some()) else { return Ok(html! {}) };
    let lang = visit.lang;
    let waiting = KINDS.map(|(task, kind)| (task, kind, manifests(tasks, task)));
    let title = |task: TaskKind, count: usize| {
        let (zh, en) = task.title();
        lang.fill("at-once.title", &[("what", lang.pick(zh, en)), ("count", &count.to_string())])
    };
    let wanted = waiting.iter().find(|(task, ..)| task.name() == asked);
    let form = match wanted {
        Some((task, kind, manifests)) => {
            let shown = &manifests[..manifests.len().min(MAX_ROWS)];
            let rows = rows_of(visit, *kind, party, shown).await?;
            html! {
                h2 #at-once { (title(*task, rows.len())) }
                @if shown.len() < manifests.len() { p { (lang.fill("at-once.first", &[("most", &MAX_ROWS.to_string())])) } }
                (many(visit, *kind, "/tasks", "signing.prepare", html! { @for one in &rows { (row(*kind, &one.data, &one.shown)) } }))
            }
        }
        None => html! {},
    };
    let links = waiting.iter().filter(|(task, _, manifests)| manifests.len() >= FROM && task.name() != asked);
    Ok(html! {
        p.links {
            @for (task, _, manifests) in links {
                a href={ "/tasks?at_once=" (task.name()) "#at-once" } { (title(*task, manifests.len())) } " "
            }
        }
        (form)
    })
}

/// The manifests that wait for this.
fn manifests(tasks: &[Task], task: TaskKind) -> Vec<ManifestId> {
    let of_kind = tasks.iter().filter(|waiting| waiting.kind == task);
    of_kind
        .filter_map(|waiting| match waiting.about {
            TaskAbout::Manifest(id) => Some(id),
            _ => None,
        })
        .collect()
}

async fn rows_of(
    visit: &Visit,
    kind: Kind,
    party: Uscc,
    manifests: &[ManifestId],
) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for id in manifests {
        let Some(manifest) = visit.app.manifest(&visit.viewer, *id).await? else { continue };
        let names = Names::known(&manifest.parties, &manifest.sites);
        match kind {
            Kind::ManifestConfirmed => rows.push(confirmed(visit, &names, &manifest)),
            _ => rows.extend(countersigned(visit, &names, &manifest, party)),
        }
    }
    Ok(rows)
}

fn confirmed(visit: &Visit, names: &Names, manifest: &ManifestDetail) -> Row {
    let from = manifest
        .state
        .registration
        .as_ref()
        .map(|registration| names.of(visit.lang, &registration.consignor.party));
    let lines = manifest.lines.iter().map(|line| {
        let code = line.code.map(|code| code.to_string()).unwrap_or_default();
        format!("{code} {}", mass(visit.lang, line.planned_g.unwrap_or(0)))
    });
    let lines: Vec<String> = lines.collect();
    let shown =
        [number(manifest), from.unwrap_or_default(), lines.join(visit.lang.t("sign.list"))].join(" · ");
    Row { data: json!({ "manifest": manifest.id }), shown }
}

/// Every handover that waits for the party's signature, with the masses that the other side stated.
fn countersigned<'a>(
    visit: &'a Visit,
    names: &'a Names,
    manifest: &'a ManifestDetail,
    party: Uscc,
) -> impl Iterator<Item = Row> + 'a {
    let state = &manifest.state;
    let waits = move |handover: &&HandoverRecord| {
        state.missing_sides(handover).iter().any(|side| handover.party(*side) == party)
    };
    state.handovers.iter().filter(waits).map(move |handover| {
        let lines = handover.lines.iter().map(|line| json!({ "line": line.line, "mass_g": line.mass_g }));
        let data = json!({
            "manifest": manifest.id, "event": handover.mark.event, "lines": lines.collect::<Vec<_>>()
        });
        let (from, to) = (names.of(visit.lang, &handover.from), names.of(visit.lang, &handover.to));
        let total_g = handover.lines.iter().map(|line| line.mass_g).sum();
        Row {
            data, shown: format!("{} · {from} → {to} · {}", number(manifest), mass(visit.lang, total_g))
        }
    })
}

fn number(manifest: &ManifestDetail) -> String {
    manifest.number.clone().unwrap_or_else(|| short(&manifest.id.to_string()))
}
