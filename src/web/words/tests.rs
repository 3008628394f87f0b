use super::*;
use crate::custody::Subject;
use crate::custody::finding::Figures;

fn zone() -> FixedOffset {
    "+08:00".parse().unwrap()
}

#[test]
fn masses_are_exact_and_grouped() {
    for (grams, said, column) in [
        (32_000_000, "32\u{202f}吨", "32.000"),
        (31_200_500, "31.2005\u{202f}吨", "31.2005"),
        (1_234_567_890_123, "1\u{202f}234\u{202f}567.890123\u{202f}吨", "1\u{202f}234\u{202f}567.890123"),
        (999_999, "999.999\u{202f}千克", "0.999999"),
        (80_000, "80\u{202f}千克", "0.080"),
        (1, "0.001\u{202f}千克", "0.000001"),
        (0, "0\u{202f}千克", "0.000"),
        (-2_500, "\u{2212}2.5\u{202f}千克", "\u{2212}0.0025"),
        (i64::MIN, "\u{2212}9\u{202f}223\u{202f}372\u{202f}036\u{202f}854.775808\u{202f}吨", ""),
    ] {
        assert_eq!(mass(Lang::Zh, grams), said);
        assert!(column.is_empty() || tonnes(grams) == column, "{grams}: {}", tonnes(grams));
    }
    assert_eq!(mass(Lang::En, 80_000), "80\u{202f}kg");
}

#[test]
fn times_are_those_of_the_zone() {
    let at: Timestamp = "2026-03-02T17:05:00Z".parse().unwrap();
    assert_eq!(moment_text(zone(), at), "2026-03-03 01:05");
    assert!(moment(zone(), at).into_string().contains("2026-03-03T01:05:00+08:00"));
}

fn observation(rule: &str, figures: Figures) -> Observation {
    Observation {
        severity: None,
        rule: rule.to_owned(),
        subject: Subject::Party(Uscc::with_check("91371302MA3ACME01").unwrap()),
        discriminator: String::new(),
        concerns: Vec::new(),
        figures,
        evidence: Vec::new(),
        due: None,
        rises: Vec::new(),
    }
}

#[test]
fn a_finding_is_a_sentence_with_its_figures() {
    let party = Uscc::with_check("91371302MA3ACME01").unwrap();
    let name = PartyName { party, name: "临沂艾克美".to_owned(), name_en: Some("Acme".to_owned()) };
    let names = Names {
        parties: HashMap::from([(party, name)]),
        sites: HashMap::new(),
        with_record: BTreeSet::new(),
    };
    let zh = Speaker { lang: Lang::Zh, zone: zone(), names: &names };
    let en = Speaker { lang: Lang::En, ..zh };

    let figures = Figures::none()
        .with("line", 1)
        .with("shipped_g", 32_000_000)
        .with("received_g", 31_200_000)
        .with("difference_g", 800_000)
        .with("tolerance_g", 160_000);
    let seen = observation("mass-discrepancy", figures);
    let said =
        "第 1 行交出 32\u{202f}吨，收到 31.2\u{202f}吨，少 800\u{202f}千克（允许误差 160\u{202f}千克）。";
    assert_eq!(zh.sentence(&seen), said);
    assert!(en.sentence(&seen).contains("800\u{202f}kg less"));

    let figures = Figures::none().with("unproven_g", 5_000).with("party", party.to_string());
    let seen = observation("custody-unknown", figures);
    assert_eq!(zh.sentence(&seen), "5\u{202f}千克 没有任何登记来源。单位：临沂艾克美。");
    assert_eq!(en.sentence(&seen), "5\u{202f}kg have no recorded origin. Party: Acme.");

    let figures = Figures::none().with("lines", "1,2").with("from", party.to_string()).with("held_by", "");
    let seen = observation("custody-broken", figures.with("to", "91371311MA3RUBY02X"));
    assert!(
        zh.sentence(&seen).contains("第 1、2 行由 临沂艾克美 交给 91371311MA3RUBY02X，但当时的持有人是 无人")
    );

    let unknown = observation("a-rule-of-tomorrow", Figures::none().with("new_g", 2_000));
    assert_eq!(en.sentence(&unknown), "New_g: 2\u{202f}kg.");
}

#[test]
fn bases_name_their_source() {
    assert_eq!(basis(Lang::Zh, "S1 18; *"), "《危险废物转移管理办法》第 18 条；本项目提议*");
    assert_eq!(basis(Lang::En, "S2 80, 114"), "Solid Waste Law art. 80, 114");
    assert_eq!(basis(Lang::En, "S4"), "HJ 1259-2022, plans and registers of hazardous waste");
}
