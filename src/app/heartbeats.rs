//! Heartbeats of devices (设备心跳) as firms' gateways send them. They are kept beside the log as the times in which a device was heard: one that works
//! costs one row, however often it says so.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{Viewer, own_party};
use super::error::{Refusal, SubmitError};
use super::{App, Fault};
use crate::catalogue::Profile;
use crate::clock::{MINUTE_MS, Timestamp};
use crate::custody::admit::Objection;
use crate::custody::heartbeat::{Device, Heartbeat, Span, joined};
use crate::id::SiteId;
use crate::registry::SiteRecord;
use crate::store::heartbeat::{HeardDevice, SpanChange};
use crate::store::{ReadTx, WriteTx, heartbeat, registry};

/// Most heartbeats in one call.
pub const MAX_HEARTBEATS: usize = 1_000;
/// Most devices of a site.
pub const MAX_DEVICES: usize = 64;
/// How far a heartbeat may be ahead of the ledger's clock, in minutes.
pub const MAX_AHEAD_MINUTES: i64 = 5;
/// How old a heartbeat may be when it comes, in days: a gateway sends after an outage what it could not send.
pub const MAX_LATE_DAYS: i64 = 31;
/// For how many days it is kept when a device was heard; one that was not heard for so long is forgotten.
pub const KEPT_DAYS: i64 = 400;
/// Most spans of a device that began before anything could still be said about them.
pub const MAX_OLD_SPANS: u64 = 1_000;
/// Most errors that one answer tells.
const MAX_TOLD: usize = 20;

/// How much of a call was news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// Heartbeats from times in which the device was not known to work.
    pub new: u64,
    /// The others: sent before, said twice, or between two that were known.
    pub known: u64,
}

/// The moments of each device in a call.
type Told = BTreeMap<Device, BTreeSet<Timestamp>>;

impl App {
    /// Take heartbeats of devices at a site of the viewer's own party; all of them or none. `None` where it has no such site.
    pub async fn hear(
        &self,
        viewer: &Viewer,
        site: SiteId,
        heartbeats: Vec<Heartbeat>,
    ) -> Result<Option<Heard>, SubmitError> {
        self.may_write()?;
        let now = self.inner.clock.now();
        // Judged before anybody is kept waiting.
        let own = own_site(&mut self.inner.store.read().await?, viewer, site).await?;
        let Some(record) = own else { return Ok(None) };
        let wrong = wrong(&heartbeats, &record, self.rulebook().profile, now);
        if !wrong.is_empty() {
            return Err(Refusal::unacceptable(wrong).into());
        }
        let (all, mut told) = (heartbeats.len() as u64, Told::new());
        for Heartbeat { device, at } in heartbeats {
            told.entry(device).or_default().insert(at);
        }
        let mut tx = self.inner.store.write().await?;
        heartbeat::lock_site(&mut tx, site).await?;
        let known = heartbeat::devices(&mut tx, site).await?;
        let Some(gone) = making_room(&known, &told, now) else {
            tx.rollback().await?;
            return Err(Refusal::unacceptable(vec![devices_full()]).into());
        };
        heartbeat::forget_devices(&mut tx, site, &gone).await?;
        let known = known.into_iter().filter(|heard| !gone.contains(&heard.device));
        let known: BTreeMap<Device, HeardDevice> = known.map(|heard| (heard.device.clone(), heard)).collect();
        let new = keep(&mut tx, site, &known, &told, now).await?;
        tx.commit().await?;
        Ok(Some(Heard { new, known: all - new }))
    }
}

/// A site of the party that the viewer's key speaks for. A mandate lends reading, and nothing that is kept for a party beside the log.
async fn own_site(tx: &mut ReadTx, viewer: &Viewer, site: SiteId) -> Result<Option<SiteRecord>, Fault> {
    let Some(party) = own_party(tx, viewer).await? else { return Ok(None) };
    let record = registry::sites(tx, &[site]).await?.into_iter().next();
    Ok(record.filter(|record| record.party == party))
}

/// What is wrong with moments, the first of it.
fn wrong(heartbeats: &[Heartbeat], site: &SiteRecord, profile: &Profile, now: Timestamp) -> Vec<Objection> {
    let (earliest, latest) = (settled(now), now.plus_millis(MAX_AHEAD_MINUTES * MINUTE_MS));
    let one = |(n, heartbeat): (usize, &Heartbeat)| {
        let at = heartbeat.at;
        let closed_on = site.closed_on.filter(|on| *on < profile.local_date(at.as_millis()));
        let (code, zh, en) = if at > latest {
            (
                "heartbeat-ahead",
                format!("心跳时间比账本时钟（{now}）快 {MAX_AHEAD_MINUTES} 分钟以上；请校准设备时钟"),
                format!(
                    "more than {MAX_AHEAD_MINUTES} minutes ahead of the ledger's clock, {now}: set the device's"
                ),
            )
        } else if at < earliest {
            (
                "heartbeat-late",
                format!("只接收最近 {MAX_LATE_DAYS} 天内的心跳"),
                format!("older than {MAX_LATE_DAYS} days"),
            )
        } else {
            let closed_on = closed_on?;
            (
                "site-closed",
                format!("场所已于 {closed_on} 关闭"),
                format!("the site was closed on {closed_on}"),
            )
        };
        Some(Objection::new(code, format!("/heartbeats/{n}/at"), zh, en))
    };
    heartbeats.iter().enumerate().filter_map(one).take(MAX_TOLD).collect()
}

/// Nothing is taken any more that is said of the time before this.
fn settled(now: Timestamp) -> Timestamp {
    now.plus_hours(-24 * MAX_LATE_DAYS)
}

/// When a device must have been heard not to be forgotten.
pub(in crate::app) fn stale(now: Timestamp) -> Timestamp {
    now.plus_hours(-24 * KEPT_DAYS)
}

/// The devices that are forgotten: those unheard of for too long, and where too many are there, those that nothing was heard of for as long as anything
/// can still be said, the longest silent first. `None` where that is not enough.
fn making_room(known: &[HeardDevice], told: &Told, now: Timestamp) -> Option<Vec<Device>> {
    let mut silent: Vec<&HeardDevice> =
        known.iter().filter(|heard| heard.last < settled(now) && !told.contains_key(&heard.device)).collect();
    silent.sort_by_key(|heard| heard.last);
    let new = told.keys().filter(|device| known.iter().all(|heard| heard.device != **device)).count();
    let too_many = (known.len() + new).saturating_sub(MAX_DEVICES);
    let is_stale = |heard: &&&HeardDevice| heard.last <= stale(now);
    let going = silent.iter().filter(is_stale).count().max(too_many);
    (going <= silent.len()).then(|| silent[..going].iter().map(|heard| heard.device.clone()).collect())
}

/// Write what heartbeats change; gives how many were new.
async fn keep(
    tx: &mut WriteTx,
    site: SiteId,
    known: &BTreeMap<Device, HeardDevice>,
    told: &Told,
    now: Timestamp,
) -> Result<u64, Fault> {
    let (mut new, mut devices, mut changes) = (0, Vec::new(), Vec::new());
    for (device, moments) in told {
        let runs = joined(moments.iter().copied().map(Span::at));
        let mut near = BTreeSet::new();
        if known.contains_key(device) {
            for run in &runs {
                near.extend(heartbeat::spans_near(tx, site, device, *run).await?);
            }
        }
        let is_new = |at: &&Timestamp| !near.iter().any(|span| span.holds(**at));
        let news = moments.iter().filter(is_new).count() as u64;
        if news == 0 {
            continue;
        }
        new += news;
        let kept = joined(near.iter().copied().chain(runs));
        let (first, last) = (kept[0].from, kept[kept.len() - 1].to);
        let before = known.get(device);
        devices.push(HeardDevice {
            device: device.clone(),
            first: before.map_or(first, |heard| heard.first.min(first)),
            last: before.map_or(last, |heard| heard.last.max(last)),
        });
        let is_gone = |span: &Span| kept.iter().all(|other| other.from != span.from);
        changes.push(SpanChange {
            device: device.clone(),
            gone: near.iter().copied().filter(is_gone).collect(),
            kept: kept.into_iter().filter(|span| !near.contains(span)).collect(),
        });
    }
    heartbeat::save_devices(tx, site, &devices).await?;
    heartbeat::change_spans(tx, site, &changes).await?;
    for SpanChange { device, .. } in &changes {
        let old = (settled(now), MAX_OLD_SPANS);
        heartbeat::forget_spans(tx, site, device, stale(now), old).await?;
    }
    Ok(new)
}

fn devices_full() -> Objection {
    let zh = format!("每个场所最多 {MAX_DEVICES} 台设备；静默超过 {MAX_LATE_DAYS} 天的设备会让出位置");
    let en = format!(
        "a site has at most {MAX_DEVICES} devices; one that is silent for more than {MAX_LATE_DAYS} days makes room for a new one"
    );
    Objection::new("devices-full", "/heartbeats", zh, en)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::custody::heartbeat::DeviceKind;

    const DAY_MS: i64 = 86_400_000;

    fn device(n: usize) -> Device {
        Device { kind: DeviceKind::Scale, name: format!("scale-{n}").parse().unwrap() }
    }

    /// Devices that were heard so many days ago, and what becomes of them when others are told.
    fn gone(days_ago: &[i64], told: &[usize]) -> Option<Vec<Device>> {
        let now = Timestamp::from_millis(1_772_414_400_000);
        let heard = |(n, days): (usize, &i64)| {
            let at = now.plus_millis(-days * DAY_MS);
            HeardDevice { device: device(n), first: at, last: at }
        };
        let known: Vec<HeardDevice> = days_ago.iter().enumerate().map(heard).collect();
        let told = told.iter().map(|n| (device(*n), BTreeSet::from([now]))).collect();
        making_room(&known, &told, now)
    }

    #[test]
    fn a_new_device_takes_the_place_of_the_longest_silent_and_never_of_one_whose_silence_is_shown() {
        let with = |days: i64| [vec![1; MAX_DEVICES - 2], vec![40, days]].concat();
        let (last, new) = (MAX_DEVICES - 1, MAX_DEVICES);
        assert_eq!(gone(&with(50), &[0]), Some(vec![]), "none is new");
        assert_eq!(gone(&with(50), &[new]), Some(vec![device(last)]));
        assert_eq!(gone(&with(30), &[new]), Some(vec![device(last - 1)]));
        assert_eq!(gone(&with(30), &[new, new + 1]), None);
        assert_eq!(gone(&with(50), &[new, last]), Some(vec![device(last - 1)]), "it is heard again");
        assert_eq!(gone(&with(50), &[last, last - 1, new]), None);
    }

    #[test]
    fn one_that_is_unheard_of_for_long_is_forgotten_unless_it_is_heard_again() {
        assert_eq!(gone(&[1, KEPT_DAYS - 1, KEPT_DAYS, 900], &[0]), Some(vec![device(3), device(2)]));
        assert_eq!(gone(&[1, 900], &[1]), Some(vec![]));
    }
}
