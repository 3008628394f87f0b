//! Signatures of webhooks, as Standard Webhooks wants them: HMAC-SHA-256 (`v1`) with a secret of each webhook, and Ed25519 (`v1a`) with one
//! key of the ledger. All are derived from the log's key: no secret is stored, and none opens another. A webhook's secret can be renewed; then
//! messages carry a signature by the old one too for a while, so that their receiver can change over.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::id::WebhookId;
use crate::ledger::SigningKey;

/// What a message is sent with.
pub(in crate::app) struct Signed {
    /// `webhook-signature`.
    pub(in crate::app) signatures: String,
    /// `webhook-timestamp`, in seconds since 1970.
    pub(in crate::app) timestamp: String,
}

/// The secrets of all webhooks of a ledger.
pub(in crate::app) struct Signer {
    root: [u8; 32],
    key: SigningKey,
}

impl Signer {
    pub(in crate::app) fn of(log_key: &SigningKey) -> Self {
        Self {
            root: log_key.derived_seed("liandan/webhook-secrets/v1"),
            key: SigningKey::from_seed(log_key.derived_seed("liandan/webhook-key/v1")),
        }
    }

    /// The `n`th secret of a webhook as its receiver configures it: `whsec_` and base64. The first is 0.
    pub(in crate::app) fn secret(&self, hook: WebhookId, n: u64) -> String {
        format!("whsec_{}", STANDARD.encode(self.raw_secret(hook, n)))
    }

    /// The public key as receivers configure it: `whpk_` and base64.
    pub(in crate::app) fn public_key(&self) -> String {
        format!("whpk_{}", STANDARD.encode(self.key.public().as_bytes()))
    }

    /// Sign a message that is sent at a time, with each of these secrets and with the key.
    pub(in crate::app) fn sign(
        &self,
        (hook, secrets): (WebhookId, &[u64]),
        message: &str,
        at_s: i64,
        body: &str,
    ) -> Signed {
        let content = format!("{message}.{at_s}.{body}");
        let by_secret = |n: &u64| mac(&self.raw_secret(hook, *n), content.as_bytes());
        let mut signatures: String =
            secrets.iter().map(|n| format!("v1,{} ", STANDARD.encode(by_secret(n)))).collect();
        signatures.push_str(&format!("v1a,{}", STANDARD.encode(self.key.sign(content.as_bytes()))));
        Signed { signatures, timestamp: at_s.to_string() }
    }

    fn raw_secret(&self, hook: WebhookId, n: u64) -> [u8; 32] {
        // Each from the root: whoever has one cannot make the next.
        let id = hook.as_uuid();
        if n == 0 {
            mac(&self.root, id.as_bytes())
        } else {
            mac(&self.root, &[id.as_bytes(), &n.to_be_bytes()[..]].concat())
        }
    }
}

fn mac(key: &[u8; 32], content: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(content);
    mac.finalize().into_bytes().into()
}
