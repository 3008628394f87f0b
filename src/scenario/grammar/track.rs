//! The verb `tracks`: where a vehicle was, a point a minute between the places that are named.

use super::how::place;
use super::{name, plate, several};
use crate::clock::{MINUTE_MS, Timestamp};
use crate::custody::payload::track::{Alarm, AlarmType};
use crate::custody::track::Point;
use crate::scenario::deed::{Deed, Driven};
use crate::scenario::words::Words;
use crate::shape::Coordinates;

/// Reads `M1 + M2 on 鲁Q10001 09:20 35.10 118.35 > 10:00 35.20 118.35 silent 10:40 35.25 118.35 alarm speeding 09:50`.
pub(super) fn deed(words: &mut Words, at: Timestamp) -> Result<Deed, String> {
    let manifests = several(words, name)?;
    words.expect("on")?;
    let vehicle = plate(words)?;
    let mut points = vec![point(words, at)?];
    loop {
        let from = points[points.len() - 1];
        if words.skip(">") {
            drive(from, point(words, at)?, &mut points)?;
        } else if words.skip("silent") {
            points.push(point(words, at)?);
        } else {
            break;
        }
    }
    let mut alarms = Vec::new();
    while words.skip("alarm") {
        alarms.push(alarm(words, at)?);
    }
    Ok(Deed::Tracks { manifests, driven: Driven { vehicle, points, alarms } })
}

fn point(words: &mut Words, at: Timestamp) -> Result<Point, String> {
    let at = words.moment(at)?;
    let place = place(words)?;
    Ok(Point { at, place: Coordinates { lat_udeg: place.lat_udeg, lon_udeg: place.lon_udeg } })
}

/// Steadily from one point to another.
fn drive(from: Point, to: Point, points: &mut Vec<Point>) -> Result<(), String> {
    let minutes = to.at.since(from.at) / MINUTE_MS;
    if minutes < 1 {
        return Err("the points of a track stand in order of time".to_owned());
    }
    let on_the_way = |from: i32, to: i32, minute: i64| {
        let way = (i64::from(to) - i64::from(from)) * minute / minutes;
        i32::try_from(i64::from(from) + way).unwrap_or(to)
    };
    for minute in 1..minutes {
        let lat_udeg = on_the_way(from.place.lat_udeg, to.place.lat_udeg, minute);
        let lon_udeg = on_the_way(from.place.lon_udeg, to.place.lon_udeg, minute);
        let place = Coordinates { lat_udeg, lon_udeg };
        points.push(Point { at: from.at.plus_millis(minute * MINUTE_MS), place });
    }
    points.push(to);
    Ok(())
}

fn alarm(words: &mut Words, at: Timestamp) -> Result<Alarm, String> {
    let word = words.next("what the alarm is for, such as speeding")?;
    let of = AlarmType::ALL.into_iter().find(|of| of.name() == word);
    let of = of.ok_or_else(|| format!("expected what an alarm is for, found `{word}`"))?;
    Ok(Alarm { of, at: words.moment(at)?, place: None, text: None })
}
