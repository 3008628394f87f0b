//! Files in a backup: each as a line that tells of it and lines with its bytes, part by part, so that no line is longer than that of an entry.

use serde::{Deserialize, Serialize};

use super::Line;
use crate::app::attachments::{MAX_ATTACHMENT_BYTES, Media};
use crate::app::error::Fault;
use crate::catalogue::Uscc;
use crate::clock::Timestamp;
use crate::ledger::{Digest, Kid, b64};
use crate::store::attachment::{self, Attachment};
use crate::store::{ReadTx, WriteTx};

/// Bytes of a file in one line.
const PART_BYTES: usize = 144 * 1024;
/// Files listed at once.
const PAGE: u64 = 200;

/// What a backup tells of a file; its bytes follow.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileLine {
    party: Uscc,
    sha256: Digest,
    bytes: u64,
    kid: Kid,
    at_ms: i64,
    due_ms: Option<i64>,
}

/// Hand over the lines of every file.
pub(super) async fn write(
    tx: &mut ReadTx,
    mut line: impl FnMut(&Line) -> Result<(), Fault>,
) -> Result<(), Fault> {
    let mut after = None;
    loop {
        let files = attachment::all_after(tx, after, PAGE).await?;
        let Some((last, _)) = files.last() else { return Ok(()) };
        after = Some((last.party, last.digest));
        for (file, due) in files {
            let content = attachment::content(tx, file.party, file.digest).await?;
            let content = content.filter(|content| Digest::sha256(&[content]) == file.digest);
            let content = content.ok_or_else(|| {
                Fault::Backup(format!("attachment {} of {} is broken", file.digest, file.party))
            })?;
            line(&Line::File(FileLine {
                party: file.party,
                sha256: file.digest,
                bytes: content.len() as u64,
                kid: file.kid,
                at_ms: file.at.as_millis(),
                due_ms: due.map(|due| due.as_millis()),
            }))?;
            for part in content.chunks(PART_BYTES) {
                line(&Line::Part(b64::encode(part)))?;
            }
        }
    }
}

/// A file on its way back: what is told of it, and its bytes so far.
#[derive(Default)]
pub(super) struct Restoring(Option<(FileLine, Vec<u8>)>);

impl Restoring {
    /// A new file begins.
    pub(super) async fn begin(&mut self, tx: &mut WriteTx, file: FileLine) -> Result<(), String> {
        self.finish(tx).await?;
        if file.bytes > MAX_ATTACHMENT_BYTES as u64 {
            return Err(format!("a file has at most {MAX_ATTACHMENT_BYTES} bytes"));
        }
        self.0 = Some((file, Vec::new()));
        Ok(())
    }

    /// More bytes of it.
    pub(super) fn part(&mut self, text: &str) -> Result<(), String> {
        let (file, content) = self.0.as_mut().ok_or("bytes of no file")?;
        content.extend(b64::decode(text).map_err(|error| error.to_string())?);
        if content.len() as u64 > file.bytes {
            Err("more bytes than the file has".to_owned())
        } else {
            Ok(())
        }
    }

    /// The file is complete, if there is one: it must be what was told of it.
    pub(super) async fn finish(&mut self, tx: &mut WriteTx) -> Result<(), String> {
        let Some((file, content)) = self.0.take() else { return Ok(()) };
        if Digest::sha256(&[&content]) != file.sha256 || content.len() as u64 != file.bytes {
            return Err(format!("the bytes of the file before do not hash to {}", file.sha256));
        }
        let media = Media::of(&content).ok_or("the file before is of no media type that is kept")?;
        let kept = Attachment {
            party: file.party,
            digest: file.sha256,
            media: media.name().to_owned(),
            bytes: file.bytes,
            kid: file.kid,
            at: Timestamp::from_millis(file.at_ms),
        };
        let due = file.due_ms.map(Timestamp::from_millis);
        attachment::insert(tx, &kept, content, due).await.map_err(|error| error.to_string())
    }
}
