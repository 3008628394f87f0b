//! The gateway for short messages: told what it needs, signed as webhooks are, and no number in any error.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use liandan::app::gateway::ShortMessage;
use liandan::app::outward::OutwardError;
use liandan::ledger::PublicKey;
use liandan::ledger::key::verify_strict;
use liandan::shape::Lang;
use serde_json::json;
use sha2::Sha256;

use crate::support::gateway::Recorder;
use crate::support::ledger::{Ledger, block_on, databases};

fn message() -> ShortMessage {
    ShortMessage {
        id: "msg_1".to_owned(),
        to: "138 0013 8000".parse().unwrap(),
        template: "code",
        language: Lang::Zh,
        text: "验证码 123456".to_owned(),
        parameters: [("code", "123456".to_owned())].into(),
    }
}

#[test]
fn a_short_message_is_signed_both_ways_and_never_names_its_number_in_an_error() {
    for database in databases() {
        block_on(async {
            let ledger = Ledger::found(&database.url).await;
            assert!(ledger.app.gateway().is_none(), "none that nobody configured");
            let recorder = Recorder::dead();
            let gateway = ledger.app.use_gateway(&recorder.url()).unwrap();
            let away = gateway.tell(&message()).await.unwrap_err();
            assert!(matches!(away, OutwardError::Unreachable(_)), "{away}");
            recorder.rise().await;
            recorder.answer(503);
            let refused = gateway.tell(&message()).await.unwrap_err();
            assert!(matches!(refused, OutwardError::Status(503)), "{refused}");
            for error in [away.to_string(), refused.to_string(), format!("{:?}", message())] {
                assert!(!error.contains("8000"), "{error}");
            }
            recorder.answer(200);
            ledger.app.gateway().unwrap().tell(&message()).await.unwrap();
            let wanted = json!({
                "id": "msg_1", "to": "+8613800138000", "template": "code", "language": "zh-CN", "text": "验证码 123456",
                "parameters": { "code": "123456" }
            });
            assert_eq!(recorder.came(), [wanted.clone(), wanted]);

            let (headers, body) = recorder.raw().pop().unwrap();
            let header = |name: &str| headers[name].to_str().unwrap();
            let signed = format!("{}.{}.{body}", header("webhook-id"), header("webhook-timestamp"));
            assert_eq!(header("webhook-id"), "msg_1");
            let (v1, v1a) = header("webhook-signature").split_once(' ').unwrap();
            let secret = gateway.secret();
            let secret = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
            let mut mac = Hmac::<Sha256>::new_from_slice(&secret).unwrap();
            mac.update(signed.as_bytes());
            mac.verify_slice(&STANDARD.decode(v1.strip_prefix("v1,").unwrap()).unwrap()).unwrap();
            let key = gateway.public_key();
            let key = STANDARD.decode(key.strip_prefix("whpk_").unwrap()).unwrap().try_into().unwrap();
            let signature = STANDARD.decode(v1a.strip_prefix("v1a,").unwrap()).unwrap().try_into().unwrap();
            assert!(verify_strict(&PublicKey::from_bytes(&key).unwrap(), signed.as_bytes(), &signature));
        });
    }
}
