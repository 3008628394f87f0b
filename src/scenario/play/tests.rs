use super::Played;
use crate::custody::{Event, Statement};
use crate::scenario::{Script, World};
use crate::shape::Basis;

fn play(text: &str) -> Played {
    Script::parse("s", text).unwrap().play(World::embedded(), "a.example/l").unwrap()
}

fn statements(text: &str) -> Vec<Statement> {
    let said = play(text).acts.into_iter().map(|act| Event::parse(act.envelope.payload()).unwrap().statement);
    said.collect()
}

const SHIPPED: &str = "08:00 acme generates L1 900-041-49 1200 kg in 6 drums\n\
    08:10 acme registers M1 900-041-49 1200 kg acme > swift > phoenix in 6 drums of 200 l\n";

#[test]
fn containers_are_named_when_loaded_and_later_only_what_differs() {
    let said = statements(&format!(
        "{SHIPPED}09:00 acme hands M1 to swift missing 1\n11:00 swift hands M1 to phoenix extra 1"
    ));
    let handover = |kind: &str| {
        let found = said.iter().find_map(|said| match said {
            Statement::WasteCollected(handover) if kind == "collected" => Some(handover),
            Statement::WasteDelivered(handover) if kind == "delivered" => Some(handover),
            _ => None,
        });
        found.unwrap()
    };
    let (collected, delivered) = (handover("collected"), handover("delivered"));
    assert_eq!((collected.lines[0].containers.len(), collected.missing.len()), (5, 1));
    assert!(!collected.lines[0].containers.contains(&collected.missing[0]));
    assert!(delivered.lines[0].containers.is_empty() && delivered.missing.is_empty());
    assert_eq!(delivered.extra.len(), 1);
}

#[test]
fn drums_go_along_as_far_as_they_are_emptied_into_the_load() {
    let said = statements(&format!("{SHIPPED}09:00 acme hands M1 to swift 500 kg"));
    let loaded = said.iter().find_map(|said| match said {
        Statement::WasteCollected(handover) => Some(handover.lines[0].containers.len()),
        _ => None,
    });
    assert_eq!(loaded, Some(2));
}

#[test]
fn lots_arise_together_and_each_line_draws_from_the_lot_in_its_place() {
    let said = statements(
        "08:00 acme opens L1 900-041-49 500 kg in 5 drums + L2 900-041-49 300 kg in 3 drums\n\
         08:10 acme registers M1 900-041-49 500 kg + 900-041-49 300 kg acme > swift > phoenix\n\
         09:00 acme hands M1 to swift from L1 500 kg + L2 300 kg",
    );
    assert!(matches!(&said[0], Statement::StockOpened(opened) if opened.lots.len() == 2));
    let loaded = said.iter().find_map(|said| match said {
        Statement::WasteCollected(handover) => Some(&handover.lines),
        _ => None,
    });
    let lines = loaded.unwrap().iter();
    let drawn: Vec<(usize, i64, usize)> =
        lines.map(|line| (line.drawn.len(), line.drawn[0].mass_g.get(), line.containers.len())).collect();
    assert_eq!(drawn, [(1, 500_000, 5), (1, 300_000, 3)]);
}

#[test]
fn one_weighing_is_shared_out_and_received_by_its_shares() {
    let said = statements(
        "08:00 garage opens 900-214-08 about 1 t\n08:00 piston opens 900-214-08 about 1 t\n\
         08:10 garage registers M1 900-214-08 100 kg garage > swift > lotus trip R1\n\
         08:10 piston registers M2 900-214-08 200 kg piston > swift > lotus trip R1\n\
         09:00 garage hands M1 to swift about 100 kg\n09:30 piston hands M2 to swift about 200 kg\n\
         11:00 swift hands M1 to lotus\n11:00 swift hands M2 to lotus\n\
         11:10 lotus weighs R1 290 kg over M1 + M2\n11:20 lotus receives M1 share\n11:20 lotus receives M2 share",
    );
    let mut masses = Vec::new();
    for said in &said {
        if let Statement::WasteReceived(received) = said {
            let accepted = received.lines[0].accepted.as_ref().unwrap();
            assert_eq!(accepted.basis, Basis::Computed);
            masses.push(accepted.grams());
        }
        if let Statement::WasteDelivered(handover) = said {
            assert_eq!(handover.lines[0].quantity.basis, Basis::Estimated);
        }
    }
    assert_eq!(masses, [96_667, 193_333]);
}

#[test]
fn a_feed_is_shared_out_over_what_is_left_in_store() {
    let said = statements(
        "08:00 phoenix opens L1 900-041-49 300 kg\n08:00 phoenix opens L2 900-041-49 100 kg\n\
         08:00 phoenix/store opens L3 900-041-49 500 kg\n\
         09:00 phoenix disposes 900-041-49 100 kg from L1 by D10\n\
         10:00 phoenix disposes 150 kg of 900-041-49 in proportion by D10",
    );
    let Some(Statement::WasteDisposed(feed)) = said.last() else { panic!("no feed") };
    let mut fed: Vec<i64> = feed.inputs.iter().map(|input| input.mass_g.get()).collect();
    fed.sort_unstable();
    assert_eq!(fed, [50_000, 100_000]);
    assert_eq!(feed.weighed.as_ref().unwrap().grams(), 150_000);
}

#[test]
fn a_handover_that_both_sides_state_is_drawn_once() {
    let said = statements(&format!(
        "{SHIPPED}09:00 acme hands M1 to swift releasing alone\n09:00 acme hands M1 to swift alone mass 1190 kg\n\
         10:00 acme registers M2 900-041-49 100 kg acme > heron > phoenix\n10:10 acme hands M2 to heron"
    ));
    let drawn = said.iter().filter_map(|said| match said {
        Statement::WasteCollected(handover) => {
            Some((handover.lines[0].drawn.len(), handover.lines[0].containers.len()))
        }
        _ => None,
    });
    assert_eq!(drawn.collect::<Vec<_>>(), [(1, 6), (1, 6), (0, 0)]);
}

#[test]
fn paper_waits_for_everybody_else_on_it() {
    let text = format!(
        "{SHIPPED}18:00 acme backfills M1 acme > swift 09:20 + swift > phoenix 16:05 1190 kg \"no signal\"\n\
         18:10 swift countersigns M1\n18:20 phoenix countersigns M1"
    );
    let said = statements(&text);
    let paper =
        said.iter().find_map(|said| if let Statement::PaperBackfilled(s) = said { Some(s) } else { None });
    let paper = paper.unwrap();
    assert!(paper.handovers[0].from_site.is_some() && paper.handovers[0].vehicle.is_some());
    assert!(paper.handovers[1].to_site.is_some() && paper.handovers[1].vehicle.is_none());
    assert_eq!(paper.handovers[1].lines[0].quantity.grams(), 1_190_000);
    assert!(
        Script::parse("s", &format!("{text}\n18:30 heron countersigns M1"))
            .unwrap()
            .play(World::embedded(), "a.example/l")
            .is_err()
    );
}

#[test]
fn what_was_refused_at_the_gate_leaves_no_site_and_can_follow_from_a_yard() {
    let said = statements(&format!(
        "{SHIPPED}09:00 acme hands M1 to swift\n11:00 phoenix rejects M1 at gate \"wet\"\n\
         12:00 swift hands M1 to swift/yard\n12:10 swift/yard registers M2 900-041-49 1200 kg swift/yard > swift > crane follows M1\n\
         13:00 swift/yard hands M2 to swift from M1/1-rejected 1200 kg"
    ));
    let returned =
        said.iter().find_map(|said| if let Statement::WasteReturned(s) = said { Some(s) } else { None });
    let returned = returned.unwrap();
    assert!(returned.from_site.is_none() && returned.to_site.is_some());
    let Some(Statement::WasteCollected(followed)) = said.last() else { panic!("nothing followed") };
    assert_eq!(followed.from_site, returned.to_site);
    assert_eq!(followed.lines[0].drawn.len(), 1);
}
