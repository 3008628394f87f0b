//! Ed25519 keys (RFC 8032): checked once when they are read, then every verdict on a signature is everybody's verdict.
//!
//! Implementations of Ed25519 disagree about odd keys and odd signatures only. A key here is therefore canonical, not
//! of small order and free of torsion, and verification is strict, one signature at a time: batch verification
//! accepts crafted signatures that single verification refuses.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::b64;
use super::digest::{Digest, Kid, bytes_from_text};

/// Why a key is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The text is not the base64url form of 32 bytes.
    #[error("the key is not 43 characters of strict base64url: send the JWK member x (RFC 8037 §2)")]
    Text,
    /// The bytes are no point of the curve, or not its one canonical encoding (RFC 8032 §5.1.3).
    #[error(
        "the key is not the canonical encoding of a point of edwards25519 (RFC 8032 §5.1.3): make a new key"
    )]
    NotAPoint,
    /// A point of order 8 or less: signatures under it prove nothing.
    #[error("the key is a point of small order, under which anything verifies: make a new key")]
    SmallOrder,
    /// A point with a small-order part: implementations disagree about signatures under it.
    #[error("the key has a small-order part, about which implementations disagree: make a new key")]
    Torsion,
    /// Not an unencrypted Ed25519 private key in PKCS#8 (RFC 5958, RFC 8410 §7).
    #[error(
        "not an unencrypted Ed25519 private key in PKCS#8 PEM (RFC 8410 §7): openssl genpkey -algorithm ed25519"
    )]
    Pem,
}

/// An Ed25519 public key that has passed every check of [`PublicKey::from_bytes`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(ed25519_dalek::VerifyingKey);

impl PublicKey {
    /// Reads the 32 bytes of RFC 8032 §5.1.2. Refused are encodings of no point or a second encoding of one, points
    /// of small order (the all-zero key is one) and points with a small-order part.
    pub fn from_bytes(bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let key = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotAPoint)?;
        let point = key.to_edwards();
        // Decoding reduces the coordinate; only encoding it again shows whether it had to.
        if point.compress().as_bytes() != bytes {
            return Err(KeyError::NotAPoint);
        }
        if point.is_small_order() {
            return Err(KeyError::SmallOrder);
        }
        if !point.is_torsion_free() {
            return Err(KeyError::Torsion);
        }
        Ok(Self(key))
    }

    /// The 32 bytes, the JWK member `x` (RFC 8037 §2) before encoding.
    pub fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// The key's name: its JWK thumbprint (RFC 7638 §3, members of RFC 8037 §2).
    pub fn kid(&self) -> Kid {
        // The thumbprint's members, their order and the absence of spaces are fixed by RFC 7638 §3.3.
        let jwk = format!("{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{self}\"}}");
        Kid::from_bytes(Digest::sha256(&[jwk.as_bytes()]).0)
    }
}

/// True when `sig` is `key`'s signature of `msg`: RFC 8032 §5.1.7 with the scalar below the group order, R canonical
/// and not of small order.
pub fn verify_strict(key: &PublicKey, msg: &[u8], sig: &[u8; 64]) -> bool {
    key.0.verify_strict(msg, &Signature::from_bytes(sig)).is_ok()
}

impl Hash for PublicKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_bytes().hash(state);
    }
}

impl PartialOrd for PublicKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for PublicKey {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&b64::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;
    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::from_bytes(&bytes_from_text(text).map_err(|_| KeyError::Text)?)
    }
}

impl Serialize for PublicKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PublicKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An Ed25519 private key. Its memory is wiped when it is dropped, and `Debug` shows only its key id.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// The key of a 32-byte seed (the private key of RFC 8032 §5.1.5); the seed must come from a secure source.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// Reads an unencrypted PKCS#8 PEM (RFC 8410 §7), with or without the public key in it; one that does not belong
    /// to the private key is refused.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| KeyError::Pem)
    }

    /// Writes an unencrypted PKCS#8 PEM (RFC 8410 §7). The text is the secret: keep it in a file only its owner reads.
    pub fn to_pkcs8_pem(&self) -> String {
        // Without the public key (version 1): the form that every tool reads; some refuse version 2.
        let pair = KeypairBytes { secret_key: self.0.to_bytes(), public_key: None };
        let pem = pair.to_pkcs8_pem(LineEnding::LF).expect("48 bytes of DER always encode");
        pem.to_string()
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        // A clamped scalar times the base point is canonical, torsion-free and never the identity: nothing to check.
        PublicKey(self.0.verifying_key())
    }

    /// The key's name: see [`PublicKey::kid`].
    pub fn kid(&self) -> Kid {
        self.public().kid()
    }

    /// A seed for another purpose: SHA-256 of the purpose and this key's seed. It tells nothing of this key, nor of other purposes.
    pub fn derived_seed(&self, purpose: &str) -> [u8; 32] {
        Digest::sha256(&[purpose.as_bytes(), &[0], self.0.as_bytes()]).0
    }

    /// Signs `msg` (RFC 8032 §5.1.6, deterministic).
    pub fn sign(&self, msg: &[u8]) -> [u8; 64] {
        self.0.sign(msg).to_bytes()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn unhex<const N: usize>(hex: &str) -> [u8; N] {
        assert_eq!(hex.len(), 2 * N);
        std::array::from_fn(|i| u8::from_str_radix(&hex[2 * i..2 * i + 2], 16).unwrap())
    }

    #[test]
    fn the_vectors_of_rfc_8032() {
        // §7.1: secret key, public key, message, signature of TEST 1, TEST 2, TEST 3 and TEST SHA(abc).
        let sha_abc: [u8; 64] = unhex(
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
             2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        );
        let vectors: [(&str, &str, &[u8], &str); 4] = [
            (
                "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
                "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
                b"",
                "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155\
                 5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
            ),
            (
                "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
                "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
                &[0x72],
                "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                 085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
            ),
            (
                "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
                "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
                &[0xaf, 0x82],
                "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac\
                 18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
            ),
            (
                "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
                "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
                &sha_abc,
                "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589\
                 09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
            ),
        ];
        for (seed, public, message, signature) in vectors {
            let key = SigningKey::from_seed(unhex(seed));
            assert_eq!(key.public().as_bytes(), &unhex(public));
            assert_eq!(PublicKey::from_bytes(&unhex(public)), Ok(key.public()));
            assert_eq!(key.sign(message), unhex(signature));
            assert!(verify_strict(&key.public(), message, &unhex(signature)));
            assert!(!verify_strict(&key.public(), b"another", &unhex(signature)));
        }
    }

    #[test]
    fn the_thumbprint_of_rfc_8037() {
        // Appendix A.3.
        let key: PublicKey = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo".parse().unwrap();
        assert_eq!(key.kid().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn keys_come_back_from_json_and_a_bad_one_is_named() {
        let key = SigningKey::from_seed([7; 32]).public();
        let json = serde_json::to_string(&key).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key);
        let zero = serde_json::from_str::<PublicKey>(&format!("\"{}\"", "A".repeat(43))).unwrap_err();
        assert!(zero.to_string().contains("small order"), "{zero}");
        assert_eq!("AAAA".parse::<PublicKey>(), Err(KeyError::Text));
    }

    #[test]
    fn pkcs8_comes_back_and_others_are_refused() {
        // RFC 8410 §10.3: the first example, without the public key.
        let example = "-----BEGIN PRIVATE KEY-----\n\
            MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n\
            -----END PRIVATE KEY-----\n";
        let key = SigningKey::from_pkcs8_pem(example).unwrap();
        assert_eq!(key.to_pkcs8_pem(), example);
        // §10.1: its public key, the last 32 bytes of the SubjectPublicKeyInfo.
        assert_eq!(key.public().to_string(), "Gb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE");
        for bad in [
            "",
            "secret",
            &example[..60],
            &example.replace("PRIVATE", "PUBLIC"),
            &example.replace("YDK2Vw", "YDK2Vu"),
        ] {
            assert_eq!(SigningKey::from_pkcs8_pem(bad).unwrap_err(), KeyError::Pem, "{bad}");
        }
    }

    #[test]
    fn a_signing_key_never_shows_its_secret() {
        let key = SigningKey::from_seed([7; 32]);
        assert_eq!(format!("{key:?}"), format!("SigningKey({})", key.kid()));
    }
}
