//! Envelopes, good and refused. What is refused for its header or its spelling is truly signed all the same, so that
//! nothing but the header or the spelling can be the reason.

use liandan::ledger::{Envelope, EnvelopeError, PublicKey, SigningKey, Typ, Verified, b64};
use serde_json::{Value, json};

use super::key;

const PAYLOAD: &str = "{\"v\":1,\"kind\":\"waste.collected\",\"data\":{\"n\":1}}";

/// The three parts of an envelope, before they are put together.
#[derive(Clone)]
struct Parts {
    protected: String,
    payload: String,
    signature: String,
}

impl Parts {
    /// Signs parts that are encoded already, however they are spelt.
    fn sign(protected: &str, payload: &str, key: &SigningKey) -> Self {
        let signature = b64::encode(&key.sign(format!("{protected}.{payload}").as_bytes()));
        Self { protected: protected.into(), payload: payload.into(), signature }
    }

    fn with_header(header: &str) -> Self {
        Self::sign(&b64::encode(header.as_bytes()), &b64::encode(PAYLOAD.as_bytes()), &key(1))
    }

    fn good() -> Self {
        Self::with_header(&header("\"EdDSA\""))
    }

    fn compact(&self) -> String {
        format!("{}.{}.{}", self.protected, self.payload, self.signature)
    }

    fn flattened(&self) -> String {
        json!({ "protected": self.protected, "payload": self.payload, "signature": self.signature })
            .to_string()
    }

    /// The flattened form with `more` before its last brace.
    fn flattened_with(&self, more: &str) -> String {
        self.flattened().replace('}', &format!("{more}}}"))
    }
}

/// The right header but for the value of alg.
fn header(alg: &str) -> String {
    format!("{{\"alg\":{alg},\"kid\":\"{}\",\"typ\":\"waste-event+jws\"}}", key(1).kid())
}

/// The right header with `more` before its last brace.
fn header_with(more: &str) -> String {
    header("\"EdDSA\"").replace('}', &format!(",{more}}}"))
}

fn open(text: &str, typ: Typ, key: &PublicKey) -> Result<Envelope<Verified>, EnvelopeError> {
    Envelope::parse(text.as_bytes(), typ)?.verify(key)
}

pub(super) fn envelopes() -> Value {
    let mut refused = headers();
    refused.extend(spellings());
    refused.extend(signatures());
    refused.extend(flattened());
    json!({
        "comment": "Good: text is what arrives, compact what is stored, event_id SHA-256 of everything before the last dot of \
            compact. Refused: code names the first reason, pointer the part. typ is what the reader expects, public the key \
            it checks with.",
        "good": good(),
        "refused": refused,
    })
}

fn good() -> Vec<Value> {
    let mut vectors = vec![];
    for typ in [Typ::Event, Typ::Offer, Typ::Invitation, Typ::Head, Typ::Code, Typ::Token] {
        let text = Envelope::sign(typ, PAYLOAD.as_bytes(), &key(1)).into_compact();
        vectors.push(good_vector(&format!("compact, as we write it: {typ}"), typ, &text));
    }
    for (comment, payload) in [("nothing in it", ""), ("text outside ASCII", "{\"place\":\"深圳\"}")] {
        vectors.push(good_vector(
            comment,
            Typ::Event,
            Envelope::sign(Typ::Event, payload.as_bytes(), &key(1)).compact(),
        ));
    }
    let turned =
        format!("{{ \"typ\": \"waste-event+jws\",\n \"kid\": \"{}\", \"alg\": \"EdDSA\" }}\n", key(1).kid());
    for (comment, header) in [
        ("alg Ed25519 means the same (RFC 9864)", header("\"Ed25519\"")),
        ("header members in another order, with white space", turned),
        ("a header member written with an escape", header("\"EdDSA\"").replace("alg", "\\u0061lg")),
    ] {
        vectors.push(good_vector(comment, Typ::Event, &Parts::with_header(&header).compact()));
    }
    let Parts { protected, payload, signature } = Parts::good();
    let spaced = format!(
        "{{ \"signature\" : \"{signature}\",\r\n\t\"payload\" : \"{payload}\", \"protected\" : \"{protected}\"\n}}"
    );
    vectors.push(good_vector("flattened JSON", Typ::Event, &Parts::good().flattened()));
    vectors.push(good_vector("flattened JSON in another order, with white space", Typ::Event, &spaced));
    vectors
}

fn good_vector(comment: &str, typ: Typ, text: &str) -> Value {
    let public = key(1).public();
    let envelope = open(text, typ, &public).unwrap_or_else(|error| panic!("{comment}: {error}"));
    json!({
        "comment": comment,
        "typ": typ.as_str(),
        "public": public,
        "text": text,
        "compact": envelope.compact(),
        "payload": std::str::from_utf8(envelope.payload()).unwrap(),
        "kid": envelope.kid(),
        "event_id": envelope.event_id(),
    })
}

fn refused(comment: &str, text: &str, code: &str, pointer: &str) -> Value {
    let (typ, public) = (Typ::Event, key(1).public());
    let error = open(text, typ, &public).expect_err(comment);
    assert_eq!((error.code(), error.pointer()), (code, pointer), "{comment}: {error}");
    json!({
        "comment": comment, "typ": typ.as_str(), "public": public, "text": text, "code": code, "pointer": pointer,
    })
}

fn headers() -> Vec<Value> {
    let jwk = format!("\"jwk\":{{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"{}\"}}", key(1).public());
    let (right, kid) = (header("\"EdDSA\""), key(1).kid().to_string());
    let without = |member: &str| right.replacen(member, "", 1);
    let vectors = [
        ("alg none", header("\"none\"")),
        ("alg none in odd letters", header("\"nOnE\"")),
        ("alg HS256", header("\"HS256\"")),
        ("alg ES256", header("\"ES256\"")),
        ("alg Ed448", header("\"Ed448\"")),
        ("alg in other letters", header("\"eddsa\"")),
        ("alg null", header("null")),
        ("alg a list", header("[\"EdDSA\"]")),
        ("alg an object, which some parsers read as an enumeration", header("{\"EdDSA\":null}")),
        ("no alg", without("\"alg\":\"EdDSA\",")),
        ("no kid", without(&format!("\"kid\":\"{kid}\","))),
        ("no typ", without(",\"typ\":\"waste-event+jws\"")),
        ("jwk: the message brings its own key", header_with(&jwk)),
        ("jku", header_with("\"jku\":\"https://attacker.example/keys\"")),
        ("x5c", header_with("\"x5c\":[\"AA==\"]")),
        ("x5u", header_with("\"x5u\":\"https://attacker.example/chain\"")),
        ("x5t#S256", header_with("\"x5t#S256\":\"AA\"")),
        ("crit", header_with("\"crit\":[\"exp\"],\"exp\":1")),
        ("crit with nothing in it", header_with("\"crit\":[]")),
        ("b64 false (RFC 7797)", header_with("\"b64\":false,\"crit\":[\"b64\"]")),
        ("b64 true", header_with("\"b64\":true")),
        ("cty", header_with("\"cty\":\"json\"")),
        ("zip", header_with("\"zip\":\"DEF\"")),
        ("an unknown member", header_with("\"\":0")),
        ("alg twice, the same", header_with("\"alg\":\"EdDSA\"")),
        ("alg twice, different", header_with("\"alg\":\"none\"")),
        ("alg twice, once in an escape", header_with("\"\\u0061lg\":\"none\"")),
        ("kid twice", header_with(&format!("\"kid\":\"{}\"", key(2).kid()))),
        ("typ twice", header_with("\"typ\":\"waste-offer+jws\"")),
        ("an offer where an event is expected", right.replace("event", "offer")),
        ("a typ of another application", right.replace("waste-event+jws", "JWT")),
        ("typ in capitals", right.replace("waste-event+jws", "WASTE-EVENT+JWS")),
        ("typ with the media type's prefix", right.replace("waste-event", "application/waste-event")),
        ("a kid of 42 characters", right.replace(&kid, &kid[..42])),
        ("a kid with padding", right.replace(&kid, &format!("{kid}="))),
        ("a kid that is a URL", right.replace(&kid, "https://attacker.example/key")),
        ("a list in place of the object", format!("[\"EdDSA\",\"{kid}\",\"waste-event+jws\"]")),
        ("null in place of the object", "null".into()),
        ("nothing", String::new()),
        ("text behind the object", format!("{right}x")),
        ("two objects", format!("{right}{right}")),
        ("a byte order mark before the object", format!("\u{feff}{right}")),
        ("a comma too many", right.replace('}', ",}")),
        ("a comment", right.replace('}', "/**/}")),
        ("cut off", right.replace('}', "")),
    ];
    let mut made = Vec::from_iter(vectors.map(|(comment, header)| {
        let text = Parts::with_header(&header).compact();
        refused(&format!("header: {comment}"), &text, "envelope-header", "/protected")
    }));
    let unsigned = Parts { signature: String::new(), ..Parts::with_header(&header("\"none\"")) };
    made.push(refused(
        "header: alg none, no signature",
        &unsigned.compact(),
        "envelope-header",
        "/protected",
    ));
    let latin = [right.replace("EdDSA", "").as_bytes(), &[0xe9]].concat();
    let latin = Parts::sign(&b64::encode(&latin), &b64::encode(PAYLOAD.as_bytes()), &key(1));
    made.push(refused("header: not UTF-8", &latin.compact(), "envelope-header", "/protected"));
    made
}

fn spellings() -> Vec<Value> {
    let good = Parts::good();
    let text = good.compact();
    let (protected, payload) = (&good.protected, &good.payload);
    // 47 bytes of payload leave 2 bits of their last character unused, 64 bytes of signature leave 4.
    let payload_bits = with_trailing_bit(payload);
    let spelt = |protected: &str, payload: &str| Parts::sign(protected, payload, &key(1)).compact();
    let signature = |signature: String| Parts { signature, ..good.clone() }.compact();
    let broken = format!("{}\r\n{}", &payload[..8], &payload[8..]);
    [
        ("padding behind the payload", spelt(protected, &format!("{payload}=")), "/payload"),
        ("padding behind the header", spelt(&format!("{protected}="), payload), "/protected"),
        ("padding behind the signature", signature(format!("{}==", good.signature)), "/signature"),
        ("trailing bits in the payload", spelt(protected, &payload_bits), "/payload"),
        ("trailing bits in the signature", signature(with_trailing_bit(&good.signature)), "/signature"),
        ("a line break in the payload", spelt(protected, &broken), "/payload"),
        ("the alphabet of plain base64 in the payload", spelt(protected, "_-8+/w"), "/payload"),
        ("a letter outside ASCII in the payload", spelt(protected, "Zm9é"), "/payload"),
        ("CR and LF at the end", format!("{text}\r\n"), "/signature"),
        ("LF at the end", format!("{text}\n"), "/signature"),
        ("a space at the end", format!("{text} "), "/signature"),
        ("a zero byte at the end", format!("{text}\0"), "/signature"),
        ("a space before it", format!(" {text}"), "/protected"),
        ("a byte order mark before it", format!("\u{feff}{text}"), "/protected"),
        ("a dot too many", format!("{text}."), ""),
        ("five parts, as a JWE has", format!("{text}.AA.AA"), ""),
        ("two parts", format!("{protected}.{payload}"), ""),
        ("nothing", String::new(), ""),
        ("a JSON string", format!("\"{text}\""), "/protected"),
        ("a signature of 63 bytes", signature(b64::encode(&[1; 63])), "/signature"),
        ("a signature of 65 bytes", signature(b64::encode(&[1; 65])), "/signature"),
        ("no signature", signature(String::new()), "/signature"),
    ]
    .map(|(comment, text, pointer)| {
        refused(&format!("spelling: {comment}"), &text, "envelope-malformed", pointer)
    })
    .to_vec()
}

/// The same bytes in a second spelling: the last character's unused bits are not zero.
fn with_trailing_bit(text: &str) -> String {
    let (head, last) = text.split_at(text.len() - 1);
    let next = char::from(last.as_bytes()[0] + 1);
    assert!(b64::decode(text).is_ok() && next.is_ascii_alphanumeric(), "{text} has another last character");
    format!("{head}{next}")
}

fn signatures() -> Vec<Value> {
    let good = Parts::good();
    let bytes = b64::decode(&good.signature).unwrap();
    let signed = |bytes: &[u8]| Parts { signature: b64::encode(bytes), ..good.clone() }.compact();
    let mut flipped = bytes.clone();
    flipped[0] ^= 1;
    let other_payload = Parts { payload: b64::encode(b"{\"v\":1}"), ..good.clone() };
    let other_header = Parts { protected: b64::encode(header("\"Ed25519\"").as_bytes()), ..good.clone() };
    let other_key = Parts::sign(&good.protected, &good.payload, &key(2));
    let mut made = [
        ("the scalar plus the group order", signed(&plus_order(&bytes))),
        ("one bit flipped", signed(&flipped)),
        ("all zero", signed(&[0; 64])),
        ("another payload under it", other_payload.compact()),
        ("another header under it", other_header.compact()),
        ("another key's, under this key's name", other_key.compact()),
    ]
    .map(|(comment, text)| {
        refused(&format!("signature: {comment}"), &text, "signature-invalid", "/signature")
    })
    .to_vec();
    let other = Envelope::sign(Typ::Event, PAYLOAD.as_bytes(), &key(2)).into_compact();
    made.push(refused("signature: another key's, under its own name", &other, "key-mismatch", "/protected"));
    made
}

/// A signature with S + L in place of S: the same equation, a second spelling (RFC 8032 §5.1.7 demands S < L).
fn plus_order(signature: &[u8]) -> Vec<u8> {
    // L = 2^252 + 27742317777372353535851937790883648493, little-endian.
    let order = super::unhex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");
    let (mut sum, mut carry) = (signature[..32].to_vec(), 0);
    for (s, l) in signature[32..].iter().zip(order) {
        let digit = u16::from(*s) + u16::from(l) + carry;
        sum.push((digit & 0xff) as u8);
        carry = digit >> 8;
    }
    assert_eq!(carry, 0);
    sum
}

fn flattened() -> Vec<Value> {
    let good = Parts::good();
    let text = good.flattened();
    let Parts { protected, payload, signature } = &good;
    let general =
        json!({ "payload": payload, "signatures": [{ "protected": protected, "signature": signature }] });
    [
        ("an unprotected header", good.flattened_with(",\"header\":{\"kid\":\"x\"}")),
        ("an unprotected header with nothing in it", good.flattened_with(",\"header\":{}")),
        ("an unknown member", good.flattened_with(",\"x\":1")),
        ("the payload twice, the same", good.flattened_with(&format!(",\"payload\":\"{payload}\""))),
        ("the payload twice, different", good.flattened_with(",\"payload\":\"e30\"")),
        ("the payload twice, once in an escape", good.flattened_with(",\"p\\u0061yload\":\"e30\"")),
        ("no signature", json!({ "protected": protected, "payload": payload }).to_string()),
        ("no protected header", json!({ "payload": payload, "signature": signature }).to_string()),
        ("the payload as an object", text.replace(&format!("\"{payload}\""), PAYLOAD)),
        ("the signature null", text.replace(&format!("\"{signature}\""), "null")),
        ("the general form with one signature", general.to_string()),
        ("LF at the end", format!("{text}\n")),
        ("text behind it", format!("{text}x")),
        ("twice", format!("{text}{text}")),
        ("a comma too many", text.replace('}', ",}")),
        ("cut off", text.replace('}', "")),
        ("an object with nothing in it", "{}".into()),
        ("a space before it", format!(" {text}")),
        ("a byte order mark before it", format!("\u{feff}{text}")),
        ("a list of its parts", json!([protected, payload, signature]).to_string()),
        ("a list of one", format!("[{text}]")),
    ]
    .map(|(comment, text)| refused(&format!("flattened: {comment}"), &text, "envelope-malformed", ""))
    .to_vec()
}
