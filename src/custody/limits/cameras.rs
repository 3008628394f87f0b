//! Limits of form of cameras: an address that leads to one, and no password in it.

use super::fault;
use crate::custody::kind::PayloadError;
use crate::registry::standing::Site;

/// How an address of a camera may begin.
const SCHEMES: [&str; 3] = ["https://", "rtsps://", "rtsp://"];

pub(super) fn check(site: &Site) -> Result<(), PayloadError> {
    for (n, facility) in site.facilities.iter().enumerate() {
        for (m, camera) in facility.cameras.iter().enumerate() {
            let pointer = |member: &str| format!("/data/facilities/{n}/cameras/{m}/{member}");
            let rest = SCHEMES.iter().find_map(|scheme| camera.link.strip_prefix(scheme));
            let Some(rest) = rest.filter(|rest| !rest.is_empty() && !rest.contains(char::is_whitespace))
            else {
                let zh = "应为 https、rtsps 或 rtsp 开头的地址";
                return Err(fault(pointer("link"), zh, "an address of https, rtsps or rtsp is wanted"));
            };
            let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
            if host.contains('@') {
                let zh = "账本只增不改，地址中不要写用户名和密码";
                let en = "no name or password belongs into an address that the log keeps";
                return Err(fault(pointer("link"), zh, en));
            }
        }
    }
    Ok(())
}
