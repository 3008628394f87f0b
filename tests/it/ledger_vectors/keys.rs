//! Keys and bare signatures, with the odd ones about which implementations of Ed25519 disagree.
//!
//! The odd points and signatures were computed from the curve's equations, apart from this program.

use liandan::ledger::key::verify_strict;
use liandan::ledger::{KeyError, PublicKey, SigningKey, b64};
use serde_json::{Value, json};

use super::{hex, key, unhex};

/// The curve's eight points of small order, in their canonical encodings.
const SMALL_ORDER: [(&str, &str); 8] = [
    ("order 1, the identity", "0100000000000000000000000000000000000000000000000000000000000000"),
    ("order 2", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("order 4, the all-zero key", "0000000000000000000000000000000000000000000000000000000000000000"),
    ("order 4", "0000000000000000000000000000000000000000000000000000000000000080"),
    ("order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    ("order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    ("order 8", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85"),
    ("order 8", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa"),
];

const NOT_A_POINT: [(&str, &str); 9] = [
    ("y = 2 is on no point", "0200000000000000000000000000000000000000000000000000000000000000"),
    ("y = p, the second encoding of 0", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ("y = p with the sign bit", "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
    (
        "y = p + 1, the second encoding of 1",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
    (
        "y = 1 with a sign bit although x = 0",
        "0100000000000000000000000000000000000000000000000000000000000080",
    ),
    (
        "y = -1 with a sign bit although x = 0",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    ),
    ("y = p + 3, a point of large order", "f0ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    (
        "y = p + 18, a point of large order",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
    (
        "y = p + 2 is on no point either way",
        "efffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ),
];

/// The public key of seed 0707…07 plus a point of small order.
const MIXED_ORDER: [(&str, &str); 2] = [
    (
        "a good key plus a point of order 8",
        "1f4f580e73ac208f06760190e9edc6f5916775dabd9c1cdca393175c2d6d1083",
    ),
    (
        "a good key plus the point of order 2",
        "03b5939c1d63adf5410aaf84ecd13a066ab889514141846dbde11596ebb92dd3",
    ),
];

pub(super) fn keys() -> Value {
    let mut good: Vec<Value> = (1..=3).map(|byte| good(&key(byte), "the seed repeats one byte")).collect();
    let rfc = unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60");
    let rfc = good_rfc_8037(&SigningKey::from_seed(rfc.try_into().unwrap()));
    good.push(rfc);

    let mut refused = vec![];
    for (vectors, error, reason) in [
        (&SMALL_ORDER[..], KeyError::SmallOrder, "small-order"),
        (&NOT_A_POINT[..], KeyError::NotAPoint, "not-a-canonical-point"),
        (&MIXED_ORDER[..], KeyError::Torsion, "mixed-order"),
    ] {
        for (comment, encoding) in vectors {
            let bytes = unhex(encoding).try_into().unwrap();
            assert_eq!(PublicKey::from_bytes(&bytes), Err(error.clone()), "{comment}: {encoding}");
            refused.push(json!({ "comment": comment, "public_hex": encoding, "reason": reason }));
        }
    }
    json!({
        "comment": "kid is the JWK thumbprint (RFC 7638) of {\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":public}. \
            Refused keys never enter the ledger.",
        "good": good,
        "refused": refused,
    })
}

fn good(key: &SigningKey, comment: &str) -> Value {
    let pem = key.to_pkcs8_pem();
    let again = SigningKey::from_pkcs8_pem(&pem).unwrap();
    assert_eq!(again.public(), key.public());
    assert_eq!(PublicKey::from_bytes(key.public().as_bytes()), Ok(key.public()));
    json!({ "comment": comment, "public": key.public(), "kid": key.kid(), "pkcs8_pem": pem })
}

fn good_rfc_8037(key: &SigningKey) -> Value {
    assert_eq!(key.kid().to_string(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    good(key, "the key and thumbprint of RFC 8037 appendix A")
}

/// Signatures of `liandan` under the key of seed 0707…07, whose half of the nonce is r, R = r·B.
const SIGNATURES: [(&str, bool, &str); 7] = [
    (
        "as RFC 8032 signs",
        true,
        "888c0880af500ed9e29064f217f9dfed4ad86151390b65f0a54c1e59f9b26403\
         6ae701647a007f52f1294d5317d45d0b343b24603d470350c860a01e03309f08",
    ),
    (
        "S + L: the same signature with the scalar not reduced",
        false,
        "888c0880af500ed9e29064f217f9dfed4ad86151390b65f0a54c1e59f9b26403\
         57bbf7c0946391aac7c644f6f5cd3c20343b24603d470350c860a01e03309f18",
    ),
    (
        "R is the identity: the equation holds and lax verifiers accept, but this signature gives the private key away",
        false,
        "0100000000000000000000000000000000000000000000000000000000000000\
         0015b7a5716858a52418f5f55e5679b6f38334831b6d99baa2aa314d91fbdd07",
    ),
    (
        "R is the identity, written as y = p + 1",
        false,
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f\
         c4b75d732ddfb84b1e1d48ff8099ddf5ec756ef0cca2e1c19c6b0cd1884ad90a",
    ),
    (
        "R is the identity, written with a sign bit",
        false,
        "0100000000000000000000000000000000000000000000000000000000000080\
         861f0a93f28fc78c3a169e53bf83c16b473d48a9295e4178d4f319456885bc07",
    ),
    (
        "R plus a point of order 8: only verifiers that multiply by the cofactor accept",
        false,
        "54969607e0af3ffa9b14aaf512e506a87cc59bbf1365fa3f9638baaf9daca716\
         3a04e47c33fd344eabd86595c917bdcd04d6baf20be899cd3467e7809f94e90d",
    ),
    (
        "all zero",
        false,
        "0000000000000000000000000000000000000000000000000000000000000000\
         0000000000000000000000000000000000000000000000000000000000000000",
    ),
];

pub(super) fn signatures() -> Value {
    let good = *key(7).public().as_bytes();
    let mut vectors: Vec<Value> = SIGNATURES
        .iter()
        .map(|(comment, valid, signature)| signature_vector(comment, good, "liandan", signature, *valid))
        .collect();
    vectors.push(signature_vector("another message", good, "liandan!", SIGNATURES[0].2, false));
    vectors.push(signature_vector(
        "under a key of mixed order: the equation holds and lax verifiers accept, but the key is refused",
        unhex(MIXED_ORDER[0].1).try_into().unwrap(),
        "liandan 12",
        "888c0880af500ed9e29064f217f9dfed4ad86151390b65f0a54c1e59f9b26403\
         3b5f7b82fca49766ff176064bf9d36ab9eda145db60cd606428262734f02070d",
        false,
    ));
    json!(vectors)
}

fn signature_vector(comment: &str, public: [u8; 32], message: &str, signature: &str, valid: bool) -> Value {
    let signature: [u8; 64] = unhex(signature).try_into().unwrap();
    let verdict =
        PublicKey::from_bytes(&public).is_ok_and(|key| verify_strict(&key, message.as_bytes(), &signature));
    assert_eq!(verdict, valid, "{comment}");
    json!({
        "comment": comment,
        "public_hex": hex(&public),
        "message": message,
        "signature": b64::encode(&signature),
        "valid": valid,
    })
}
