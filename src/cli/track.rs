//! `liandan track`: points of a vehicle become what is signed of them, for `POST /api/v1/events/prepare`.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Error, note, say};
use crate::app::attachments::MAX_ATTACHMENT_BYTES;
use crate::custody::Statement;
use crate::custody::payload::track::{Alarm, TrackRecorded};
use crate::custody::track::{PointsFault, Summary, read};
use crate::id::ManifestId;
use crate::ledger::Digest;
use crate::shape::{List, Plate};

/// Arguments.
#[derive(clap::Args)]
pub(super) struct Args {
    /// The points, CSV in UTF-8: time,lon_wgs84,lat_wgs84 and, where known, speed_kmh.
    points: PathBuf,
    /// The vehicle's plate.
    #[arg(long, value_name = "PLATE")]
    plate: String,
    /// A manifest whose waste was on it; several times for several.
    #[arg(long = "manifest", value_name = "ID", required = true)]
    manifests: Vec<ManifestId>,
    /// Alarms of the platform, a JSON list of {type, at, place, text}.
    #[arg(long, value_name = "FILE")]
    alarms: Option<PathBuf>,
}

pub(super) fn run(args: &Args) -> Result<(), Error> {
    let content = bytes_of(&args.points)?;
    let points = read(&content).map_err(|faults| told(&faults))?;
    let summary = Summary::of(&points).ok_or("a track has at least two points")?;
    let alarms: Vec<Alarm> = match &args.alarms {
        Some(path) => serde_json::from_slice(&bytes_of(path)?)
            .map_err(|error| format!("{}: {error}", path.display()))?,
        None => Vec::new(),
    };
    let statement = Statement::TrackRecorded(TrackRecorded {
        vehicle: Plate::parse_loose(&args.plate)?,
        manifests: List::new(args.manifests.clone())?,
        from: summary.from,
        to: summary.to,
        points: summary.points,
        sha256: Digest::sha256(&[&content]),
        silences: List::new(summary.silences)?,
        waypoints: List::new(summary.waypoints)?,
        alarms: List::new(alarms)?,
    });
    say(serde_json::json!({ "kind": statement.kind().name(), "data": statement.to_json() }).to_string());
    Ok(())
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, Error> {
    let source = File::open(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut content = Vec::new();
    source.take(MAX_ATTACHMENT_BYTES as u64 + 1).read_to_end(&mut content)?;
    if content.len() > MAX_ATTACHMENT_BYTES {
        return Err(format!("{}: a file has at most {MAX_ATTACHMENT_BYTES} bytes", path.display()).into());
    }
    Ok(content)
}

/// Tells everything that is wrong with the points; the error that ends the command.
fn told(faults: &[PointsFault]) -> Error {
    for fault in faults {
        note(format!("{} · {} · {}", fault.pointer, fault.zh, fault.en));
    }
    let count = faults.len();
    format!(
        "轨迹点文件中有 {count} 处错误，未输出任何内容。 The points have {count} faults; nothing was written."
    )
    .into()
}
