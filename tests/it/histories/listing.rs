//! A failing history made as short as it fails, and told so that a person can read it.

use std::collections::BTreeMap;

use super::make::Said;

/// Leave out what is not needed for it to fail, and list the rest with the complaint.
pub(super) fn complaint(
    seed: u64,
    faults: &[String],
    arriving: &[Said],
    fails: impl Fn(&[Said]) -> Option<String>,
) -> String {
    let mut rest = arriving.to_vec();
    let Some(mut why) = fails(&rest) else { return format!("LIANDAN_SEED={seed} fails only now and then") };
    for n in (0..arriving.len()).rev() {
        let mut fewer = rest.clone();
        fewer.remove(n);
        if let Some(still) = fails(&fewer) {
            (rest, why) = (fewer, still);
        }
    }
    let mut names = Names::default();
    let lines: Vec<String> = rest.iter().map(|said| line(said, &mut names)).collect();
    let why = names.shorten(&why);
    format!("LIANDAN_SEED={seed} {faults:?}\n{}\n{why}", lines.join("\n"))
}

fn line(said: &Said, names: &mut Names) -> String {
    let event = said.event.to_json();
    let data = names.shorten(&event["data"].to_string());
    let (at, sent) = (said.event.occurred_at, said.recorded_at);
    let late = if at == sent { String::new() } else { format!(" (sent {sent})") };
    let id = names.shorten(&said.id.to_string());
    format!("{at}{late}  {:8} {:22} {id} {data}", said.by.0, event["kind"].as_str().unwrap_or_default())
}

/// Short names of long ids, in the order they are met.
#[derive(Default)]
struct Names(BTreeMap<String, String>);

impl Names {
    fn shorten(&mut self, text: &str) -> String {
        let is_long = |word: &&str| {
            word.len() >= 36 && word.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
        };
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-' || c == '_'));
        let mut short = text.to_owned();
        for word in words.filter(is_long) {
            let next = format!("#{}", self.0.len() + 1);
            let name = self.0.entry(word.to_owned()).or_insert(next);
            short = short.replace(word, name);
        }
        short
    }
}
