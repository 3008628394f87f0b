//! Keys and signatures that implementations of Ed25519 judge differently, made from the curve's equations.
//!
//! `tests/vectors/hostile.json` holds them for other programs: none may accept one. After a deliberate change:
//! `LIANDAN_BLESS=1 cargo test --test it hostile_vectors`, then read the difference. The attacks throw them at every intake.

use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT as BASE, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::IsIdentity;
use liandan::ledger::key::verify_strict;
use liandan::ledger::{PublicKey, SigningKey, b64};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha512};

use crate::ledger_vectors::{bless, hex};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/hostile.json");
/// The group order L = 2^252 + 27742317777372353535851937790883648493, little-endian.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// A public key that nobody may enrol.
pub(crate) struct HostileKey {
    pub(crate) comment: String,
    pub(crate) bytes: [u8; 32],
}

/// A signature that nobody may accept.
pub(crate) struct Forgery {
    pub(crate) comment: String,
    pub(crate) signature: [u8; 64],
}

/// A private key as the equations see it: the scalar a with A = a·B.
pub(crate) struct Secret {
    scalar: Scalar,
    public: EdwardsPoint,
}

impl Secret {
    /// The key of a 32-byte seed (RFC 8032 §5.1.5).
    pub(crate) fn of(seed: [u8; 32]) -> Self {
        let hash: [u8; 64] = Sha512::digest(seed).into();
        let mut clamped = [0; 32];
        clamped.copy_from_slice(&hash[..32]);
        clamped[0] &= 0xf8;
        clamped[31] = clamped[31] & 0x7f | 0x40;
        let scalar = Scalar::from_bytes_mod_order(clamped);
        let secret = Self { scalar, public: BASE * scalar };
        assert_eq!(secret.public.compress().as_bytes(), SigningKey::from_seed(seed).public().as_bytes());
        secret
    }

    /// Every forgery this key's own holder can make over a message.
    pub(crate) fn forgeries(&self, message: &[u8]) -> Vec<Forgery> {
        let nonce = scalar_of(&[b"nonce", message]);
        let r = BASE * nonce;
        let mut made =
            vec![forgery("S + L: the scalar is not reduced", with_order_added(self.sign(r, nonce, message)))];
        for (n, torsion) in EIGHT_TORSION.iter().enumerate() {
            let small = torsion.compress().to_bytes();
            let comment = format!(
                "R is point {n} of small order: the nonce is nothing, so S gives the private key away"
            );
            made.push(forgery(comment, self.sign_encoded(small, Scalar::ZERO, message)));
        }
        for encoding in second_encodings() {
            if CompressedEdwardsY(encoding).decompress().is_some_and(|point| point.is_small_order()) {
                let comment = format!("R is a second encoding of a point of small order, {}", hex(&encoding));
                made.push(forgery(comment, self.sign_encoded(encoding, Scalar::ZERO, message)));
            }
        }
        for (n, torsion) in EIGHT_TORSION.iter().enumerate().skip(1) {
            let comment = format!(
                "R has the small-order part {n}: only verifiers that multiply by the cofactor accept"
            );
            made.push(forgery(comment, self.sign(r + torsion, nonce, message)));
        }
        made.push(forgery("all zero", [0; 64]));
        let mut ones = [0xff; 64];
        ones[63] = 0x1f;
        made.push(forgery("all ones", ones));
        made
    }

    /// R ‖ r + H(R ‖ A ‖ M)·a.
    fn sign(&self, r: EdwardsPoint, nonce: Scalar, message: &[u8]) -> [u8; 64] {
        self.sign_encoded(r.compress().to_bytes(), nonce, message)
    }

    fn sign_encoded(&self, r: [u8; 32], nonce: Scalar, message: &[u8]) -> [u8; 64] {
        let k = challenge(&r, self.public.compress().as_bytes(), message);
        joined(r, (nonce + k * self.scalar).to_bytes())
    }
}

fn forgery(comment: impl Into<String>, signature: [u8; 64]) -> Forgery {
    Forgery { comment: comment.into(), signature }
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&r);
    signature[32..].copy_from_slice(&s);
    signature
}

fn scalar_of(parts: &[&[u8]]) -> Scalar {
    let mut hash = Sha512::new();
    parts.iter().for_each(|part| hash.update(part));
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

fn challenge(r: &[u8; 32], a: &[u8; 32], message: &[u8]) -> Scalar {
    scalar_of(&[r, a, message])
}

fn with_order_added(mut signature: [u8; 64]) -> [u8; 64] {
    let mut carry = 0_u16;
    for (byte, order) in signature[32..].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(order) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    signature
}

/// Encodings with y from p to 2^255 - 1, with and without the sign of x, and the signs that x = 0 cannot have.
fn second_encodings() -> Vec<[u8; 32]> {
    let mut encodings = Vec::new();
    for above in 0..19_u8 {
        for sign in [0x7f, 0xff] {
            let mut encoding = [0xff; 32];
            encoding[0] = 0xed + above;
            encoding[31] = sign;
            encodings.push(encoding);
        }
    }
    let (mut one, mut minus_one) = ([0; 32], [0xff; 32]);
    (one[0], one[31]) = (1, 0x80);
    minus_one[0] = 0xec;
    encodings.extend([one, minus_one]);
    encodings
}

/// Every sort of key that must never be enrolled.
pub(crate) fn hostile_keys() -> Vec<HostileKey> {
    let good = Secret::of([7; 32]).public;
    let small = EIGHT_TORSION.iter().enumerate().map(|(n, torsion)| HostileKey {
        comment: format!("point {n} of small order"),
        bytes: torsion.compress().to_bytes(),
    });
    let second = second_encodings()
        .into_iter()
        .map(|bytes| HostileKey { comment: "not the canonical encoding of a point".to_owned(), bytes });
    let mixed = EIGHT_TORSION.iter().enumerate().skip(1).map(|(n, torsion)| HostileKey {
        comment: format!("a good key with the small-order part {n}"),
        bytes: (good + torsion).compress().to_bytes(),
    });
    small.chain(second).chain(mixed).collect()
}

/// A signature under a key of mixed order that the equation without the cofactor holds for: R's small-order part undoes that
/// of the key.
fn under_mixed_order(secret: &Secret, torsion: &EdwardsPoint, message: &[u8]) -> ([u8; 32], [u8; 64]) {
    let key = (secret.public + torsion).compress().to_bytes();
    let made = (0..=u8::MAX).flat_map(|tries| {
        let nonce = scalar_of(&[b"mixed", &[tries], message]);
        EIGHT_TORSION.iter().map(move |part| {
            let r = (BASE * nonce + part).compress().to_bytes();
            joined(r, (nonce + challenge(&r, &key, message) * secret.scalar).to_bytes())
        })
    });
    let holds = |signature: &[u8; 64]| verdicts(&key, message, signature).1;
    // One in eight does, so one is found long before the tries end.
    let signature = made.filter(holds).next().unwrap();
    (key, signature)
}

/// Whether verifiers accept that read keys and R leniently and reduce S: with the cofactor, and without it.
fn verdicts(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> (bool, bool) {
    let (mut r, mut s) = ([0; 32], [0; 32]);
    r.copy_from_slice(&signature[..32]);
    s.copy_from_slice(&signature[32..]);
    let points = CompressedEdwardsY(*key).decompress().zip(CompressedEdwardsY(r).decompress());
    let Some((a, big_r)) = points else { return (false, false) };
    let k = challenge(&r, key, message);
    let left_over = BASE * Scalar::from_bytes_mod_order(s) - big_r - a * k;
    (left_over.mul_by_cofactor().is_identity(), left_over.is_identity())
}

fn vector(comment: &str, key: [u8; 32], message: &str, signature: [u8; 64]) -> Value {
    let ours =
        PublicKey::from_bytes(&key).is_ok_and(|key| verify_strict(&key, message.as_bytes(), &signature));
    assert!(!ours, "accepted: {comment}");
    let (with_cofactor, without) = verdicts(&key, message.as_bytes(), &signature);
    json!({
        "comment": comment,
        "public_hex": hex(&key),
        "message": message,
        "signature_hex": hex(&signature),
        "signature": b64::encode(&signature),
        "lenient_with_cofactor": with_cofactor,
        "lenient_without_cofactor": without,
    })
}

fn signatures() -> Vec<Value> {
    let secret = Secret::of([7; 32]);
    let key = secret.public.compress().to_bytes();
    let mut vectors = Vec::new();
    for message in ["", "liandan", "eyJhbGciOiJFZERTQSJ9.e30"] {
        let made = secret.forgeries(message.as_bytes());
        vectors.extend(made.iter().map(|made| vector(&made.comment, key, message, made.signature)));
        for (n, torsion) in EIGHT_TORSION.iter().enumerate().skip(1) {
            let (mixed, signature) = under_mixed_order(&secret, torsion, message.as_bytes());
            let comment = format!("under a good key with the small-order part {n}");
            vectors.push(vector(&comment, mixed, message, signature));
        }
    }
    vectors
}

#[test]
fn the_hostile_vectors_are_what_the_equations_give_and_none_is_accepted() {
    let keys: Vec<Value> = hostile_keys()
        .iter()
        .map(|key| {
            let refused = PublicKey::from_bytes(&key.bytes).expect_err(&key.comment);
            json!({ "comment": key.comment, "public_hex": hex(&key.bytes), "reason": refused.to_string() })
        })
        .collect();
    let signatures = signatures();
    let lenient = |name: &str| signatures.iter().filter(|vector| vector[name] == true).count();
    // They would be no test if everybody refused them anyway.
    assert!(
        keys.len() > 50 && lenient("lenient_with_cofactor") > 60 && lenient("lenient_without_cofactor") > 30
    );
    let made = json!({
        "comment": "Ed25519 keys and signatures that implementations disagree about. Every key must be refused when it is \
            enrolled, every signature refused whatever way it comes. The members lenient_… say whether a verifier accepts that \
            takes any encoding, reduces S, and multiplies by the cofactor or not.",
        "keys": keys,
        "signatures": signatures,
    });
    if bless() {
        std::fs::write(FILE, serde_json::to_string_pretty(&made).unwrap() + "\n").unwrap();
    }
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(FILE).unwrap()).unwrap();
    assert_eq!(committed, made, "see the head of this file for how to renew it");
}
