//! What made-up cities are drawn from: counted again from the real lines, and codes that the catalogue has.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;
use liandan::catalogue::Catalogue;
use liandan::custody::{Event, Statement};
use liandan::scenario::city::{City, Size};

use crate::support::committed::is_committed;

/// Kilograms of the units of weight that US manifests have: pounds, kilograms, short tons, metric tons.
fn kg(unit: &str) -> Option<f64> {
    match unit {
        "P" => Some(0.453_592_37),
        "K" => Some(1.0),
        "T" => Some(907.184_74),
        "M" => Some(1_000.0),
        _ => None,
    }
}

#[test]
fn the_shape_of_real_loads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/us");
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(folder.join("waste-lines.csv.gz")).unwrap())
        .read_to_string(&mut text)
        .unwrap();
    let mut lines: BTreeMap<String, u64> = BTreeMap::new();
    let mut weighed: BTreeMap<String, f64> = BTreeMap::new();
    let mut counted: BTreeMap<(&str, u64), u64> = BTreeMap::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.unwrap();
        *lines.entry(row[0].to_owned()).or_default() += 1;
        *counted.entry(("containers", row[3].parse().unwrap())).or_default() += 1;
        if let Some(kg) = kg(&row[6]) {
            *weighed.entry(row[0].to_owned()).or_default() += row[5].parse::<f64>().unwrap() * kg;
        }
    }
    let bits = weighed.values().map(|kg| u64::from(u64::BITS - (*kg as u64).leading_zeros()));
    bits.filter(|bits| *bits > 0).for_each(|bits| *counted.entry(("kg_bits", bits)).or_default() += 1);
    lines.values().for_each(|of| *counted.entry(("lines", *of)).or_default() += 1);
    let mut table = "what,value,count\n".to_owned();
    for what in ["lines", "containers", "kg_bits"] {
        let rows = counted.iter().filter(|((of, _), _)| *of == what);
        rows.for_each(|((_, value), count)| table.push_str(&format!("{what},{value},{count}\n")));
    }
    is_committed("seeds/us/shape.csv", &table);
}

#[test]
fn all_that_a_city_moves_is_in_the_catalogue_of_its_country() {
    let city = City::make(1, Size { manifests: 500, chunks_a_week: 4, with_faults: true }).unwrap();
    let mut codes = BTreeSet::new();
    for n in 0..city.chunks() {
        for act in city.chunk("city.example/liandan", n).unwrap().played.acts {
            if let Statement::ManifestRegistered(registered) =
                Event::parse(act.envelope.payload()).unwrap().statement
            {
                codes.extend(registered.lines.iter().map(|line| line.code));
            }
        }
    }
    assert!(codes.len() > 15, "{codes:?}");
    for code in codes {
        assert!(Catalogue::embedded().waste(&code).is_some(), "{code}");
    }
}
