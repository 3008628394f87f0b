//! The gateway: a program of the operator's own that passes short messages on, by SMS, WeChat or whatever it has a contract for. The ledger
//! knows none of these and sends it one JSON message for each, signed as Standard Webhooks says.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::Url;
use serde::Serialize;

use super::App;
use super::outward::{Outgoing, Outward, OutwardError};
use super::webhooks::signature::Signer;
use crate::clock::Timestamp;
use crate::id::{WebhookId, derived};
use crate::ledger::SigningKey;
use crate::shape::{Lang, Phone};

/// Longest wait for a gateway: it passes on behind its answer.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);

/// One message for one telephone. `Debug` does not show the number.
#[derive(Clone, Debug)]
pub struct ShortMessage {
    /// Its name: the same however often it is sent, so that a gateway passes it on once.
    pub id: String,
    /// To whom.
    pub to: Phone,
    /// Which text it is, for gateways that may only send texts that were registered.
    pub template: &'static str,
    /// The language of the text.
    pub language: Lang,
    /// The text, complete.
    pub text: String,
    /// What stands in the text beside the template.
    pub parameters: BTreeMap<&'static str, String>,
}

/// The message as it is sent.
#[derive(Serialize)]
struct Body<'a> {
    id: &'a str,
    to: &'a Phone,
    template: &'a str,
    language: &'a str,
    text: &'a str,
    parameters: &'a BTreeMap<&'static str, String>,
}

/// Which secret of the gateway: it is not renewed but by the key of the log.
const SECRET: u64 = 0;

/// Where short messages go.
pub struct Gateway {
    url: Url,
    outward: Outward,
    signer: Signer,
    clock: crate::clock::Clock,
}

impl Gateway {
    fn new(address: &str, log_key: &SigningKey, clock: crate::clock::Clock) -> Result<Self, OutwardError> {
        let outward = Outward::to_own(ANSWER_WITHIN)?;
        Ok(Self { url: address_of(address)?, outward, signer: Signer::of(log_key), clock })
    }

    /// The secret that messages are signed with (`v1`): `whsec_` and base64.
    pub fn secret(&self) -> String {
        self.signer.secret(own_name(), SECRET)
    }

    /// The public key that messages are signed by (`v1a`): `whpk_` and base64.
    pub fn public_key(&self) -> String {
        self.signer.public_key()
    }

    /// Hand a message over, once. It is taken when the gateway answers 2xx; who calls tries again when it is not. No error names the number.
    pub async fn tell(&self, message: &ShortMessage) -> Result<(), OutwardError> {
        let body = Body {
            id: &message.id,
            to: &message.to,
            template: message.template,
            language: message.language.tag(),
            text: &message.text,
            parameters: &message.parameters,
        };
        let body = serde_json::json!(body).to_string();
        let at: Timestamp = self.clock.now();
        let at_s = at.as_millis().div_euclid(1_000);
        let signed = self.signer.sign((own_name(), &[SECRET]), &message.id, at_s, &body);
        let headers = vec![
            ("webhook-id", message.id.clone()),
            ("webhook-timestamp", signed.timestamp),
            ("webhook-signature", signed.signatures),
        ];
        match self.outward.status_of(Outgoing { url: self.url.clone(), headers, body }).await? {
            200..300 => Ok(()),
            status => Err(OutwardError::Status(status)),
        }
    }
}

impl App {
    /// Send short messages through this address from now on; the first one that was named counts.
    pub fn use_gateway(&self, address: &str) -> Result<&Gateway, OutwardError> {
        let gateway = Gateway::new(address, &self.inner.signer.key, self.inner.clock.clone())?;
        Ok(self.inner.gateway.get_or_init(|| gateway))
    }

    /// What sends short messages; `None` where the operator has named nothing that does.
    pub fn gateway(&self) -> Option<&Gateway> {
        self.inner.gateway.get()
    }
}

/// Whether an address can be that of a gateway; nobody is asked.
pub fn check_address(text: &str) -> Result<(), OutwardError> {
    address_of(text).map(drop)
}

/// An address of the operator's own: it may lie in a private network and need not be encrypted.
pub(super) fn address_of(text: &str) -> Result<Url, OutwardError> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let url = url.ok_or_else(|| OutwardError::Url(text.to_owned()))?;
    // Errors quote the address.
    let is_plain = url.username().is_empty() && url.password().is_none();
    if is_plain {
        Ok(url)
    } else {
        Err(OutwardError::Url("an address with a user name or password".to_owned()))
    }
}

/// The name its secret is derived by; no webhook has it, for theirs are of version 7.
fn own_name() -> WebhookId {
    WebhookId::from_uuid(derived(&[b"liandan/gateway/v1"]))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_no_credentials_in_it() {
        for good in ["http://10.0.0.7:8080/sms", "https://sms.example/send?from=liandan"] {
            assert!(address_of(good).is_ok(), "{good}");
        }
        for bad in ["sms", "ftp://10.0.0.7/", "https://user:secret@sms.example/", "mailto:a@b.example", ""] {
            let error = address_of(bad).err().unwrap().to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
