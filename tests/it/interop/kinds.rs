//! src/web/assets/verify/kinds.js: the kinds of event as the browser knows them, made from the program's own table.

use liandan::custody::{Class, Kind};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/web/assets/verify/kinds.js");

#[test]
fn the_browser_knows_every_kind() {
    let rows = Kind::ALL.iter().map(|kind| {
        let (name, zh, is_fact) = (kind.name(), kind.name_zh(), kind.class() == Class::Fact);
        format!("  [\"{name}\", {{ zh: \"{zh}\", isFact: {is_fact} }}],\n")
    });
    let text = format!(
        "// Every kind of event: its Chinese name, and whether it is a fact. Made from src/custody/kind.rs, never edited:\n\
         // LIANDAN_BLESS=1 cargo test --test it the_browser_knows_every_kind\n\n\
         /** @type {{ReadonlyMap<string, {{ zh: string, isFact: boolean }}>}} */\n\
         export const KINDS = new Map([\n{}]);\n",
        rows.collect::<String>()
    );
    if super::bless() {
        std::fs::write(FILE, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(FILE).unwrap(), text, "bless it and read the difference");
}
