//! Limits of form of a track: what it tells stands in order, within its time, and is what a summary of points can be.

use super::fault;
use crate::custody::kind::PayloadError;
use crate::custody::payload::track::{TrackRecorded, Waypoint};
use crate::custody::track::{MAX_POINTS, MAX_TRACK_MS, SILENCE_MS};

pub(super) fn check(track: &TrackRecorded) -> Result<(), PayloadError> {
    if let Some(n) = (1..track.manifests.len()).find(|n| track.manifests[..*n].contains(&track.manifests[*n]))
    {
        let (zh, en) = ("同一联单只能列一次", "each manifest may stand once in this list");
        return Err(fault(format!("/data/manifests/{n}"), zh, en));
    }
    if track.to <= track.from || track.to.since(track.from) > MAX_TRACK_MS {
        let (zh, en) =
            ("轨迹应从早到晚，最长 31 天", "a track ends after it begins, and lasts at most 31 days");
        return Err(fault("/data/to", zh, en));
    }
    let fewest = track.waypoints.len().max(track.silences.len() + 1);
    let points = usize::try_from(track.points).unwrap_or(usize::MAX);
    if points < fewest || points > MAX_POINTS {
        let zh = format!("点数应为 {fewest} 到 {MAX_POINTS}");
        return Err(fault("/data/points", zh, format!("from {fewest} to {MAX_POINTS} points are wanted")));
    }
    waypoints(track)?;
    silences(track)?;
    alarms(track)
}

fn waypoints(track: &TrackRecorded) -> Result<(), PayloadError> {
    let at = |waypoint: Option<&Waypoint>| waypoint.map(|waypoint| waypoint.at);
    if at(track.waypoints.first()) != Some(track.from) {
        let (zh, en) = ("首个途经点应为轨迹的首点", "the first waypoint is the first point of the track");
        return Err(fault("/data/waypoints/0/at", zh, en));
    }
    let last = track.waypoints.len() - 1;
    if at(track.waypoints.last()) != Some(track.to) {
        let (zh, en) = ("末个途经点应为轨迹的末点", "the last waypoint is the last point of the track");
        return Err(fault(format!("/data/waypoints/{last}/at"), zh, en));
    }
    let descending = (1..=last).find(|n| track.waypoints[*n].at <= track.waypoints[*n - 1].at);
    descending.map_or(Ok(()), |n| {
        let (zh, en) = ("途经点的时间应递增", "the times of waypoints ascend");
        Err(fault(format!("/data/waypoints/{n}/at"), zh, en))
    })
}

fn silences(track: &TrackRecorded) -> Result<(), PayloadError> {
    let mut free_from = track.from;
    for (n, silence) in track.silences.iter().enumerate() {
        if silence.from < free_from || silence.to > track.to {
            let (zh, en) = (
                "中断应按时间先后、互不重叠，且在轨迹时间之内",
                "silences stand in order, apart, and within the track",
            );
            return Err(fault(format!("/data/silences/{n}/from"), zh, en));
        }
        if silence.to.since(silence.from) <= SILENCE_MS {
            let (zh, en) = ("只列超过五分钟的中断", "only silences of more than five minutes are listed");
            return Err(fault(format!("/data/silences/{n}/to"), zh, en));
        }
        free_from = silence.to;
    }
    Ok(())
}

fn alarms(track: &TrackRecorded) -> Result<(), PayloadError> {
    let mut after = track.from;
    for (n, alarm) in track.alarms.iter().enumerate() {
        if alarm.at < after || alarm.at > track.to {
            let (zh, en) =
                ("报警应按时间先后，且在轨迹时间之内", "alarms stand in order of time and within the track");
            return Err(fault(format!("/data/alarms/{n}/at"), zh, en));
        }
        after = alarm.at;
    }
    Ok(())
}
