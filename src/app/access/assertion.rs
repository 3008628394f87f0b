//! What a caller signs to prove itself: our own token, or, to be let in for a while, the JWT that OAuth clients make for `private_key_jwt`
//! (RFC 7523). Both say the same of the same key.

use serde::Deserialize;

use super::AccessError;
use super::token::{MAX_JTI_CHARS, TokenClaims, denied, read_claims, unreadable};
use crate::custody::kind::parse_json;
use crate::ledger::key::verify_strict;
use crate::ledger::{Envelope, Kid, PublicKey, Typ, Unverified, b64};
use crate::shape::Text;

/// Longest assertion, in bytes.
pub const MAX_ASSERTION_BYTES: usize = 4_096;

/// An assertion whose form is right and whose signature nobody has looked at.
pub(super) enum Assertion<'a> {
    /// A `waste-token+jws`.
    Token(Envelope<Unverified>),
    /// A JWT.
    Jwt(Jwt<'a>),
}

impl<'a> Assertion<'a> {
    /// Reads a token of ours.
    pub(super) fn token(text: &str) -> Result<Self, AccessError> {
        Envelope::parse(text.as_bytes(), Typ::Token).map(Self::Token).map_err(unreadable)
    }

    /// Reads either. What is no JWT by its header must be a token of ours, and is told what is wrong with it as one.
    pub(super) fn any(text: &'a str) -> Result<Self, AccessError> {
        if text.len() > MAX_ASSERTION_BYTES {
            let zh = format!("断言超过 {MAX_ASSERTION_BYTES} 字节");
            let en = format!("an assertion has at most {MAX_ASSERTION_BYTES} bytes");
            return Err(denied("assertion-too-large", "", zh, en));
        }
        match Jwt::header(text) {
            Some(header) => Jwt::read(text, &header).map(Self::Jwt),
            None => Self::token(text),
        }
    }

    /// The key that it names.
    pub(super) fn kid(&self) -> Kid {
        match self {
            Self::Token(envelope) => envelope.kid(),
            Self::Jwt(jwt) => jwt.claims.sub,
        }
    }

    /// Checks the signature with the key that it names; what it claims.
    pub(super) fn claims(self, key: &PublicKey) -> Result<TokenClaims, AccessError> {
        match self {
            Self::Token(envelope) => read_claims(envelope.verify(key).map_err(unreadable)?.payload()),
            Self::Jwt(jwt) => jwt.verify(key),
        }
    }
}

/// A JWT in compact form.
pub(super) struct Jwt<'a> {
    signed: &'a str,
    signature: [u8; 64],
    claims: JwtClaims,
}

/// Header of a JWT. No key is looked up by it and no algorithm chosen: what it may not say is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtHeader {
    alg: String,
    typ: Option<String>,
    kid: Option<Kid>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JwtClaims {
    iss: Kid,
    sub: Kid,
    aud: Audience,
    iat: i64,
    exp: i64,
    nbf: Option<i64>,
    jti: Text<MAX_JTI_CHARS>,
}

/// RFC 7519 §4.1.3: one text, or a list; a list of one says the same.
#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(Text<200>),
    List([Text<200>; 1]),
}

impl<'a> Jwt<'a> {
    /// The header, where it is one of a JWT.
    fn header(text: &str) -> Option<JwtHeader> {
        let (header, _) = text.split_once('.')?;
        let header: JwtHeader = serde_json::from_slice(&b64::decode(header).ok()?).ok()?;
        header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("JWT")).then_some(header)
    }

    fn read(text: &'a str, header: &JwtHeader) -> Result<Self, AccessError> {
        let malformed = |pointer: &str, en: &str| {
            denied("assertion-malformed", pointer, "断言不是规定的 JWT，见 docs/login.md", en)
        };
        // RFC 9864 calls the same algorithm by the name of its curve.
        if !["EdDSA", "Ed25519"].contains(&header.alg.as_str()) {
            return Err(malformed("/alg", "alg must be EdDSA"));
        }
        let parts = text.rsplit_once('.').and_then(|(signed, signature)| {
            let (_, payload) = signed.split_once('.')?;
            let signature = b64::decode(signature).ok()?.try_into().ok()?;
            Some((signed, String::from_utf8(b64::decode(payload).ok()?).ok()?, signature))
        });
        let (signed, payload, signature) =
            parts.ok_or_else(|| malformed("", "a JWT has three parts of strict base64url"))?;
        // A derived struct would also read an array of its values.
        if !payload.starts_with('{') {
            return Err(malformed("", "the claims are not a JSON object"));
        }
        let claims: JwtClaims =
            parse_json(&payload, "").map_err(|error| malformed(&error.pointer, &error.message))?;
        let names_one_key = claims.iss == claims.sub && header.kid.is_none_or(|kid| kid == claims.sub);
        if !names_one_key {
            return Err(malformed("/sub", "iss, sub and kid must name one key: its thumbprint (RFC 7638)"));
        }
        Ok(Self { signed, signature, claims })
    }

    fn verify(self, key: &PublicKey) -> Result<TokenClaims, AccessError> {
        if !verify_strict(key, self.signed.as_bytes(), &self.signature) {
            let en = "the signature does not belong to this header, these claims and this key";
            return Err(denied("signature-invalid", "/signature", "签名无效", en));
        }
        let JwtClaims { aud, iat, exp, nbf, jti, .. } = self.claims;
        let (Audience::One(aud) | Audience::List([aud])) = aud;
        // What is not good before a moment counts from it.
        Ok(TokenClaims { aud, iat: nbf.map_or(iat, |nbf| nbf.max(iat)), exp, jti })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::ledger::SigningKey;

    fn key() -> SigningKey {
        SigningKey::from_seed([7; 32])
    }

    fn signed(header: &str, claims: &str) -> String {
        let input = format!("{}.{}", b64::encode(header.as_bytes()), b64::encode(claims.as_bytes()));
        let signature = b64::encode(&key().sign(input.as_bytes()));
        format!("{input}.{signature}")
    }

    fn claims(kid: Kid) -> String {
        format!("{{\"iss\":\"{kid}\",\"sub\":\"{kid}\",\"aud\":\"l/1\",\"iat\":10,\"exp\":20,\"jti\":\"a\"}}")
    }

    fn verdict(text: &str) -> Result<TokenClaims, String> {
        let code = |error| match error {
            AccessError::Token(objection) => format!("{} {}", objection.code, objection.pointer),
            other => panic!("{other}"),
        };
        Assertion::any(text).and_then(|assertion| assertion.claims(&key().public())).map_err(code)
    }

    #[test]
    fn a_jwt_of_any_oauth_client_is_read() {
        let kid = key().public().kid();
        for header in [
            "{\"alg\":\"EdDSA\"}",
            "{\"typ\":\"JWT\",\"alg\":\"EdDSA\"}",
            "{ \"alg\" : \"Ed25519\", \"typ\":\"jwt\" }",
            &format!("{{\"alg\":\"EdDSA\",\"kid\":\"{kid}\"}}"),
        ] {
            let read = verdict(&signed(header, &claims(kid))).unwrap();
            assert_eq!((&*read.aud, read.iat, read.exp, &*read.jti), ("l/1", 10, 20, "a"), "{header}");
        }
        let list = claims(kid).replace("\"l/1\"", "[\"l/1\"]").replace("\"iat\":10", "\"iat\":10,\"nbf\":15");
        let read = verdict(&signed("{\"alg\":\"EdDSA\"}", &list)).unwrap();
        assert_eq!((&*read.aud, read.iat), ("l/1", 15));
    }

    #[test]
    fn what_a_jwt_may_not_say_is_refused() {
        let (kid, other) = (key().public().kid(), Kid::from_bytes([8; 32]));
        let good = claims(kid);
        let edited = |from: &str, to: &str| good.replace(from, to);
        for (header, claims, wanted) in [
            ("{\"alg\":\"none\"}", good.clone(), "assertion-malformed /alg"),
            ("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", good.clone(), "assertion-malformed /alg"),
            ("{\"alg\":\"EdDSA\",\"jku\":\"https://a\"}", good.clone(), "envelope-header /protected"),
            ("{\"alg\":\"EdDSA\",\"crit\":[\"b64\"]}", good.clone(), "envelope-header /protected"),
            ("{\"alg\":\"EdDSA\",\"alg\":\"EdDSA\"}", good.clone(), "envelope-header /protected"),
            ("{\"alg\":\"EdDSA\",\"typ\":\"waste-event+jws\"}", good.clone(), "envelope-header /protected"),
            (
                "{\"alg\":\"EdDSA\"}",
                edited("\"jti\"", "\"admin\":true,\"jti\""),
                "assertion-malformed /admin",
            ),
            ("{\"alg\":\"EdDSA\"}", edited("\"iat\":10", "\"iat\":1.5"), "assertion-malformed /iat"),
            ("{\"alg\":\"EdDSA\"}", edited("\"l/1\"", "[\"l/1\",\"l/2\"]"), "assertion-malformed /aud"),
            ("{\"alg\":\"EdDSA\"}", "[1]".to_owned(), "assertion-malformed "),
            (
                "{\"alg\":\"EdDSA\"}",
                good.replacen(&kid.to_string(), &other.to_string(), 1),
                "assertion-malformed /sub",
            ),
        ] {
            assert_eq!(verdict(&signed(header, &claims)).unwrap_err(), wanted, "{header} {claims}");
        }
        let (one, two) =
            (signed("{\"alg\":\"EdDSA\"}", &good), signed("{\"alg\":\"EdDSA\"}", &edited("10", "11")));
        let (body, _) = one.rsplit_once('.').unwrap();
        let forged = format!("{body}.{}", two.rsplit_once('.').unwrap().1);
        assert_eq!(verdict(&forged).unwrap_err(), "signature-invalid /signature");
        assert_eq!(verdict(&"a".repeat(MAX_ASSERTION_BYTES + 1)).unwrap_err(), "assertion-too-large ");
    }
}
