//! Devices of sites, and the times in which each was heard. No part of the log and not computed from it.

use uuid::Uuid;

use super::log::{signed, timestamp};
use super::{ColType, Param, ReadTx, Row, Sql, StoreError, Table, WriteTx, params};
use crate::clock::Timestamp;
use crate::custody::heartbeat::{Device, DeviceKind, SILENCE_MS, Span, joined};
use crate::id::SiteId;

const DEVICE: Table = Table {
    name: "site_device",
    columns: &[
        ("site", ColType::Uuid),
        ("kind", ColType::Text),
        ("name", ColType::Text),
        ("first_ms", ColType::I64),
        ("last_ms", ColType::I64),
    ],
    key: &["site", "kind", "name"],
};
const SPAN: Table = Table {
    name: "device_span",
    columns: &[
        ("site", ColType::Uuid),
        ("kind", ColType::Text),
        ("name", ColType::Text),
        ("from_ms", ColType::I64),
        ("to_ms", ColType::I64),
    ],
    key: &["site", "kind", "name", "from_ms"],
};

/// A device of a site, and when it was heard first and last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeardDevice {
    /// The device.
    pub device: Device,
    /// Its first heartbeat, also where its span is kept no more.
    pub first: Timestamp,
    /// Its last one.
    pub last: Timestamp,
}

impl HeardDevice {
    /// True where these spans can be what is kept of its heartbeats: in order, parted by silence, the last with its end.
    pub fn fits(&self, spans: &[Span]) -> bool {
        let are_ordered = spans.iter().all(|span| self.first <= span.from && span.from <= span.to);
        are_ordered
            && spans.last().map(|span| span.to) == Some(self.last)
            && joined(spans.iter().copied()) == spans
    }
}

/// What becomes of the spans of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpanChange {
    /// The device.
    pub device: Device,
    /// Spans that are part of others now.
    pub gone: Vec<Span>,
    /// Spans that are new, or end later.
    pub kept: Vec<Span>,
}

/// Hold off everybody else who writes heartbeats of a site, until the transaction ends; who writes into the log is held off by nobody.
pub async fn lock_site(tx: &mut WriteTx, site: SiteId) -> Result<(), StoreError> {
    const SQL: Sql = Sql::each(
        // Whoever writes is alone in the file.
        "select site from site where site = $1",
        "select site from site where site = $1 for no key update",
    );
    tx.fetch_optional(&SQL, params![site.as_uuid()]).await.map(drop)
}

/// The devices of a site, by kind and name.
pub async fn devices(tx: &mut ReadTx, site: SiteId) -> Result<Vec<HeardDevice>, StoreError> {
    const SQL: Sql = Sql::both("select kind, name, first_ms, last_ms from site_device where site = $1");
    let rows = tx.fetch_all(&SQL, params![site.as_uuid()]).await?;
    let mut devices = rows.iter().map(heard_of).collect::<Result<Vec<_>, _>>()?;
    devices.sort_by(|a, b| a.device.cmp(&b.device));
    Ok(devices)
}

/// The spans of a device that nothing but silence parts from a time, perhaps with the one before.
pub async fn spans_near(
    tx: &mut ReadTx,
    site: SiteId,
    device: &Device,
    time: Span,
) -> Result<Vec<Span>, StoreError> {
    const SQL: Sql = Sql::both(
        "select from_ms, to_ms from device_span
          where site = $1 and kind = $2 and name = $3 and from_ms <= $5 and from_ms >= coalesce(
              (select max(from_ms) from device_span where site = $1 and kind = $2 and name = $3 and from_ms <= $4), $4)",
    );
    let (from, to) = (time.from.plus_millis(-SILENCE_MS), time.to.plus_millis(SILENCE_MS));
    let rows = tx.fetch_all(&SQL, of_device(site, device, [from.as_millis(), to.as_millis()])).await?;
    rows.iter().map(span_of).collect()
}

/// The last `limit` spans of a device up to a moment and the one behind it, in order.
pub async fn spans_until(
    tx: &mut ReadTx,
    site: SiteId,
    device: &Device,
    until: Timestamp,
    limit: u64,
) -> Result<Vec<Span>, StoreError> {
    const SQL: Sql = Sql::both(
        "select from_ms, to_ms from device_span
          where site = $1 and kind = $2 and name = $3 and from_ms <= coalesce(
              (select min(from_ms) from device_span where site = $1 and kind = $2 and name = $3 and from_ms > $4), $4)
          order by from_ms desc limit $5",
    );
    let values = of_device(site, device, [until.as_millis(), signed(limit)]);
    let mut spans = tx.fetch_all(&SQL, values).await?.iter().map(span_of).collect::<Result<Vec<_>, _>>()?;
    spans.reverse();
    Ok(spans)
}

/// Every span of a device, in order. For backups and audits.
pub async fn spans(tx: &mut ReadTx, site: SiteId, device: &Device) -> Result<Vec<Span>, StoreError> {
    const SQL: Sql = Sql::both(
        "select from_ms, to_ms from device_span where site = $1 and kind = $2 and name = $3 order by from_ms",
    );
    tx.fetch_all(&SQL, of_device(site, device, [])).await?.iter().map(span_of).collect()
}

/// Write devices of a site.
pub async fn save_devices(tx: &mut WriteTx, site: SiteId, devices: &[HeardDevice]) -> Result<(), StoreError> {
    let row = |heard: &HeardDevice| {
        of_device(site, &heard.device, [heard.first.as_millis(), heard.last.as_millis()])
    };
    tx.upsert_many(&DEVICE, devices.iter().map(row).collect()).await
}

/// Write what becomes of the spans of devices.
pub async fn change_spans(tx: &mut WriteTx, site: SiteId, changes: &[SpanChange]) -> Result<(), StoreError> {
    let (mut gone, mut kept) = (Vec::new(), Vec::new());
    for SpanChange { device, gone: lost, kept: won } in changes {
        gone.extend(lost.iter().map(|span| of_device(site, device, [span.from.as_millis()])));
        let row = |span: &Span| of_device(site, device, [span.from.as_millis(), span.to.as_millis()]);
        kept.extend(won.iter().map(row));
    }
    tx.delete_many(&SPAN, gone).await?;
    tx.upsert_many(&SPAN, kept).await
}

/// Forget devices of a site with all their spans.
pub async fn forget_devices(tx: &mut WriteTx, site: SiteId, devices: &[Device]) -> Result<(), StoreError> {
    const SPANS: Sql = Sql::both("delete from device_span where site = $1 and kind = $2 and name = $3");
    for device in devices {
        tx.execute(&SPANS, of_device(site, device, [])).await?;
    }
    let keys = devices.iter().map(|device| of_device(site, device, [])).collect();
    tx.delete_many(&DEVICE, keys).await.map(drop)
}

/// Forget the spans of a device that ended before `stale`, and of those that began before `settled` all but the last `most`.
pub async fn forget_spans(
    tx: &mut WriteTx,
    site: SiteId,
    device: &Device,
    stale: Timestamp,
    (settled, most): (Timestamp, u64),
) -> Result<(), StoreError> {
    const STALE: Sql = Sql::both(
        "delete from device_span where site = $1 and kind = $2 and name = $3 and from_ms < $4 and to_ms < $4",
    );
    const TOO_MANY: Sql = Sql::both(
        "delete from device_span where site = $1 and kind = $2 and name = $3 and from_ms <=
             (select from_ms from device_span where site = $1 and kind = $2 and name = $3 and from_ms < $4
               order by from_ms desc limit 1 offset $5)",
    );
    tx.execute(&STALE, of_device(site, device, [stale.as_millis()])).await?;
    let values = of_device(site, device, [settled.as_millis(), signed(most)]);
    tx.execute(&TOO_MANY, values).await.map(drop)
}

/// Up to `limit` devices of all sites behind one, each with its site, by site, kind and name. For backups and audits.
pub async fn devices_after(
    tx: &mut ReadTx,
    after: Option<(SiteId, Device)>,
    limit: u64,
) -> Result<Vec<(SiteId, HeardDevice)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select site, kind, name, first_ms, last_ms from site_device
          where (site, kind, name) > ($1, $2, $3) order by site, kind, name limit $4",
    );
    let values = match after {
        Some((site, device)) => of_device(site, &device, [signed(limit)]),
        None => params![Uuid::nil(), "", "", signed(limit)],
    };
    let rows = tx.fetch_all(&SQL, values).await?;
    rows.iter().map(|row| Ok((SiteId::from_uuid(row.uuid("site")?), heard_of(row)?))).collect()
}

/// A span that belongs to no device, if there is one: its site, and the device that is missing.
pub async fn first_orphan(tx: &mut ReadTx) -> Result<Option<(SiteId, Device)>, StoreError> {
    const SQL: Sql = Sql::both(
        "select s.site, s.kind, s.name from device_span s where not exists
             (select 1 from site_device d where d.site = s.site and d.kind = s.kind and d.name = s.name) limit 1",
    );
    let row = tx.fetch_optional(&SQL, params![]).await?;
    row.map(|row| Ok((SiteId::from_uuid(row.uuid("site")?), device_of(&row)?))).transpose()
}

/// The first values of a row or statement about a device, and those behind them.
fn of_device<const N: usize>(site: SiteId, device: &Device, others: [i64; N]) -> Vec<Param> {
    let mut values = params![site.as_uuid(), device.kind.name(), device.name.to_string()];
    values.extend(others.map(Param::I64));
    values
}

fn device_of(row: &Row) -> Result<Device, StoreError> {
    let kind = DeviceKind::named(&row.text("kind")?).ok_or_else(|| row.corrupt("kind", "not a kind"))?;
    let name = row.text("name")?.parse().map_err(|_| row.corrupt("name", "not a name of a device"))?;
    Ok(Device { kind, name })
}

fn heard_of(row: &Row) -> Result<HeardDevice, StoreError> {
    let (first, last) = (timestamp(row, "first_ms")?, timestamp(row, "last_ms")?);
    Ok(HeardDevice { device: device_of(row)?, first, last })
}

fn span_of(row: &Row) -> Result<Span, StoreError> {
    Ok(Span { from: timestamp(row, "from_ms")?, to: timestamp(row, "to_ms")? })
}
