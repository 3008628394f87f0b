//! What events of others tell of waste, in our words: a notice for each says as what it was read, or why it was not.

use super::Told;
use super::quantity::{self, LISTS};
use crate::custody::document::json::MAX_QUOTED_CHARS;
use crate::custody::document::spot::Spot;
use crate::custody::finding::Figures;

/// Where GS1 keeps the words of CBV 2.0, which may stand for the bare word.
const WORDS: [&str; 3] =
    ["https://ref.gs1.org/cbv/BizStep-", "http://ref.gs1.org/cbv/BizStep-", "cbv:BizStep-"];

/// The kinds of ours that a business step tells of.
fn kind_of(step: &str) -> Option<&'static str> {
    Some(match step {
        "commissioning" | "creating_class_instance" => "waste.generated",
        "storing" | "stocking" => "waste.stored",
        "picking" | "staging_outbound" => "waste.withdrawn",
        "repackaging" | "packing" | "unpacking" => "waste.repacked",
        "collecting" | "loading" | "shipping" | "departing" | "consigning" => "waste.collected",
        "transporting" => "waste.transferred",
        "arriving" | "unloading" => "waste.delivered",
        "receiving" | "accepting" => "waste.received",
        "destroying" | "decommissioning" => "waste.disposed",
        _ => return None,
    })
}

/// Tells how an event is read.
pub(super) fn tell(event: &Spot<'_>, told: &mut Vec<Told>) {
    let written = event.text_of("bizStep").unwrap_or_default();
    let step = WORDS.iter().find_map(|prefix| written.strip_prefix(prefix)).unwrap_or(written);
    let shown: String = step.chars().take(MAX_QUOTED_CHARS).collect();
    let is_error = event.has("errorDeclaration");
    let (Some(kind), false) = (kind_of(step), is_error) else {
        let (zh, en) = if is_error {
            ("该事件被声明为错误，没有读成任何动作", "the event is declared an error and is read as nothing")
        } else {
            (
                "该事件的业务步骤不对应任何动作，没有读取",
                "the business step of the event is none of ours; it is not read",
            )
        };
        let mut notice = Told::notice("not-read", event, zh, en);
        notice.figures = Figures::none().with("biz_step", shown);
        return told.push(notice);
    };
    let lists = if event.text_of("type") == Some("TransformationEvent") { &LISTS[2..3] } else { &LISTS[..2] };
    let sum = quantity::sum(event, lists);
    let mut figures = Figures::none().with("as", kind).with("biz_step", shown);
    for (name, amount) in
        [("mass_g", sum.mass_g), ("volume_ml", sum.volume_ml), ("other_quantities", sum.other)]
    {
        if amount > 0 {
            figures = figures.with(name, amount);
        }
    }
    for (name, list, member) in [("from", "sourceList", "source"), ("to", "destinationList", "destination")] {
        let party = event.list(list).into_iter().find_map(|end| {
            let kind = end.text_of("type")?;
            kind.ends_with("party").then(|| end.text_of(member)).flatten()
        });
        if let Some(party) = party {
            figures = figures.with(name, party.chars().take(MAX_QUOTED_CHARS).collect::<String>());
        }
    }
    let mut notice =
        Told::notice("read-as", event, "该事件读作本账本的一种动作", "the event is read as one kind of ours");
    notice.figures = figures;
    told.push(notice);
}
