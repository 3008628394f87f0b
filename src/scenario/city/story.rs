//! One load from its registration to its end, as lines of a script: as it should be, told late, or with one fault in it.

use super::load::{DAY, HOUR, Load};
use super::people::TURNS_OUT;

/// What is told of a load: lines at minutes of its week, and the findings planted in it by rule and subject.
#[derive(Clone, Default)]
pub(super) struct Story {
    pub(super) lines: Vec<(u32, String)>,
    pub(super) planted: Vec<(&'static str, String)>,
}

/// A load as it should be.
pub(super) const CLEAN: [fn(&Load<'_>) -> Story; 8] = [
    |load| load.plain("all", load.first_kg()),
    |load| load.plain(&format!("{} kg", load.first_kg() - 2), load.first_kg() - 2),
    |load| load.plain(&format!("{} kg", load.first_kg() + 2), load.first_kg() + 2),
    |load| load.changes_carriers(),
    |load| load.is_received_over_two_days(),
    |load| load.arrives_just_in_time(),
    |load| load.is_refused_and_taken_back(),
    |load| load.never_leaves(),
];

/// A load as it should be, of which a device tells hours later what others knew before: nothing is left of that once it is told.
pub(super) const LATE: [fn(&Load<'_>) -> Story; 2] =
    [|load| load.plain_but_told("sent +7h", ""), |load| load.plain_but_told("", "sent +9h")];

/// A load with a fault.
pub(super) const FAULTY: [fn(&Load<'_>) -> Story; 21] = [
    |load| load.loses_mass(),
    |load| load.turns_out_another_code(),
    |load| load.goes_to_another_site(),
    |load| load.goes_with_a_carrier_nobody_named(),
    |load| load.never_arrives(),
    |load| load.is_never_received(),
    |load| load.is_refused_and_forgotten(),
    |load| load.leaves_before_it_is_registered(),
    |load| load.is_delivered_by_somebody_else(),
    |load| load.leaves_a_lot_that_is_not_there(),
    |load| load.to("marsh", "disposes", "D1").goes("permit-scope", "because permit-scope \"once\""),
    |load| load.to("mirage", "uses", "R15").goes("permit-missing", "because permit-missing \"once\""),
    |load| load.of_annex().goes("plan-missing", "because plan-missing \"once\""),
    |load| load.off_contract().goes("contract-missing", ""),
    |load| load.has_no_escort(),
    |load| load.is_told_late(),
    |load| load.is_treated_twice(),
    |load| load.is_collected_by_one_signature(),
    |load| load.within_a_party().goes("same-party-both-ends", ""),
    |load| load.is_stated_by_a_wrong_clock(),
    |load| load.goes_far_off_the_way(),
];

impl Load<'_> {
    /// From the collection to the treatment the day after, with this said of what is received of the first line, and so much of it treated.
    fn goes_its_way(&self, story: Story, received: &str, first_kg: u32) -> Story {
        story
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, &self.to, ""))
            .ends(self, self.at + 3 * HOUR, received, first_kg)
    }

    fn plain(&self, received: &str, first_kg: u32) -> Story {
        self.goes_its_way(self.registered(""), received, first_kg)
    }

    fn plain_but_told(&self, collected: &str, delivered: &str) -> Story {
        self.registered("")
            .at(self.at, self.collection(collected))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, &self.to, delivered))
            .ends(self, self.at + 3 * HOUR, "all", self.first_kg())
    }

    /// Plain but for one thing that is wrong with its papers.
    fn goes(&self, rule: &'static str, how: &str) -> Story {
        self.goes_its_way(self.registered(how), "all", self.first_kg()).with(rule, self.name())
    }

    fn via_another(&self, story: Story) -> Story {
        let last = self.at + 4 * HOUR;
        story
            .at(self.at, self.collection(""))
            .at(self.at + HOUR, self.delivery(self.carrier, &self.other.label, ""))
            .at(last, self.delivery(self.other, &self.to, ""))
            .ends(self, last + 20, "all", self.first_kg())
    }

    fn changes_carriers(&self) -> Story {
        self.via_another(self.registered_via(&self.both_carriers(), ""))
    }

    /// Fifteen kilometres north and nearly all of that back, where two would do. A backlog of declarations leaves little time for longer ways.
    fn goes_far_off_the_way(&self) -> Story {
        let last = self.at + 4 * HOUR;
        let at = |line: String, lat: &str| format!("{line} gps {lat} 118.350000");
        self.registered_via(&self.both_carriers(), "")
            .at(self.at, at(self.collection(""), "35.100000"))
            .at(self.at + HOUR, at(self.delivery(self.carrier, &self.other.label, ""), "35.235000"))
            .at(last, at(self.delivery(self.other, &self.to, ""), "35.120000"))
            .ends(self, last + 20, "all", self.first_kg())
            .with("route-deviation", self.name())
    }

    fn is_received_over_two_days(&self) -> Story {
        let [part, rest] = self.receipts_of_two_days();
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, &self.to, ""))
            .at(self.at + 3 * HOUR, part)
            .at(self.at + DAY, rest)
            .at(self.at + 2 * DAY, self.treatment(self.first_kg()))
    }

    /// Two hours inside the city are allowed.
    fn arrives_just_in_time(&self) -> Story {
        let due = self.at + HOUR;
        let how = format!("due {:02}:{:02}", due % DAY / HOUR, due % HOUR);
        self.registered(&how)
            .at(self.at, self.collection(""))
            .at(due + 2 * HOUR - 1, self.delivery(self.carrier, &self.to, ""))
            .ends(self, due + 3 * HOUR, "all", self.first_kg())
    }

    /// Before dawn, when no vehicle is on the way out: one that goes both ways at a time is found.
    fn is_refused_and_taken_back(&self) -> Story {
        let (to, carrier, name) = (&self.to, &self.carrier.label, self.name());
        let back = (self.at / DAY + 1) * DAY + 4 * HOUR;
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to, ""))
            .at(self.at + 3 * HOUR, format!("{to} rejects {name} \"wet\""))
            .at(back, format!("{to} hands {name} to {carrier}"))
            .at(back + 2 * HOUR, self.delivery(self.carrier, self.sender(), ""))
    }

    fn never_leaves(&self) -> Story {
        self.registered("").at(self.at, format!("{} voids {} \"later\"", self.sender(), self.name()))
    }

    /// More than the tolerance of two in a hundred, two kilograms at least.
    fn loses_mass(&self) -> Story {
        let left_kg = self.first_kg() - (self.first_kg() * 3 / 100).max(3);
        let story = self.plain(&format!("{left_kg} kg"), left_kg);
        story.with("mass-discrepancy", self.name()).with("discrepancy-undeclared", self.name())
    }

    fn turns_out_another_code(&self) -> Story {
        let load = self.as_burnt();
        load.plain(&format!("all as {TURNS_OUT}"), load.first_kg()).with("kind-discrepancy", load.name())
    }

    fn goes_to_another_site(&self) -> Story {
        let load = self.as_burnt();
        let there = load.to(&format!("{}/store", load.to), "disposes", "D10");
        there.goes_its_way(load.registered(""), "all", load.first_kg()).with("wrong-consignee", load.name())
    }

    fn goes_with_a_carrier_nobody_named(&self) -> Story {
        self.via_another(self.registered("")).with("unplanned-carrier", self.name())
    }

    fn never_arrives(&self) -> Story {
        self.registered("").at(self.at, self.collection("")).with("in-transit-overdue", self.name())
    }

    fn is_never_received(&self) -> Story {
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, &self.to, ""))
            .with("receipt-unconfirmed", self.name())
    }

    fn is_refused_and_forgotten(&self) -> Story {
        let kept = self.first_kg() - 5;
        self.plain(&format!("{kept} kg rejects 5 kg \"wet\""), kept)
            .with("rejected-unresolved", format!("{}/1-rejected", self.name()))
    }

    fn leaves_before_it_is_registered(&self) -> Story {
        self.arose()
            .at(self.at, self.unregistered_collection())
            .at(self.at + HOUR, self.registration(&self.carrier.label, ""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, &self.to, ""))
            .ends(self, self.at + 3 * HOUR, "all", self.first_kg())
            .with("moved-without-manifest", self.name())
    }

    fn is_delivered_by_somebody_else(&self) -> Story {
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.other, &self.to, ""))
            .ends(self, self.at + 3 * HOUR, "all", self.first_kg())
            .with("custody-broken", self.name())
    }

    fn leaves_a_lot_that_is_not_there(&self) -> Story {
        let story = Story::default()
            .at(self.at - HOUR, self.registration(&self.carrier.label, ""))
            .at(self.at, self.collection_from_nothing())
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, &self.to, ""))
            .ends(self, self.at + 3 * HOUR, "all", self.first_kg());
        self.received_lots().fold(story, |story, lot| story.with("custody-unknown", lot))
    }

    fn has_no_escort(&self) -> Story {
        let (carrier, name) = (self.carrier, self.name());
        let assigned = format!("{} assigns {name} {} unescorted", carrier.label, carrier.plates[0]);
        let story = self.registered("unassigned").at(self.at - HOUR / 2, assigned);
        self.goes_its_way(story, "all", self.first_kg()).with("escort-missing", name)
    }

    fn is_told_late(&self) -> Story {
        self.plain_but_told("sent +3d", "").with("late-entry", self.name())
    }

    fn is_treated_twice(&self) -> Story {
        let again = self.treatment(self.first_kg());
        let story = self.plain("all", self.first_kg()).at(self.at + DAY + 4 * HOUR, again);
        self.received_lots().fold(story, |story, lot| story.with("treated-twice", lot))
    }

    fn is_collected_by_one_signature(&self) -> Story {
        self.plain_but_told("alone", "").with("handover-one-sided", self.name())
    }

    fn is_stated_by_a_wrong_clock(&self) -> Story {
        self.plain_but_told("skew +12m", "").with("clock-skew", self.name())
    }
}

impl Story {
    pub(super) fn at(mut self, minute: u32, line: String) -> Self {
        self.lines.push((minute, line));
        self
    }

    /// Received then, and treated the day after.
    fn ends(self, load: &Load<'_>, at: u32, received: &str, first_kg: u32) -> Self {
        self.at(at, load.receipt(received)).at(at + DAY, load.treatment(first_kg))
    }

    fn with(mut self, rule: &'static str, subject: String) -> Self {
        self.planted.push((rule, subject));
        self
    }
}
