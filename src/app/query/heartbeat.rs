//! The devices of a site, and when each was silent.

use chrono::NaiveDate;

use super::stock::visible_site;
use crate::app::access::Viewer;
use crate::app::heartbeats::stale;
use crate::app::{App, Fault};
use crate::clock::Timestamp;
use crate::custody::heartbeat::{Device, Silence, Span, silences, silent_since};
use crate::id::SiteId;
use crate::registry::SiteRecord;
use crate::store::heartbeat::{self, HeardDevice};
use crate::store::{ReadTx, StoreError};

/// For how many days silences are shown.
pub const SHOWN_DAYS: i64 = 30;
/// Most silences shown of a device: of more the last.
pub const MAX_SILENCES: usize = 100;

/// A device as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceShown {
    /// The device.
    pub device: Device,
    /// When it was heard first.
    pub first: Timestamp,
    /// When it was heard last.
    pub last: Timestamp,
    /// Since when it is silent; `None` while it is heard.
    pub silent_since: Option<Timestamp>,
    /// When it was silent, in order.
    pub silences: Vec<Silence>,
    /// True where there were more silences, before these.
    pub has_more: bool,
}

/// The devices of a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SiteDevices {
    /// The site, with its facilities and their cameras.
    pub site: SiteRecord,
    /// The time whose silences are shown.
    pub shown: Span,
    /// The devices, by kind and name.
    pub devices: Vec<DeviceShown>,
}

impl App {
    /// The devices of a site, for its party and the authorities over its division, with the silences of the [`SHOWN_DAYS`] days up to the end of day `on`;
    /// up to now when nothing is said.
    pub async fn devices(
        &self,
        viewer: &Viewer,
        id: SiteId,
        on: Option<NaiveDate>,
    ) -> Result<Option<SiteDevices>, Fault> {
        let now = self.inner.clock.now();
        let end = on.map(|on| Timestamp::from_millis(self.rulebook().profile.end_of_local_day_ms(on)));
        let to = end.map_or(now, |end| end.min(now));
        let shown = Span { from: to.plus_hours(-24 * SHOWN_DAYS), to };
        let mut tx = self.reading().await?;
        let Some(site) = visible_site(&mut tx, viewer, id).await? else { return Ok(None) };
        let mut devices = Vec::new();
        for heard in heartbeat::devices(&mut tx, id).await? {
            if heard.last > stale(now) {
                devices.push(device(&mut tx, id, heard, shown, now).await?);
            }
        }
        Ok(Some(SiteDevices { site, shown, devices }))
    }
}

async fn device(
    tx: &mut ReadTx,
    site: SiteId,
    heard: HeardDevice,
    shown: Span,
    now: Timestamp,
) -> Result<DeviceShown, StoreError> {
    let HeardDevice { device, first, last } = heard;
    // One silence more than is shown lies between two spans more.
    let most = MAX_SILENCES as u64 + 2;
    let spans = heartbeat::spans_until(tx, site, &device, shown.to, most).await?;
    let mut silences = silences(&spans, shown, now);
    let more = silences.len().saturating_sub(MAX_SILENCES);
    silences.drain(..more);
    Ok(DeviceShown {
        silent_since: silent_since(last, now),
        has_more: more > 0,
        device,
        first,
        last,
        silences,
    })
}
