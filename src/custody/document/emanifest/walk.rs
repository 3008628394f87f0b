//! The walk over the form of a manifest: every value of the wrong type, every missing member, every one the interface does not have.

use super::super::json::{Decimal, Value};
use super::super::moment::{Moment, NoMoment};
use super::super::spot::Spot;
use super::bench::{Bench, written};
use super::fault;
use super::shape::{Is, MANIFEST, Shape};
use crate::custody::finding::Figures;

/// Walk over the manifest.
pub(super) fn walk(bench: &mut Bench<'_>) {
    let root = bench.root.clone();
    object(bench, &root, &MANIFEST);
}

fn object(bench: &mut Bench<'_>, spot: &Spot<'_>, shape: &Shape) {
    let Value::Object(members) = &spot.node().value else { return wrong(bench, spot, "对象", "an object") };
    for member in members {
        let field = shape.fields.iter().find(|field| field.name == &*member.name);
        let here = spot.child(&member.name, &member.node);
        match field {
            None => {
                let name: String = member.name.chars().take(80).collect();
                bench.mark_with(&fault::UNKNOWN_MEMBER, &here, Figures::none().with("member", name));
            }
            Some(_) if member.node.value == Value::Null => {}
            Some(field) => value(bench, &here, &field.is),
        }
    }
    let missing = shape.fields.iter().filter(|field| field.is_required && !spot.has(field.name));
    for field in missing {
        bench.mark_with(&fault::MISSING, spot, Figures::none().with("member", field.name));
    }
}

fn value(bench: &mut Bench<'_>, spot: &Spot<'_>, is: &Is) {
    match (is, &spot.node().value) {
        (Is::Flag, Value::Bool(_)) | (Is::Words, Value::Text(_)) => {}
        (Is::Flag, _) => wrong(bench, spot, "真假值", "a boolean"),
        (Is::Words, _) => wrong(bench, spot, "文本", "a text"),
        (Is::OneOf(list), Value::Text(text)) => {
            if !list.contains(&&**text) {
                bench.mark_written(&fault::VALUE_UNLISTED, spot);
            }
        }
        (Is::OneOf(_), _) => wrong(bench, spot, "文本", "a text"),
        (Is::Number, Value::Number(text)) => {
            if Decimal::read(text).is_none() {
                let zh = format!("数值 {text} 超出可读的范围");
                let en = format!("the number {text} is beyond what is read");
                bench.unread("number-range", spot, zh, en);
            }
        }
        (Is::Number, _) => wrong(bench, spot, "数值", "a number"),
        (Is::Moment, Value::Text(text)) => moment(bench, spot, text),
        (Is::Moment, _) => wrong(bench, spot, "日期文本", "the text of a date"),
        (Is::Object(shape), _) => object(bench, spot, shape),
        (Is::List(item), Value::List(_)) => spot.items().iter().for_each(|spot| value(bench, spot, item)),
        (Is::List(_), _) => wrong(bench, spot, "列表", "a list"),
    }
}

fn moment(bench: &mut Bench<'_>, spot: &Spot<'_>, text: &str) {
    match Moment::read(text) {
        Ok(moment) if !moment.has_offset => bench.mark_written(&fault::NO_OFFSET, spot),
        Ok(_) => {}
        Err(NoMoment::Impossible) => bench.mark_written(&fault::DATE_IMPOSSIBLE, spot),
        Err(NoMoment::Form) => {
            let shown = written(spot);
            let zh = format!("{shown:?} 不是日期；应如 2017-04-14T14:50:00.000+0000");
            let en = format!("{shown:?} is no date; it is written as 2017-04-14T14:50:00.000+0000");
            bench.unread("date-unreadable", spot, zh, en);
        }
    }
}

fn wrong(bench: &mut Bench<'_>, spot: &Spot<'_>, zh: &str, en: &str) {
    let (is_zh, is_en) = spot.node().value.kind();
    let zh = format!("此处应为{zh}，实为{is_zh}");
    let en = format!("{en} is wanted here, this is {is_en}");
    bench.unread("wrong-type", spot, zh, en);
}
