//! What happens to waste at one place: it arises, is repacked, treated, counted and put away.

use liandan::catalogue::WasteCode;
use liandan::custody::Statement;
use liandan::custody::payload::waste::{
    CountedStock, Draw, Loss, LotsAppeared, NewLot, OutputLot, Repacked, StockCounted, StoreMoved, Treated,
    VarianceCause,
};
use liandan::id::LotId;
use liandan::shape::{List, Text};

use super::make::{Hidden, Maker, Stock, grams, quantity};
use super::places::{ASH, OIL, Places, code_of};

impl Maker {
    pub(super) fn appears(&mut self) {
        let place = self.one_of(&Places::all().producers);
        let mut lots = Vec::new();
        for _ in 0..=self.random.below(3) {
            let (lot, mass_g) = (self.new_lot(), self.some_g(20_000_000));
            self.put(lot, place, Some(code_of(OIL)), mass_g);
            lots.push(new_lot(lot, code_of(OIL), mass_g));
        }
        let appeared = LotsAppeared { site: place.site, lots: List::new(lots).unwrap(), facility: None };
        let opens = self.once_in(3);
        let statement =
            if opens { Statement::StockOpened(appeared) } else { Statement::WasteGenerated(appeared) };
        self.fact(place, statement);
    }

    /// Lots are merged, split or both; what is lost on the way is stated with its cause.
    pub(super) fn repacks(&mut self) {
        let Some((place, code)) = self.any_stock(|stock| stock.code.is_some()) else { return };
        let inputs = self.draw(place, code);
        let mut left_g: i64 = inputs.iter().map(|input| input.mass_g.get()).sum();
        if left_g > 1 && self.hides(Hidden::InRepacking) {
            let lost_g = self.some_g(left_g - 1);
            self.plant(Hidden::InRepacking, inputs.iter().map(|input| input.lot).collect(), lost_g);
            left_g -= lost_g;
        }
        let mut losses = Vec::new();
        while left_g > 1 && losses.len() < 3 && self.once_in(2) {
            let mass_g = self.some_g(left_g - 1);
            left_g -= mass_g;
            losses.push(Loss { cause: self.any_cause(), mass_g: grams(mass_g), note: None });
        }
        let parts = 1 + self.random.below(3);
        let mut outputs = Vec::new();
        for part in self.split(left_g, parts) {
            let lot = self.new_lot();
            self.put(lot, place, Some(code), part);
            outputs.push(new_lot(lot, code, part));
        }
        self.fact(
            place,
            Statement::WasteRepacked(Repacked {
                site: place.site,
                inputs: List::new(inputs).unwrap(),
                outputs: List::new(outputs).unwrap(),
                losses: List::new(losses).unwrap(),
            }),
        );
    }

    fn any_cause(&mut self) -> VarianceCause {
        use VarianceCause::*;
        self.one_of(&[WaterLoss, Rinsing, Tare, Weighing, Spill, Other])
    }

    /// So many grams in up to so many parts of at least one.
    pub(super) fn split(&mut self, mass_g: i64, parts: usize) -> Vec<i64> {
        let mut left_g = mass_g;
        let mut split = Vec::new();
        while split.len() + 1 < parts && left_g > 1 {
            let part_g = self.some_g(left_g - 1);
            left_g -= part_g;
            split.push(part_g);
        }
        split.push(left_g);
        split
    }

    pub(super) fn treats(&mut self) {
        let places = Places::all();
        let Some((place, code)) = self.any_stock(|stock| places.method_at(stock.place).is_some()) else {
            return;
        };
        let Some(method) = places.method_at(place) else { return };
        let inputs = self.draw(place, code);
        let mut left_g: i64 = inputs.iter().map(|input| input.mass_g.get()).sum();
        let weighed = self.once_in(2).then(|| quantity(left_g));
        let mut outputs = Vec::new();
        while left_g > 1 && outputs.len() < 2 && self.once_in(2) {
            let (lot, mass_g) = (self.new_lot(), self.some_g(left_g - 1));
            let code = self.once_in(2).then(|| code_of(ASH));
            left_g -= mass_g;
            self.put(lot, place, code, mass_g);
            let name = Text::new(if code.is_some() { "飞灰" } else { "基础油" }).unwrap();
            outputs.push(OutputLot { lot, code, name, quantity: quantity(mass_g) });
        }
        let treated = Treated {
            site: place.site,
            inputs: List::new(inputs).unwrap(),
            method,
            weighed,
            outputs: List::new(outputs).unwrap(),
        };
        let uses = place.site == places.refines_oil.site;
        self.fact(
            place,
            if uses { Statement::WasteUsed(treated) } else { Statement::WasteDisposed(treated) },
        );
    }

    /// Somebody counts a lot, and the scale and the book differ for a reason that is known.
    pub(super) fn counts(&mut self) {
        let Some((place, code)) = self.any_stock(|stock| stock.code.is_some()) else { return };
        let here: Vec<usize> = (0..self.stock.len())
            .filter(|n| self.stock[*n].place == place && self.stock[*n].code == Some(code))
            .collect();
        let n = self.one_of(&here);
        let mut counted =
            CountedStock { code, lot: None, mass_g: 0, differs_g: None, cause: None, reason: None };
        let stock = self.stock[n];
        let hides = stock.mass_g > 0 && self.hides(Hidden::InCount);
        if hides || !self.once_in(4) {
            let lost_g = if stock.mass_g > 0 { self.some_g(stock.mass_g) } else { 0 };
            let differs_g = if hides || self.once_in(2) { -lost_g } else { self.some_g(1_000_000) };
            counted.lot = Some(stock.lot);
            counted.differs_g = (differs_g != 0).then_some(differs_g);
            counted.cause = counted.differs_g.filter(|_| !hides).map(|_| self.any_cause());
            self.stock[n].mass_g += differs_g;
            if hides {
                self.plant(Hidden::InCount, vec![stock.lot], lost_g);
            }
        }
        counted.mass_g = self.stock[n].mass_g.unsigned_abs();
        let counts = List::new(vec![counted]).unwrap();
        self.fact(place, Statement::StockCounted(StockCounted { site: place.site, counts }));
    }

    /// Into the storage room, or out of it what was put there: nothing changes hands.
    pub(super) fn puts_away(&mut self) {
        let Some((place, code)) = self.any_stock(|stock| stock.code.is_some()) else { return };
        let here = self.stock.iter().find(|s| s.place == place && s.code == Some(code) && s.mass_g > 0);
        let Some(&Stock { lot, mass_g: there_g, .. }) = here else { return };
        let stored_g = self.stored_g.entry((lot, place)).or_default();
        let enters = *stored_g == 0 || self.random.below(2) == 0;
        let mass_g = if enters { there_g } else { there_g.min(*stored_g) };
        *stored_g += if enters { mass_g } else { -mass_g };
        let lots = List::new(vec![Draw { lot, mass_g: grams(mass_g) }]).unwrap();
        let moved = StoreMoved { site: place.site, facility: Text::new("TS001").unwrap(), lots };
        self.fact(
            place,
            if enters { Statement::WasteStored(moved) } else { Statement::WasteWithdrawn(moved) },
        );
    }
}

fn new_lot(lot: LotId, code: WasteCode, mass_g: i64) -> NewLot {
    NewLot { lot, code, quantity: quantity(mass_g), since: None, containers: List::default() }
}
