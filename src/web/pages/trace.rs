//! The parts of pages that trace: where a lot came from and what became of it, drawn and as a table, and what of a manifest is
//! still open. The table is always whole; the drawing leaves out what is too small to see.

use std::collections::{BTreeMap, BTreeSet};

use maud::{Markup, html};

use crate::app::query::{MAX_TRACE_EDGES, ManifestFate, NoTrace, OpenEnd, TraceDetail, TraceEnd, TraceNode};
use crate::custody::graph::MixKind;
use crate::custody::trace::{Direction, EndKind, Place};
use crate::id::{LotId, ManifestId};
use crate::web::components::{lot_path, manifest_path, number, short, table, tag, text};
use crate::web::draw::flow::{Flow, MAX_STOPS, Stop, Stream, draw};
use crate::web::failure::Failure;
use crate::web::i18n::Lang;
use crate::web::visit::Visit;
use crate::web::words::{Names, count, mass, share, tonnes};

/// Where a lot came from, or what became of it.
pub(super) async fn section(visit: &Visit, lot: LotId, direction: Direction) -> Result<Markup, Failure> {
    let lang = visit.lang;
    let (title, explained) = match direction {
        Direction::Up => ("trace.up", "trace.up-text"),
        Direction::Down => ("trace.down", "trace.down-text"),
    };
    let body = match visit.app.trace(&visit.viewer, lot, direction, None).await {
        Ok(None) => return Err(Failure::NotFound),
        Ok(Some(trace)) if trace.total_g == 0 => html! { p { (lang.t("trace.nothing")) } },
        Ok(Some(trace)) => {
            let names = Names::known(&trace.parties, &trace.sites);
            let view = TraceView { lang, trace: &trace, names: &names };
            html! {
                p.soft { (lang.t(explained)) }
                (view.drawing())
                (view.table())
            }
        }
        Err(NoTrace::TooLarge) => too_large(lang),
        Err(NoTrace::AsOf(why)) => return Err(why.into()),
        Err(NoTrace::Fault(fault)) => return Err(Failure::Fault(fault)),
    };
    Ok(html! {
        h2 #(direction.name()) { (lang.t(title)) }
        (body)
    })
}

fn too_large(lang: Lang) -> Markup {
    html! { p { strong { (lang.fill("trace.too-large", &[("limit", &count(MAX_TRACE_EDGES))])) } } }
}

/// A lot by its code, else by its line, else by the end of its id.
fn lot_name(lang: Lang, node: &TraceNode) -> String {
    match (&node.labels.lot_code, node.line) {
        (Some(code), _) => code.clone(),
        (None, Some((manifest, line))) => place_of_line(lang, manifest, line),
        (None, None) => short(&node.id.to_string()),
    }
}

fn node_name(lang: Lang, node: &TraceNode) -> String {
    node.mix.map_or_else(|| lot_name(lang, node), |mix| mix_name(lang, mix).to_owned())
}

fn mix_name(lang: Lang, mix: MixKind) -> &'static str {
    lang.of("mix", mix.name()).unwrap_or(mix.name())
}

fn end_name(lang: Lang, kind: EndKind) -> &'static str {
    lang.of("end", kind.name()).unwrap_or(kind.name())
}

/// How an end is coloured: as it should be, still to be done, or wrong.
fn end_class(kind: EndKind) -> &'static str {
    match kind {
        EndKind::Product | EndKind::Used | EndKind::Disposed | EndKind::Shortfall => "good",
        EndKind::Opened | EndKind::Generated | EndKind::Added | EndKind::Held => "note",
        EndKind::OnTheWay | EndKind::Variance => "warn",
        EndKind::Unproven | EndKind::Missing | EndKind::Unexplained | EndKind::Loop => "bad",
    }
}

/// Who holds something where, or which line it is on.
fn place_name(lang: Lang, names: &Names, place: Place) -> String {
    match place {
        Place::Site(party, site) => match names.site(&site) {
            Some(site) => format!("{} · {site}", names.of(lang, &party)),
            None => names.of(lang, &party),
        },
        Place::Line(manifest, line) => place_of_line(lang, manifest, line),
    }
}

fn place_of_line(lang: Lang, manifest: ManifestId, line: u16) -> String {
    let line = lang.fill("trace.line", &[("line", &line.to_string())]);
    format!("{line} {}", short(&manifest.to_string()))
}

/// What a stop of the drawing stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Spot {
    /// A lot or a mix; `None` for everything the viewer may not see.
    Node(Option<LotId>),
    /// All ends of one kind at one site, or wherever there is none.
    End(EndKind, Option<Place>),
    /// Everything too small to be drawn by itself.
    Rest,
}

struct TraceView<'a> {
    lang: Lang,
    trace: &'a TraceDetail,
    names: &'a Names,
}

impl TraceView<'_> {
    fn node(&self, id: LotId) -> Option<&TraceNode> {
        let at = self.trace.nodes.binary_search_by_key(&id, |node| node.id).ok()?;
        self.trace.nodes.get(at)
    }

    /// What passes between spots, from the earlier to the later.
    fn streams(&self) -> BTreeMap<(Spot, Spot), i64> {
        let is_up = self.trace.direction == Direction::Up;
        let links = self.trace.links.iter();
        let links = links.map(|link| (Spot::Node(link.parent), Spot::Node(link.child), link.mass_g));
        let ends = self.trace.ends.iter().map(|end| {
            let site = end.place.filter(|place| matches!(place, Place::Site(..)));
            let (node, end_spot) = (Spot::Node(end.at), Spot::End(end.kind, site));
            if is_up { (end_spot, node, end.mass_g) } else { (node, end_spot, end.mass_g) }
        });
        let mut streams = BTreeMap::new();
        for (from, to, mass_g) in links.chain(ends) {
            let sum: &mut i64 = streams.entry((from, to)).or_default();
            *sum = sum.saturating_add(mass_g);
        }
        streams
    }

    /// The drawing, where there is more to see than one lot; and how many spots it shows as one.
    fn drawing(&self) -> Markup {
        if self.trace.links.is_empty() {
            return html! {};
        }
        let streams = self.streams();
        let asked = Spot::Node(Some(self.trace.lot));
        let masses = masses(&streams);
        let mut spots: Vec<Spot> = masses.keys().copied().filter(|spot| *spot != asked).collect();
        spots.sort_by_key(|spot| (std::cmp::Reverse(masses[spot]), *spot));
        let left_out = if spots.len() < MAX_STOPS { Vec::new() } else { spots.split_off(MAX_STOPS - 2) };
        let streams = merged(&streams, &left_out.iter().copied().collect());
        spots.insert(0, asked);
        if !left_out.is_empty() {
            spots.push(Spot::Rest);
        }
        let flow = self.flow(&spots, &streams, left_out.len());
        let (title, text) = self.in_words();
        html! {
            (draw(&flow, self.trace.direction.name(), &title, &text))
            @if !left_out.is_empty() {
                p.soft.small {
                    (self.lang.fill("trace.left-out", &[("count", &count(left_out.len() as u64))]))
                }
            }
        }
    }

    fn flow(&self, spots: &[Spot], streams: &BTreeMap<(Spot, Spot), i64>, left_out: usize) -> Flow {
        let masses = masses(streams);
        let places: BTreeMap<Spot, usize> = spots.iter().copied().zip(0..).collect();
        let stop = |spot: &Spot| match spot {
            Spot::Node(Some(id)) if *id == self.trace.lot => self.stop(*spot, self.trace.total_g, left_out),
            spot => self.stop(*spot, masses.get(spot).copied().unwrap_or_default(), left_out),
        };
        let streams = streams.iter().map(|((from, to), mass_g)| Stream {
            from: places[from],
            to: places[to],
            mass_g: *mass_g,
        });
        Flow {
            stops: spots.iter().map(stop).collect(),
            streams: streams.collect(),
            is_inward: self.trace.direction == Direction::Up,
        }
    }

    fn stop(&self, spot: Spot, mass_g: i64, left_out: usize) -> Stop {
        let lang = self.lang;
        let weight = mass(lang, mass_g);
        let plain = |name: String, class| Stop { name, note: weight.clone(), class, href: None, mass_g };
        match spot {
            Spot::Node(None) => plain(lang.t("trace.hidden").to_owned(), "plain"),
            Spot::Rest => plain(lang.fill("trace.rest", &[("count", &count(left_out as u64))]), "plain"),
            Spot::End(kind, None) => plain(end_name(lang, kind).to_owned(), end_class(kind)),
            Spot::End(kind, Some(place)) => Stop {
                name: place_name(lang, self.names, place),
                note: format!("{} · {weight}", end_name(lang, kind)),
                ..plain(String::new(), end_class(kind))
            },
            Spot::Node(Some(id)) => {
                let Some(node) = self.node(id) else { return plain(short(&id.to_string()), "lot") };
                let code = node.labels.waste_code.iter().map(|code| format!("{code} · "));
                Stop {
                    name: node_name(lang, node),
                    note: format!("{}{weight}", code.collect::<String>()),
                    href: (node.mix.is_none() && id != self.trace.lot).then(|| lot_path(id)),
                    ..plain(String::new(), if node.mix.is_none() { "lot" } else { "mix" })
                }
            }
        }
    }

    /// The drawing in words: its title, and all kinds of ends with their shares.
    fn in_words(&self) -> (String, String) {
        let lang = self.lang;
        let key = match self.trace.direction {
            Direction::Up => "trace.picture-up",
            Direction::Down => "trace.picture-down",
        };
        let name = self.node(self.trace.lot).map_or_else(String::new, |node| lot_name(lang, node));
        let mut kinds: BTreeMap<EndKind, i64> = BTreeMap::new();
        for end in &self.trace.ends {
            *kinds.entry(end.kind).or_default() += end.mass_g;
        }
        let parts = kinds.iter().map(|(kind, mass_g)| {
            format!(
                "{} {} ({})",
                end_name(lang, *kind),
                mass(lang, *mass_g),
                share(*mass_g, self.trace.total_g)
            )
        });
        let parts: Vec<String> = parts.collect();
        (lang.fill(key, &[("lot", &name)]), parts.join(lang.t("sign.comma")) + lang.t("sign.stop"))
    }

    fn table(&self) -> Markup {
        let lang = self.lang;
        let mut rows: Vec<Vec<Markup>> = self.trace.ends.iter().map(|end| self.row(end)).collect();
        if rows.len() > 1 {
            let total = html! { strong { (lang.t("manifest.total")) } };
            let sum = html! { strong { (tonnes(self.trace.total_g)) } };
            rows.push(vec![total, html! {}, html! {}, html! {}, sum, html! { "100 %" }]);
        }
        let (name, kind) = match self.trace.direction {
            Direction::Up => ("trace.up", "col.origin"),
            Direction::Down => ("trace.down", "col.fate"),
        };
        let columns = [
            text(kind),
            text("col.lot"),
            text("col.code"),
            text("col.where"),
            number("col.mass"),
            number("col.share"),
        ];
        table(lang, lang.t(name), &columns, rows)
    }

    fn row(&self, end: &TraceEnd) -> Vec<Markup> {
        let lang = self.lang;
        let node = end.at.and_then(|id| self.node(id));
        vec![
            tag(end_class(end.kind), end_name(lang, end.kind)),
            html! {
                @match node {
                    None => span.soft { (lang.t("trace.hidden")) },
                    Some(node) if node.mix.is_some() || node.id == self.trace.lot => (node_name(lang, node)),
                    Some(node) => a.nowrap href=(lot_path(node.id)) { (lot_name(lang, node)) },
                }
            },
            html! { span.nowrap { (node.and_then(|node| node.labels.waste_code.as_deref()).unwrap_or("")) } },
            html! { (end.place.map(|place| place_name(lang, self.names, place)).unwrap_or_default()) },
            html! { (tonnes(end.mass_g)) },
            html! { (share(end.mass_g, self.trace.total_g)) },
        ]
    }
}

/// What passes each spot: what comes in or what goes out, whichever is more.
fn masses(streams: &BTreeMap<(Spot, Spot), i64>) -> BTreeMap<Spot, i64> {
    let mut sums: BTreeMap<Spot, (i64, i64)> = BTreeMap::new();
    for ((from, to), mass_g) in streams {
        let out_g = &mut sums.entry(*from).or_default().1;
        *out_g = out_g.saturating_add(*mass_g);
        let in_g = &mut sums.entry(*to).or_default().0;
        *in_g = in_g.saturating_add(*mass_g);
    }
    sums.into_iter().map(|(spot, (in_g, out_g))| (spot, in_g.max(out_g))).collect()
}

/// The streams when these spots are one.
fn merged(streams: &BTreeMap<(Spot, Spot), i64>, small: &BTreeSet<Spot>) -> BTreeMap<(Spot, Spot), i64> {
    let shown = |spot: &Spot| if small.contains(spot) { Spot::Rest } else { *spot };
    let mut merged = BTreeMap::new();
    for ((from, to), mass_g) in streams {
        let ends = (shown(from), shown(to));
        if ends != (Spot::Rest, Spot::Rest) {
            let sum: &mut i64 = merged.entry(ends).or_default();
            *sum = sum.saturating_add(*mass_g);
        }
    }
    merged
}

/// Whether everything a manifest moved has a final fate (去向已闭环).
pub(super) fn flag(lang: Lang, fate: &ManifestFate) -> Markup {
    match fate.is_closed {
        Some(true) => tag("good", lang.t("fate.closed")),
        Some(false) => tag("plain", lang.t("fate.open")),
        None => tag("warn", lang.t("fate.unknown")),
    }
}

/// What of a manifest has no final fate yet, and where it is.
pub(super) fn still_open(lang: Lang, fate: &ManifestFate) -> Markup {
    if fate.is_closed.is_none() {
        return too_large(lang);
    }
    if fate.total_g == 0 {
        return html! { p { (lang.t("fate.nothing-moved")) } };
    }
    let names = Names::known(&fate.parties, &fate.sites);
    let row = |open: &OpenEnd| -> Vec<Markup> {
        let end = &open.end;
        let name = open.labels.lot_code.clone().or_else(|| end.at.map(|id| short(&id.to_string())));
        vec![
            tag(end_class(end.kind), end_name(lang, end.kind)),
            html! {
                @match (end.at, name) {
                    (Some(id), Some(name)) if open.is_lot => a.nowrap href=(lot_path(id)) { (name) },
                    (Some(_), _) => "",
                    (None, _) => span.soft { (lang.t("trace.hidden")) },
                }
            },
            html! { span.nowrap { (open.labels.waste_code.as_deref().unwrap_or("")) } },
            html! {
                @match end.place {
                    Some(place @ Place::Line(manifest, _)) => {
                        a href=(manifest_path(manifest)) { (place_name(lang, &names, place)) }
                    },
                    Some(place) => (place_name(lang, &names, place)),
                    None => "",
                }
            },
            html! { (tonnes(end.mass_g)) },
        ]
    };
    let rows: Vec<Vec<Markup>> = fate.open.iter().map(row).collect();
    let columns =
        [text("col.fate"), text("col.lot"), text("col.code"), text("col.where"), number("col.mass")];
    let waiting: Vec<String> = fate.waiting.iter().map(u16::to_string).collect();
    html! {
        p {
            (lang.fill("fate.sum", &[
                ("final", &mass(lang, fate.final_g)),
                ("total", &mass(lang, fate.total_g)),
                ("share", &share(fate.final_g, fate.total_g)),
            ]))
            @if !waiting.is_empty() {
                " " (lang.fill("fate.waiting", &[("lines", &waiting.join(lang.t("sign.list")))]))
            }
        }
        @if !rows.is_empty() {
            (table(lang, lang.t("fate.title"), &columns, rows))
        }
        @if fate.left_out > 0 {
            p.soft.small { (lang.fill("fate.left-out", &[("count", &count(fate.left_out))])) }
        }
    }
}
