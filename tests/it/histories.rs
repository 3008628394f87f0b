//! Ten thousand random histories: after every event the books agree with an oracle that knows no postings; facts in another
//! order, some of them twice, come to the same; what is clean adds up, and what is lost shows where it was lost and nowhere else.

mod agree;
mod arrive;
mod books;
mod hostile;
mod listing;
mod make;
mod on_site;
mod places;
mod spoil;
mod stored;
mod trip;

use std::collections::BTreeMap;

use liandan::custody::Subject;
use liandan::id::LotId;

use crate::support::random::Random;
use agree::{Agreed, Compared, feed, same};
use arrive::{as_it_happened, in_another_order, in_time};
use listing::complaint;
use make::{Hidden, History, Planted, Said};
use spoil::Spoilt;

const CLEAN: u64 = 3_000;
const HIDING: u64 = 2_000;
const SPOILT: u64 = 5_000;

/// `LIANDAN_SEED` runs a single history instead.
#[expect(clippy::disallowed_methods, reason = "a switch of the test run, not a setting of the program")]
fn seeds(count: u64) -> std::ops::Range<u64> {
    let chosen = std::env::var("LIANDAN_SEED").ok().map(|seed| seed.parse::<u64>().unwrap());
    chosen.map_or(0..count, |seed| seed..seed + 1)
}

/// True when all histories run, and not a chosen one.
fn runs_all(count: u64) -> bool {
    seeds(count) == (0..count)
}

/// Two orders of one history, one of them held to the oracle after every event, and both to each other at the end.
fn both_orders(seed: u64, faults: &[String], said: &[Said]) -> [Agreed; 2] {
    let mut random = Random::new(seed ^ 0xa11);
    let orders = [as_it_happened(said, &mut random), in_another_order(said, &mut random)];
    let watched = usize::from(!seed.is_multiple_of(3));
    let both = [0, 1].map(|n| {
        let compared = if n == watched { Compared::AfterEachEvent } else { Compared::AtTheEnd };
        feed(&orders[n], compared)
            .unwrap_or_else(|_| panic!("{}", complaint(seed, faults, &orders[n], parts)))
    });
    if same(&both[0], &both[1]).is_err() {
        panic!("{}", complaint(seed, faults, &orders[1], differs_from_in_time));
    }
    both
}

/// Where books and oracle part.
fn parts(order: &[Said]) -> Option<String> {
    feed(order, Compared::AfterEachEvent).err()
}

/// What differs between this order and that in which it happened.
fn differs_from_in_time(order: &[Said]) -> Option<String> {
    let fed = |order: &[Said]| feed(order, Compared::AtTheEnd).ok();
    same(&fed(&in_time(order))?, &fed(order)?).err()
}

/// What must be so at the end of a history in which everything but one hidden loss is stated.
fn adds_up(history: &History, agreed: &Agreed) -> Result<(), String> {
    let lost = |hidden: Hidden, lot: &LotId| {
        let planted = history.planted.as_ref().filter(|p| p.hidden == hidden && p.lots == [*lot]);
        planted.map_or(0, |planted| planted.mass_g)
    };
    let mut unexplained_g = 0;
    for (lot, sums) in &agreed.lots {
        let told = |what: &str, is: i64, must_be: i64| match is == must_be {
            true => Ok(()),
            false => Err(format!("{what} of lot {lot} is {is} g and must be {must_be} g")),
        };
        told("unproven mass", sums.unproven_g(), lost(Hidden::Undrawn, lot))?;
        let on_the_road_g = history.on_the_road.get(lot).copied().unwrap_or_default();
        told("transit", sums.transit_g, on_the_road_g + lost(Hidden::OnTheRoad, lot))?;
        if !history.planted.as_ref().is_some_and(|planted| planted.lots.contains(lot)) {
            told("unexplained variance", sums.unexplained_g, 0)?;
        }
        unexplained_g += sums.unexplained_g;
        let there = history.held.iter().filter(|((of, _), _)| of == lot);
        let there: BTreeMap<_, i64> = there.map(|((_, at), g)| ((at.party, at.site), *g)).collect();
        let held = sums.held.iter().filter(|(_, balance_g)| **balance_g > 0);
        if held.map(|(holder, g)| (*holder, *g)).collect::<BTreeMap<_, i64>>() != there {
            return Err(format!("of lot {lot} there is {there:?}, and the books say {sums:?}"));
        }
    }
    let hides = |p: &&Planted| matches!(p.hidden, Hidden::InRepacking | Hidden::InCount);
    let must_be = history.planted.as_ref().filter(hides).map_or(0, |planted| planted.mass_g);
    match unexplained_g == must_be {
        true => Ok(()),
        false => Err(format!("{unexplained_g} g are unexplained, and {must_be} g are missing")),
    }
}

/// Over all lots together: what is somewhere is what came in less what has a named fate. True whatever was said.
fn nothing_vanishes(agreed: &Agreed) -> Result<(), String> {
    let (mut there_g, mut should_g) = (0_i64, 0_i64);
    for lot in agreed.lots.values() {
        there_g = lot.held.values().fold(there_g.wrapping_add(lot.transit_g), |sum, g| sum.wrapping_add(*g));
        should_g = should_g.wrapping_add(lot.opened_g).wrapping_add(lot.generated_g);
        for gone_g in [lot.used_g, lot.disposed_g, lot.became_g, lot.variance_g, lot.unexplained_g] {
            should_g = should_g.wrapping_sub(gone_g);
        }
    }
    match there_g == should_g {
        true => Ok(()),
        false => Err(format!("{there_g} g are somewhere, {should_g} g should be")),
    }
}

fn check(seed: u64, history: &History, checked: Result<(), String>) {
    if let Err(why) = checked {
        panic!("{}", complaint(seed, &[], &history.said, |_| Some(why.clone())));
    }
}

#[test]
fn clean_histories_add_up_and_raise_nothing() {
    let mut plain = 0;
    for seed in seeds(CLEAN) {
        let history = History::clean(seed, 4 + (seed % 6) as usize, None);
        for agreed in both_orders(seed, &[], &history.said) {
            check(seed, &history, adds_up(&history, &agreed));
            check(seed, &history, nothing_vanishes(&agreed));
            plain += u64::from(history.is_plain);
            // Who holds what was refused at a gate is a matter of manifests, and told there.
            let mut raised = agreed.fed.open_in_any_order();
            raised.retain(|_, (_, subject, _)| history.is_plain || matches!(subject, Subject::Lot(_)));
            check(seed, &history, if raised.is_empty() { Ok(()) } else { Err(format!("{raised:?}")) });
        }
    }
    assert!(plain > CLEAN / 2 || !runs_all(CLEAN), "{plain}");
}

#[test]
fn a_hidden_loss_shows_to_the_gram_where_it_is_and_nowhere_else() {
    for seed in seeds(HIDING) {
        let all = [Hidden::OnTheRoad, Hidden::Undrawn, Hidden::InRepacking, Hidden::InCount];
        let hidden = all[(seed % 4) as usize];
        let history = History::clean(seed, 3, Some(hidden));
        assert!(history.planted.as_ref().is_some_and(|planted| planted.mass_g > 0));
        for agreed in both_orders(seed, &[], &history.said) {
            check(seed, &history, adds_up(&history, &agreed));
            check(seed, &history, nothing_vanishes(&agreed));
        }
    }
}

#[test]
fn whatever_is_said_the_books_say_what_the_bodies_do() {
    let mut conflicts = 0;
    for seed in seeds(SPOILT) {
        let history = History::clean(seed, 3 + (seed % 5) as usize, None);
        let Spoilt { said, faults } = Spoilt::of(&history, seed);
        for agreed in both_orders(seed, &faults, &said) {
            check(seed, &history, nothing_vanishes(&agreed));
            conflicts += u64::from(agreed.fed.has_conflicts);
        }
    }
    assert!(conflicts > SPOILT / 20 || !runs_all(SPOILT), "{conflicts}");
}

/// The whole naive folder, with manifests and all findings, beside every thirtieth of them.
#[test]
fn the_naive_folder_finds_the_same() {
    for seed in (0..SPOILT).step_by(30) {
        let history = History::clean(seed, 6, None);
        let Spoilt { said, faults } = Spoilt::of(&history, seed);
        let order = in_another_order(&said, &mut Random::new(seed));
        let compare = |agreed: Agreed| agreed.compare_findings();
        let fails = |order: &[Said]| feed(order, Compared::AtTheEnd).and_then(compare).err();
        if fails(&order).is_some() {
            panic!("{}", complaint(seed, &faults, &order, fails));
        }
    }
}
