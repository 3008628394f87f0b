//! The devices beside the log: the times in which one was heard must be what is kept of heartbeats, parted by silence.

use super::{AuditError, broken};
use crate::custody::heartbeat::Device;
use crate::id::SiteId;
use crate::store::{ReadTx, heartbeat};

/// Rows read at once; the spans of each are read one by one.
const PAGE: u64 = 500;

/// Look at every device; gives how many there are.
pub(super) async fn check(tx: &mut ReadTx) -> Result<u64, AuditError> {
    let place = |site: SiteId, device: &Device| format!("{site}/{}/{}", device.kind.name(), device.name);
    let (mut after, mut checked) = (None, 0);
    loop {
        let devices = heartbeat::devices_after(tx, after, PAGE).await?;
        let Some((site, last)) = devices.last() else { break };
        after = Some((*site, last.device.clone()));
        for (site, heard) in &devices {
            let spans = heartbeat::spans(tx, *site, &heard.device).await?;
            if !heard.fits(&spans) {
                let what = "its times do not follow from heartbeats";
                return Err(broken("device_span", place(*site, &heard.device), what));
            }
            checked += 1;
        }
    }
    match heartbeat::first_orphan(tx).await? {
        Some((site, device)) => {
            Err(broken("device_span", place(site, &device), "a time without a row of its device"))
        }
        None => Ok(checked),
    }
}
