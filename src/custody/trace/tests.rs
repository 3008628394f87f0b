#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;

use uuid::Uuid;

use super::*;
use crate::custody::graph::MixKind;

fn id(n: u32) -> LotId {
    LotId::from_uuid(Uuid::from_u128(n.into()))
}

fn holder() -> (Uscc, SiteId) {
    (Uscc::with_check("91371300MA3C00001").unwrap(), SiteId::from_uuid(Uuid::from_u128(1)))
}

fn masses(opened_g: i64, held_g: i64) -> LotMasses {
    let (party, site) = holder();
    let held = if held_g > 0 { vec![(party, site, held_g)] } else { Vec::new() };
    LotMasses { opened_g, held, ..LotMasses::default() }
}

/// Lots as (id, opened, held), mixes as (id, kind, in, out), edges as (child, parent, grams).
fn graph(lots: &[(u32, i64, i64)], mixes: &[(u32, MixKind, i64, i64)], edges: &[(u32, u32, i64)]) -> Graph {
    let mut graph = Graph::default();
    graph.lots.extend(lots.iter().map(|(n, opened_g, held_g)| (id(*n), masses(*opened_g, *held_g))));
    let mix = |kind, in_g, out_g| MixMasses { kind, in_g, out_g };
    graph.mixes.extend(mixes.iter().map(|(n, kind, in_g, out_g)| (id(*n), mix(*kind, *in_g, *out_g))));
    let mut sums: BTreeMap<(u32, u32), i64> = BTreeMap::new();
    for (child, parent, mass_g) in edges {
        *sums.entry((*child, *parent)).or_default() += mass_g;
    }
    for ((child, parent), mass_g) in sums {
        graph.put_edge(id(child), id(parent), mass_g);
    }
    graph
}

fn one(graph: &Graph, n: u32, direction: Direction) -> Trace {
    let found = trace(graph, &BTreeSet::from([id(n)]), direction);
    assert_eq!(found.ends.iter().map(|end| end.mass_g).sum::<i64>(), found.total_g, "sums to the gram");
    assert_eq!(found.reached[&id(n)], found.total_g);
    found
}

/// The ends as (node, kind, grams).
fn ends(trace: &Trace) -> Vec<(u32, &'static str, i64)> {
    let short =
        |end: &Ending| (u32::try_from(end.at.as_uuid().as_u128()).unwrap(), end.kind.name(), end.mass_g);
    trace.ends.iter().map(short).collect()
}

/// Four lots consolidated in three steps, the result shipped, a quarter of it rejected. The mixes are 100 to 102.
fn consolidated() -> Graph {
    use MixKind::Repacked;
    graph(
        &[
            (1, 300, 100),
            (2, 600, 0),
            (3, 100, 0),
            (4, 100, 0),
            (10, 0, 0),
            (20, 0, 0),
            (21, 0, 0),
            (22, 0, 0),
            (30, 0, 750),
            (31, 0, 250),
        ],
        &[(100, Repacked, 400, 400), (101, Repacked, 900, 900), (102, Repacked, 1000, 1000)],
        &[
            (10, 1, 200),
            (10, 2, 100), // A line drawn from lots 1 and 2 …
            (100, 10, 300),
            (100, 3, 100),
            (20, 100, 400), // … merged with lot 3,
            (101, 20, 400),
            (101, 2, 500),
            (21, 101, 900), // then with the rest of lot 2,
            (102, 21, 900),
            (102, 4, 100),
            (22, 102, 1000), // then with lot 4,
            (30, 22, 1000),
            (31, 30, 250), // and shipped: 750 g accepted, 250 g not.
        ],
    )
}

#[test]
fn three_consolidations_and_a_partial_rejection_are_traced_to_the_gram() {
    let graph = consolidated();
    // 250 of 1000 → 225 + 25; 225 of 900 → 100 + 125; 100 of 400 → 75 + 25; 75 of 300 → 50 + 25.
    let origins = one(&graph, 31, Direction::Up);
    assert_eq!(ends(&origins), [(1, "opened", 50), (2, "opened", 150), (3, "opened", 25), (4, "opened", 25)]);
    let origins = one(&graph, 30, Direction::Up);
    assert_eq!(
        ends(&origins),
        [(1, "opened", 200), (2, "opened", 600), (3, "opened", 100), (4, "opened", 100)]
    );
    let fates = one(&graph, 1, Direction::Down);
    assert_eq!(ends(&fates), [(1, "held", 100), (30, "held", 150), (31, "held", 50)]);
    let fates = one(&graph, 3, Direction::Down);
    assert_eq!(ends(&fates), [(30, "held", 75), (31, "held", 25)]);
    assert_eq!(fates.carried.len(), 8, "{:?}", fates.carried);
    assert!(!Fate::of(&fates, BTreeSet::new()).is_closed());
}

#[test]
fn grams_left_over_go_to_the_largest_remainder_and_ties_to_the_smaller_id() {
    let lots = [(1, 100, 0), (2, 100, 0), (3, 100, 0), (9, 0, 199), (10, 0, 100), (11, 0, 1)];
    let edges = [(50, 3, 100), (50, 1, 100), (50, 2, 100), (9, 50, 300), (10, 9, 100), (11, 9, 1)];
    let graph = graph(&lots, &[(50, MixKind::Repacked, 300, 300)], &edges);
    let hundred = one(&graph, 10, Direction::Up);
    assert_eq!(ends(&hundred), [(1, "opened", 34), (2, "opened", 33), (3, "opened", 33)]);
    // A share of less than a gram is an origin all the same.
    let single = one(&graph, 11, Direction::Up);
    assert_eq!(ends(&single), [(1, "opened", 1), (2, "opened", 0), (3, "opened", 0)]);
}

#[test]
fn what_left_and_never_came_is_an_origin_of_everything_that_left() {
    let mut graph = graph(&[(1, 100, 0), (2, 0, 75), (3, 0, 75)], &[], &[(2, 1, 75), (3, 1, 75)]);
    graph.lots.get_mut(&id(1)).unwrap().unproven_g = 50;
    assert_eq!(ends(&one(&graph, 2, Direction::Up)), [(1, "opened", 50), (1, "unproven", 25)]);
    assert_eq!(ends(&one(&graph, 1, Direction::Down)), [(2, "held", 75), (3, "held", 75)]);
    assert_eq!(one(&graph, 1, Direction::Up).total_g, 150);
    // More arrived than was loaded: the same, on the road.
    graph.lots.insert(id(4), LotMasses { transit_g: -5, ..masses(0, 5) });
    assert_eq!(ends(&one(&graph, 4, Direction::Up)), [(4, "unproven", 5)]);
}

#[test]
fn treatments_end_mass_and_what_comes_out_goes_on() {
    let lots = [(1, 100, 0), (2, 300, 0), (3, 0, 80), (4, 0, 20)];
    let edges = [(50, 1, 100), (50, 2, 300), (3, 50, 80), (4, 50, 20)];
    let mut burnt = graph(&lots, &[(50, MixKind::Disposed, 400, 100)], &edges);
    burnt.lots.get_mut(&id(4)).unwrap().is_product = true;
    let fates = one(&burnt, 1, Direction::Down);
    assert_eq!(ends(&fates), [(3, "held", 20), (4, "product", 5), (50, "disposed", 75)]);
    assert_eq!(ends(&one(&burnt, 3, Direction::Up)), [(1, "opened", 20), (2, "opened", 60)]);
    // Lime was added: what went in is all in what came out, and the rest of that has its own origin.
    let limed = graph(
        &[(1, 100, 0), (3, 0, 120)],
        &[(50, MixKind::Disposed, 100, 120)],
        &[(50, 1, 100), (3, 50, 120)],
    );
    assert_eq!(ends(&one(&limed, 1, Direction::Down)), [(3, "held", 100)]);
    assert_eq!(ends(&one(&limed, 3, Direction::Up)), [(1, "opened", 100), (50, "added", 20)]);
}

#[test]
fn variance_is_a_fate_when_mass_went_and_an_origin_when_it_was_found() {
    let mut graph = graph(&[(1, 100, 90)], &[], &[]);
    let lot = graph.lots.get_mut(&id(1)).unwrap();
    (lot.variance_g, lot.unexplained_g) = (7, 3);
    assert_eq!(
        ends(&one(&graph, 1, Direction::Down)),
        [(1, "held", 90), (1, "variance", 7), (1, "unexplained", 3)]
    );
    graph.lots.insert(id(2), LotMasses { variance_g: -7, unexplained_g: -3, ..masses(80, 90) });
    assert_eq!(
        ends(&one(&graph, 2, Direction::Up)),
        [(2, "opened", 80), (2, "variance", 7), (2, "unexplained", 3)]
    );
    assert_eq!(one(&graph, 2, Direction::Down).total_g, 90);
}

#[test]
fn a_chain_of_diamonds_is_worked_node_by_node() {
    // 2 to the power of 60 paths, 180 nodes.
    let mut lots = vec![(0, 1_000_001, 0)];
    let mut edges = Vec::new();
    for n in (0..180).step_by(3) {
        lots.extend([(n + 1, 0, 0), (n + 2, 0, 0), (n + 3, 0, if n == 177 { 1_000_001 } else { 0 })]);
        edges.extend([
            (n + 1, n, 333_333),
            (n + 2, n, 666_668),
            (n + 3, n + 1, 333_333),
            (n + 3, n + 2, 666_668),
        ]);
    }
    let graph = graph(&lots, &[], &edges);
    let up = one(&graph, 180, Direction::Up);
    assert_eq!((ends(&up), up.carried.len()), (vec![(0, "opened", 1_000_001)], 240));
    assert_eq!(ends(&one(&graph, 0, Direction::Down)), [(180, "held", 1_000_001)]);
}

#[test]
fn lots_made_of_each_other_are_cut_where_they_are() {
    // 1 and 2 draw from each other, 3 draws from 1, 4 from itself.
    let lots = [(1, 10, 0), (2, 0, 5), (3, 0, 15), (4, 8, 4)];
    let graph = graph(&lots, &[], &[(1, 2, 20), (2, 1, 25), (3, 1, 15), (4, 4, 4)]);
    assert_eq!(ends(&one(&graph, 3, Direction::Up)), [(1, "opened", 5), (1, "loop", 10)]);
    assert_eq!(ends(&one(&graph, 1, Direction::Down)), [(1, "loop", 25), (3, "held", 15)]);
    assert_eq!(ends(&one(&graph, 2, Direction::Down)), [(2, "held", 5), (2, "loop", 20)]);
    assert_eq!(ends(&one(&graph, 4, Direction::Up)), [(4, "opened", 8), (4, "loop", 4)]);
}

#[test]
fn what_no_longer_counts_leads_nowhere() {
    let mut graph = graph(&[(1, 100, 100), (2, 0, 60)], &[], &[(2, 1, -60)]);
    assert_eq!(ends(&one(&graph, 1, Direction::Down)), [(1, "held", 100)]);
    // A lot the books know nothing of is an open end either way.
    graph.put_edge(id(1), id(7), 40);
    assert_eq!(ends(&one(&graph, 1, Direction::Up)), [(1, "opened", 100), (7, "unproven", 40)]);
    graph.put_edge(id(8), id(1), 50);
    assert_eq!(ends(&one(&graph, 1, Direction::Down)), [(1, "held", 100), (8, "unexplained", 50)]);
}

#[test]
fn masses_beyond_all_reason_do_not_overflow() {
    let most = i64::MAX;
    let graph = graph(&[(1, most, most), (2, 0, most)], &[], &[(2, 1, most), (2, 3, most)]);
    for n in [1, 2] {
        for direction in [Direction::Up, Direction::Down] {
            let found = trace(&graph, &BTreeSet::from([id(n)]), direction);
            assert_eq!(found.total_g, most);
        }
    }
}

#[test]
fn a_fate_is_closed_when_nothing_is_open_anywhere() {
    use MixKind::Disposed;
    let whole = |held_g, asked: &[u32], waiting: &[u16]| {
        let lots = [(1, 100, 0), (2, 0, 0), (3, 0, held_g)];
        let graph = graph(
            &lots,
            &[(50, Disposed, 100 - held_g, 0)],
            &[(2, 1, 100), (50, 2, 100 - held_g), (3, 2, held_g)],
        );
        let asked = asked.iter().copied().map(id).collect();
        Fate::of(&trace(&graph, &asked, Direction::Down), waiting.iter().copied().collect())
    };
    let burnt = whole(0, &[2], &[]);
    assert!(burnt.is_closed());
    assert_eq!((burnt.total_g, burnt.final_g), (100, 100));
    assert!(!whole(0, &[2], &[2]).is_closed(), "a line is still to leave");
    assert!(!whole(0, &[9], &[]).is_closed(), "what never moved has no fate");
    // The rejected part is asked for beside the line it is from, and counts once.
    let open = whole(1, &[2, 3], &[]);
    assert!(!open.is_closed());
    assert_eq!((open.total_g, open.final_g, open.open.len()), (100, 99, 1));
}

#[test]
fn no_open_end_is_final() {
    let closing: Vec<&str> =
        EndKind::ALL.into_iter().filter(|kind| kind.is_final()).map(EndKind::name).collect();
    assert_eq!(closing, ["shortfall", "product", "used", "disposed", "variance"]);
}

/// A small generator (xorshift), so that a failure repeats.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

/// A ledger of random draws and mixes, in which some lots give more than they have.
fn random(dice: &mut Dice) -> Graph {
    // Of each lot what was there at first, and what is left.
    let mut stock: Vec<(i64, i64)> = Vec::new();
    let (mut mixes, mut edges) = (Vec::new(), Vec::new());
    let small = |dice: &mut Dice| i64::try_from(dice.roll(1_000)).unwrap() + 1;
    for step in 0..40_u32 {
        let mut draws = Vec::new();
        for _ in 0..=dice.roll(3) {
            if !stock.is_empty() && dice.roll(5) > 0 {
                let from = usize::try_from(dice.roll(stock.len() as u64)).unwrap();
                let mass_g = if dice.roll(10) == 0 { small(dice) } else { stock[from].1.max(2) / 2 };
                stock[from].1 -= mass_g;
                draws.push((u32::try_from(from).unwrap(), mass_g));
            }
        }
        let fed_g: i64 = draws.iter().map(|(_, mass_g)| mass_g).sum();
        let lot = u32::try_from(stock.len()).unwrap();
        if draws.is_empty() {
            let opened_g = small(dice);
            stock.push((opened_g, opened_g));
        } else if dice.roll(2) == 0 {
            edges.extend(draws.iter().map(|(from, mass_g)| (lot, *from, *mass_g)));
            stock.push((0, fed_g));
        } else {
            let mix = 1_000 + step;
            let kind =
                [MixKind::Used, MixKind::Disposed, MixKind::Repacked][usize::try_from(dice.roll(3)).unwrap()];
            edges.extend(draws.iter().map(|(from, mass_g)| (mix, *from, *mass_g)));
            let mut outputs: Vec<i64> = (0..dice.roll(4)).map(|_| small(dice)).collect();
            if kind == MixKind::Repacked {
                outputs.push(1);
                outputs = largest_remainder(fed_g, &outputs);
            }
            for (n, output_g) in (lot..).zip(&outputs) {
                edges.push((n, mix, *output_g));
                stock.push((0, *output_g));
            }
            mixes.push((mix, kind, fed_g, outputs.iter().sum()));
        }
    }
    let lots = (0..).zip(&stock).map(|(n, (opened_g, left_g))| (n, *opened_g, *left_g));
    let lots: Vec<(u32, i64, i64)> = lots.collect();
    let mut made = graph(&lots, &mixes, &edges);
    for (n, (_, left_g)) in (0..).zip(&stock) {
        made.lots.get_mut(&id(n)).unwrap().unproven_g = (-*left_g).max(0);
    }
    made
}

#[test]
fn in_any_ledger_up_and_down_agree_and_sum_to_the_gram() {
    for seed in 1..=60 {
        let mut dice = Dice(seed);
        let graph = random(&mut dice);
        for n in 0..u32::try_from(graph.lots.len()).unwrap() {
            let (up, down) = (one(&graph, n, Direction::Up), one(&graph, n, Direction::Down));
            assert_eq!(up.total_g, down.total_g, "seed {seed}, lot {n}");
            for found in [up, down] {
                assert!(found.ends.iter().all(|end| end.mass_g >= 0 && end.kind != EndKind::Loop));
                let into = |node: &LotId| -> i64 {
                    let ways = found.carried.iter().filter(|way| match found.direction {
                        Direction::Up => way.parent == *node,
                        Direction::Down => way.child == *node,
                    });
                    ways.map(|way| way.mass_g).sum()
                };
                let others = found.reached.iter().filter(|(node, _)| **node != id(n));
                assert!(
                    others.into_iter().all(|(node, mass_g)| into(node) == *mass_g),
                    "seed {seed}, lot {n}"
                );
            }
        }
        // All origins of the ledger are all of its fates.
        let all: BTreeSet<LotId> = graph.lots.keys().copied().collect();
        let (up, down) = (trace(&graph, &all, Direction::Up), trace(&graph, &all, Direction::Down));
        assert_eq!(up.total_g, down.total_g, "seed {seed}");
    }
}
