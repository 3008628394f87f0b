//! One load from its registration to its end, as lines of a script: as it should be, or with one fault in it.

use crate::support::random::Random;

/// Whom waste goes from and to, and what becomes of it there.
struct Way {
    from: &'static str,
    code: &'static str,
    to: &'static str,
    treats: &'static str,
    method: &'static str,
}

const ACME_TO_PHOENIX: Way =
    Way { from: "acme", code: "900-041-49", to: "phoenix", treats: "disposes", method: "D10" };

/// Ways that the world plans, permits and has contracts for.
const WAYS: [Way; 8] = [
    ACME_TO_PHOENIX,
    Way { code: "900-249-08", ..ACME_TO_PHOENIX },
    Way { from: "resin", code: "265-103-13", ..ACME_TO_PHOENIX },
    Way { from: "pharma", code: "271-001-02", ..ACME_TO_PHOENIX },
    Way { from: "pharma", code: "271-001-02", to: "crane", ..ACME_TO_PHOENIX },
    Way { from: "ruby/plating", code: "336-064-17", to: "lotus", treats: "uses", method: "R4" },
    Way { from: "ruby/sludge", code: "336-064-17", to: "lotus", treats: "uses", method: "R4" },
    Way { from: "battery", code: "900-052-31", to: "lotus", treats: "uses", method: "R4" },
];

const CARRIERS: [&str; 3] = ["swift", "heron", "badger"];
/// A vehicle of each.
const VEHICLES: [&str; 3] = ["鲁Q10001", "鲁Q20001", "鲁Q30001"];

/// Minutes of an hour and of a day.
const HOUR: u32 = 60;
const DAY: u32 = 24 * HOUR;

/// A load: its number, its way, its mass in kilograms, when it is collected in minutes of its week, and who carries it.
pub(super) struct Load {
    no: usize,
    way: &'static Way,
    kg: u32,
    at: u32,
    carrier: &'static str,
    other: &'static str,
}

/// What is told of a load: lines at minutes of its week, and the findings planted in it by rule and subject.
#[derive(Default)]
pub(super) struct Story {
    pub(super) lines: Vec<(u32, String)>,
    pub(super) planted: Vec<(&'static str, String)>,
}

/// A load as it should be.
pub(super) const CLEAN: [fn(&Load) -> Story; 8] = [
    |load| load.plain("all"),
    |load| load.plain(&format!("{} kg", load.kg - 2)),
    |load| load.plain(&format!("{} kg", load.kg + 2)),
    Load::changes_carriers,
    Load::is_received_over_two_days,
    Load::arrives_just_in_time,
    Load::is_refused_and_taken_back,
    Load::never_leaves,
];

/// A load with a fault.
pub(super) const FAULTY: [fn(&Load) -> Story; 21] = [
    Load::loses_mass,
    Load::turns_out_another_code,
    Load::goes_to_another_site,
    Load::goes_with_a_carrier_nobody_named,
    Load::never_arrives,
    Load::is_never_received,
    Load::is_refused_and_forgotten,
    Load::leaves_before_it_is_registered,
    Load::is_delivered_by_somebody_else,
    Load::leaves_a_lot_that_is_not_there,
    Load::goes_where_no_item_has_its_code,
    Load::goes_where_no_permit_is,
    Load::is_in_no_plan,
    Load::has_no_contract,
    Load::has_no_escort,
    Load::is_told_late,
    Load::is_treated_twice,
    Load::is_collected_by_one_signature,
    Load::goes_from_a_party_to_itself,
    Load::is_stated_by_a_wrong_clock,
    Load::goes_far_off_the_way,
];

impl Load {
    /// Any load, collected on a working day.
    pub(super) fn any(no: usize, random: &mut Random) -> Self {
        let carrier = random.below(CARRIERS.len());
        Self {
            no,
            way: &WAYS[random.below(WAYS.len())],
            kg: 10 + random.below(11) as u32,
            at: random.below(5) as u32 * DAY + 9 * HOUR + random.below(5 * 60) as u32,
            carrier: CARRIERS[carrier],
            other: CARRIERS[(carrier + 1) % CARRIERS.len()],
        }
    }

    /// The same load, from acme to phoenix.
    fn as_of_acme(&self) -> Self {
        Self { way: &ACME_TO_PHOENIX, ..*self }
    }

    fn name(&self) -> String {
        format!("M{:06}", self.no)
    }

    fn lot(&self) -> String {
        format!("L{:06}", self.no)
    }

    fn arose(&self) -> Story {
        let Self { way, kg, .. } = self;
        let opens = format!("{} opens {} {} {kg} kg", way.from, self.lot(), way.code);
        Story::default().at(self.at - 2 * HOUR, opens)
    }

    fn registered_via(&self, carriers: &str, how: &str) -> Story {
        self.arose().at(self.at - HOUR, self.registration(self.way.to, carriers, how))
    }

    fn registration(&self, to: &str, carriers: &str, how: &str) -> String {
        let Self { way, kg, .. } = self;
        let (from, code, name) = (way.from, way.code, self.name());
        format!("{from} registers {name} {code} {kg} kg {from} > {carriers} > {to} drums of 200 l {how}")
    }

    fn registered(&self, how: &str) -> Story {
        self.registered_via(self.carrier, how)
    }

    fn collection(&self, how: &str) -> String {
        let from = self.way.from;
        format!("{from} hands {} to {} from {} {} kg {how}", self.name(), self.carrier, self.lot(), self.kg)
    }

    fn delivery(&self, carrier: &str, to: &str) -> String {
        format!("{carrier} hands {} to {to}", self.name())
    }

    fn receipt(&self, to: &str, what: &str) -> String {
        format!("{to} receives {} {what}", self.name())
    }

    /// Treated the day after, as much of it as is there.
    fn treatment(&self, at: &str, code: &str, kg: u32) -> String {
        let Way { treats, method, .. } = self.way;
        // What is burnt leaves ash.
        let left = if *method == "D10" { format!("gives {} kg 772-003-18", kg / 5) } else { String::new() };
        format!("{at} {treats} {code} {kg} kg from {} by {method} {left}", self.name())
    }

    /// From the collection to the treatment, with these masses received and treated.
    fn goes_its_way(&self, story: Story, received: &str, kg: u32) -> Story {
        let to = self.way.to;
        story
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to))
            .at(self.at + 3 * HOUR, self.receipt(to, received))
            .at(self.at + DAY, self.treatment(to, self.way.code, kg))
    }

    fn plain(&self, received: &str) -> Story {
        let kg = received.strip_suffix(" kg").map_or(self.kg, |kg| kg.parse().unwrap());
        self.goes_its_way(self.registered(""), received, kg)
    }

    fn changes_carriers(&self) -> Story {
        let (to, last) = (self.way.to, self.at + 4 * HOUR);
        self.registered_via(&format!("{} > {}", self.carrier, self.other), "")
            .at(self.at, self.collection(""))
            .at(self.at + HOUR, self.delivery(self.carrier, self.other))
            .at(last, self.delivery(self.other, to))
            .at(last + 20, self.receipt(to, "all"))
            .at(last + DAY, self.treatment(to, self.way.code, self.kg))
    }

    /// Fifteen kilometres north and nearly all of that back, where two would do. A backlog of declarations leaves little time for longer ways.
    fn goes_far_off_the_way(&self) -> Story {
        let (to, last) = (self.way.to, self.at + 4 * HOUR);
        let at = |line: String, lat: &str| format!("{line} gps {lat} 118.350000");
        self.registered_via(&format!("{} > {}", self.carrier, self.other), "")
            .at(self.at, at(self.collection(""), "35.100000"))
            .at(self.at + HOUR, at(self.delivery(self.carrier, self.other), "35.235000"))
            .at(last, at(self.delivery(self.other, to), "35.120000"))
            .at(last + 20, self.receipt(to, "all"))
            .at(last + DAY, self.treatment(to, self.way.code, self.kg))
            .with("route-deviation", &self.name())
    }

    fn is_received_over_two_days(&self) -> Story {
        let (to, half) = (self.way.to, self.kg / 2);
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to))
            .at(self.at + 3 * HOUR, self.receipt(to, &format!("{half} kg more")))
            .at(self.at + DAY, self.receipt(to, &format!("{} kg", self.kg - half)))
            .at(self.at + 2 * DAY, self.treatment(to, self.way.code, self.kg))
    }

    /// Two hours inside the city are allowed.
    fn arrives_just_in_time(&self) -> Story {
        let load = self.as_of_acme();
        let due = load.at + HOUR;
        let how = format!("due {:02}:{:02}", due % DAY / HOUR, due % HOUR);
        load.registered(&how)
            .at(load.at, load.collection(""))
            .at(due + 2 * HOUR - 1, load.delivery(load.carrier, "phoenix"))
            .at(due + 3 * HOUR, load.receipt("phoenix", "all"))
            .at(due + DAY, load.treatment("phoenix", load.way.code, load.kg))
    }

    fn is_refused_and_taken_back(&self) -> Story {
        let party = self.way.from.split('/').next().unwrap();
        let to = self.way.to;
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to))
            .at(self.at + 3 * HOUR, format!("{to} rejects {} \"wet\"", self.name()))
            .at(self.at + DAY, self.delivery(to, self.carrier))
            .at(self.at + DAY + 2 * HOUR, self.delivery(self.carrier, party))
    }

    fn never_leaves(&self) -> Story {
        self.registered("").at(self.at, format!("{} voids {} \"later\"", self.way.from, self.name()))
    }

    fn loses_mass(&self) -> Story {
        let name = self.name();
        let story = self.plain(&format!("{} kg", self.kg - 3));
        story.with("mass-discrepancy", &name).with("discrepancy-undeclared", &name)
    }

    fn turns_out_another_code(&self) -> Story {
        let load = self.as_of_acme();
        load.registered("")
            .at(load.at, load.collection(""))
            .at(load.at + 2 * HOUR, load.delivery(load.carrier, "phoenix"))
            .at(load.at + 3 * HOUR, load.receipt("phoenix", "all as 900-252-12"))
            .at(load.at + DAY, load.treatment("phoenix", load.way.code, load.kg))
            .with("kind-discrepancy", &load.name())
    }

    fn goes_to_another_site(&self) -> Story {
        let load = self.as_of_acme();
        let there = "phoenix/store";
        load.registered("")
            .at(load.at, load.collection(""))
            .at(load.at + 2 * HOUR, load.delivery(load.carrier, there))
            .at(load.at + 3 * HOUR, load.receipt(there, "all"))
            .at(load.at + DAY, load.treatment(there, load.way.code, load.kg))
            .with("wrong-consignee", &load.name())
    }

    fn goes_with_a_carrier_nobody_named(&self) -> Story {
        let (to, last) = (self.way.to, self.at + 4 * HOUR);
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + HOUR, self.delivery(self.carrier, self.other))
            .at(last, self.delivery(self.other, to))
            .at(last + 20, self.receipt(to, "all"))
            .at(last + DAY, self.treatment(to, self.way.code, self.kg))
            .with("unplanned-carrier", &self.name())
    }

    fn never_arrives(&self) -> Story {
        self.registered("").at(self.at, self.collection("")).with("in-transit-overdue", &self.name())
    }

    fn is_never_received(&self) -> Story {
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, self.way.to))
            .with("receipt-unconfirmed", &self.name())
    }

    fn is_refused_and_forgotten(&self) -> Story {
        let kept = self.kg - 5;
        self.goes_its_way(self.registered(""), &format!("{kept} kg rejects 5 kg \"wet\""), kept)
            .with("rejected-unresolved", &format!("{}/1-rejected", self.name()))
    }

    fn leaves_before_it_is_registered(&self) -> Story {
        let Self { way, kg, .. } = self;
        let how = format!("{} {kg} kg from {} {kg} kg", way.code, self.lot());
        self.arose()
            .at(self.at, format!("{} hands {} to {} {how}", way.from, self.name(), self.carrier))
            .at(self.at + HOUR, self.registration(way.to, self.carrier, ""))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, way.to))
            .at(self.at + 3 * HOUR, self.receipt(way.to, "all"))
            .at(self.at + DAY, self.treatment(way.to, way.code, *kg))
            .with("moved-without-manifest", &self.name())
    }

    fn is_delivered_by_somebody_else(&self) -> Story {
        let to = self.way.to;
        self.registered("")
            .at(self.at, self.collection(""))
            .at(self.at + 2 * HOUR, self.delivery(self.other, to))
            .at(self.at + 3 * HOUR, self.receipt(to, "all"))
            .at(self.at + DAY, self.treatment(to, self.way.code, self.kg))
            .with("custody-broken", &self.name())
    }

    fn leaves_a_lot_that_is_not_there(&self) -> Story {
        let story = Story::default().at(self.at - HOUR, self.registration(self.way.to, self.carrier, ""));
        let to = self.way.to;
        story
            .at(self.at, format!("{} hands {} to {} from nothing", self.way.from, self.name(), self.carrier))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to))
            .at(self.at + 3 * HOUR, self.receipt(to, "all"))
            .at(self.at + DAY, self.treatment(to, self.way.code, self.kg))
            .with("custody-unknown", &format!("{}/1", self.name()))
    }

    /// From acme, treated as the site there does it.
    fn goes_to(&self, way: &'static Way, how: &str) -> Story {
        let load = Self { way, ..*self };
        load.goes_its_way(load.registered(how), "all", load.kg)
    }

    fn goes_where_no_item_has_its_code(&self) -> Story {
        const WAY: Way = Way { to: "marsh", method: "D1", ..ACME_TO_PHOENIX };
        self.goes_to(&WAY, "because permit-scope \"once\"").with("permit-scope", &self.name())
    }

    fn goes_where_no_permit_is(&self) -> Story {
        const WAY: Way = Way { to: "mirage", treats: "uses", method: "R15", ..ACME_TO_PHOENIX };
        self.goes_to(&WAY, "because permit-missing \"once\"").with("permit-missing", &self.name())
    }

    fn is_in_no_plan(&self) -> Story {
        const WAY: Way = Way { from: "acme/paint", ..ACME_TO_PHOENIX };
        self.goes_to(&WAY, "because plan-missing \"once\"").with("plan-missing", &self.name())
    }

    fn has_no_contract(&self) -> Story {
        const WAY: Way = Way { from: "garage", code: "900-214-08", ..ACME_TO_PHOENIX };
        self.goes_to(&WAY, "").with("contract-missing", &self.name())
    }

    fn has_no_escort(&self) -> Story {
        let (carrier, name) = (self.carrier, self.name());
        let plate = VEHICLES[CARRIERS.iter().position(|known| *known == carrier).unwrap()];
        let story = self.registered("unassigned");
        let story = story.at(self.at - HOUR / 2, format!("{carrier} assigns {name} {plate} unescorted"));
        self.goes_its_way(story, "all", self.kg).with("escort-missing", &name)
    }

    fn is_told_late(&self) -> Story {
        let to = self.way.to;
        self.registered("")
            .at(self.at, self.collection("sent +3d"))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to))
            .at(self.at + 3 * HOUR, self.receipt(to, "all"))
            .at(self.at + DAY, self.treatment(to, self.way.code, self.kg))
            .with("late-entry", &self.name())
    }

    fn is_treated_twice(&self) -> Story {
        let again = self.treatment(self.way.to, self.way.code, self.kg);
        self.plain("all").at(self.at + DAY + HOUR, again).with("treated-twice", &format!("{}/1", self.name()))
    }

    fn is_collected_by_one_signature(&self) -> Story {
        let to = self.way.to;
        self.registered("")
            .at(self.at, self.collection("alone"))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to))
            .at(self.at + 3 * HOUR, self.receipt(to, "all"))
            .at(self.at + DAY, self.treatment(to, self.way.code, self.kg))
            .with("handover-one-sided", &self.name())
    }

    fn goes_from_a_party_to_itself(&self) -> Story {
        const WAY: Way = Way { from: "phoenix", to: "phoenix/store", ..ACME_TO_PHOENIX };
        self.goes_to(&WAY, "").with("same-party-both-ends", &self.name())
    }

    fn is_stated_by_a_wrong_clock(&self) -> Story {
        let to = self.way.to;
        self.registered("")
            .at(self.at, self.collection("skew +12m"))
            .at(self.at + 2 * HOUR, self.delivery(self.carrier, to))
            .at(self.at + 3 * HOUR, self.receipt(to, "all"))
            .at(self.at + DAY, self.treatment(to, self.way.code, self.kg))
            .with("clock-skew", &self.name())
    }
}

impl Story {
    fn at(mut self, minute: u32, line: String) -> Self {
        self.lines.push((minute, line));
        self
    }

    fn with(mut self, rule: &'static str, subject: &str) -> Self {
        self.planted.push((rule, subject.to_owned()));
        self
    }
}
