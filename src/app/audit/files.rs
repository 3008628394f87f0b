//! The files beside the log: each must have the digest it is kept under, as many bytes as its row says, and be what that says it is.

use super::{AuditError, broken};
use crate::app::attachments::Media;
use crate::ledger::Digest;
use crate::store::{ReadTx, attachment};

/// Rows read at once; their bytes are read one by one.
const PAGE: u64 = 200;

/// Hash every file again; gives how many there are.
pub(super) async fn check(tx: &mut ReadTx) -> Result<u64, AuditError> {
    let (mut after, mut checked) = (None, 0);
    loop {
        let files = attachment::all_after(tx, after, PAGE).await?;
        let Some((last, _)) = files.last() else { break };
        after = Some((last.party, last.digest));
        for (file, _) in &files {
            let wrong = |what: &str| broken("attachment", format!("{}/{}", file.party, file.digest), what);
            let content = attachment::content(tx, file.party, file.digest).await?;
            let content = content.ok_or_else(|| wrong("its bytes are missing"))?;
            if Digest::sha256(&[&content]) != file.digest {
                return Err(wrong("its bytes do not hash to its digest"));
            }
            if content.len() as u64 != file.bytes || Media::of(&content).map(Media::name) != Some(&file.media)
            {
                return Err(wrong("its length or media type is another"));
            }
            checked += 1;
        }
    }
    match attachment::first_orphan(tx).await? {
        Some((party, digest)) => Err(broken(
            "attachment_content",
            format!("{party}/{digest}"),
            "bytes without a row that tells of them",
        )),
        None => Ok(checked),
    }
}
