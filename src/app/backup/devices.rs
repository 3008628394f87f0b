//! Devices in a backup: each as a line with the times in which it was heard.

use serde::{Deserialize, Serialize};

use super::Line;
use crate::app::error::Fault;
use crate::clock::Timestamp;
use crate::custody::heartbeat::{Device, DeviceKind, DeviceName, Span};
use crate::id::SiteId;
use crate::store::heartbeat::{self, HeardDevice, SpanChange};
use crate::store::{ReadTx, WriteTx};

/// Devices listed at once.
const PAGE: u64 = 500;

/// What a backup tells of a device. The number of spans is bounded, so the line is no longer than that of an entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeviceLine {
    site: SiteId,
    kind: String,
    name: DeviceName,
    first_ms: i64,
    last_ms: i64,
    /// Beginning and end of each span, in order.
    spans_ms: Vec<(i64, i64)>,
}

/// Hand over the line of every device.
pub(super) async fn write(
    tx: &mut ReadTx,
    mut line: impl FnMut(&Line) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let devices = heartbeat::devices_after(tx, after, PAGE).await?;
        let Some((site, last)) = devices.last() else { return Ok(()) };
        after = Some((*site, last.device.clone()));
        for (site, HeardDevice { device, first, last }) in devices {
            let spans = heartbeat::spans(tx, site, &device).await?;
            line(&Line::Device(DeviceLine {
                site,
                kind: device.kind.name().to_owned(),
                name: device.name,
                first_ms: first.as_millis(),
                last_ms: last.as_millis(),
                spans_ms: spans.iter().map(|span| (span.from.as_millis(), span.to.as_millis())).collect(),
            }))?;
        }
    }
}

impl DeviceLine {
    /// Put a device back. Its spans must be what is kept of heartbeats.
    pub(super) async fn restore(self, tx: &mut WriteTx) -> Result<(), String> {
        let kind = DeviceKind::named(&self.kind).ok_or("a device of no kind that is known")?;
        let device = Device { kind, name: self.name };
        let moment = Timestamp::from_millis;
        let spans = self.spans_ms.iter().map(|(from, to)| Span { from: moment(*from), to: moment(*to) });
        let spans: Vec<Span> = spans.collect();
        let heard =
            HeardDevice { device: device.clone(), first: moment(self.first_ms), last: moment(self.last_ms) };
        if !heard.fits(&spans) {
            return Err(format!("the times of the device {} do not follow from heartbeats", device.name));
        }
        let change = SpanChange { device, gone: Vec::new(), kept: spans };
        let saved = async {
            heartbeat::save_devices(tx, self.site, &[heard]).await?;
            heartbeat::change_spans(tx, self.site, &[change]).await
        };
        saved.await.map_err(|error: crate::store::StoreError| error.to_string())
    }
}
