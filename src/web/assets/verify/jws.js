// The signed envelope (RFC 7515) in its compact form, narrowed until it can mean one thing only: docs/formats.md, Envelope.

import { base64url, digest, fromBase64url, sha256, textOf, utf8 } from "./bytes.js";
import { verifyStrict } from "./ed25519.js";
import { parse, record, string } from "./json.js";
import { insist } from "./refused.js";

const MAX_ENVELOPE_BYTES = 256 * 1024;

/** @typedef {"event" | "offer" | "invitation" | "head" | "check"} Typ */
/** @typedef {{ compact: string, kid: string, payload: Uint8Array, input: Uint8Array, signature: Uint8Array, id: string }} Envelope */

/**
 * Reads a compact JWS of a type; its id is the hash of what is signed.
 * @param {string} compact
 * @param {Typ} typ
 * @returns {Promise<Envelope>}
 */
export async function readEnvelope(compact, typ) {
  insist(utf8(compact).length <= MAX_ENVELOPE_BYTES, "签名信封过长", "the envelope is too long");
  const parts = compact.split(".");
  insist(parts.length === 3, "不是紧凑形式的 JWS", "it is not a JWS in compact form");
  const [header, payload, signature] = parts.map(fromBase64url);
  const text = textOf(header);
  insist(text.startsWith("{"), "保护头不是 JSON 对象", "the protected header is not a JSON object");
  const members = record(parse(text), ["alg", "kid", "typ"]);
  insist(["EdDSA", "Ed25519"].includes(string(members.get("alg"))), "签名算法不符", "the algorithm is another");
  insist(members.get("typ") === `waste-${typ}+jws`, "类型不符", `it is not of the type waste-${typ}+jws`);
  const kid = string(members.get("kid"));
  digest(kid);
  insist(signature.length === 64, "签名不是 64 字节", "a signature has 64 bytes");
  const input = utf8(`${parts[0]}.${parts[1]}`);
  return { compact, kid, payload, input, signature, id: base64url(await sha256(input)) };
}

/**
 * The name of a key: its JWK thumbprint (RFC 7638).
 * @param {Uint8Array} key
 */
export async function kidOf(key) {
  return base64url(await sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${base64url(key)}"}`)));
}

/**
 * Refuses an envelope that is not signed by the key it names.
 * @param {Envelope} envelope
 * @param {Uint8Array} key
 */
export async function checkSignature(envelope, key) {
  insist(envelope.kid === (await kidOf(key)), "信封指名另一把密钥", "the envelope names another key");
  const isGood = await verifyStrict(key, envelope.input, envelope.signature);
  insist(isGood, "签名与内容和密钥不符", "the signature does not belong to this content and this key");
}

/**
 * The payload as strict JSON: an object.
 * @param {Envelope} envelope
 * @returns {Map<string, import("./json.js").Json>}
 */
export function payloadOf(envelope) {
  const value = parse(textOf(envelope.payload));
  insist(value instanceof Map, "内容不是 JSON 对象", "the payload is not a JSON object");
  return value;
}
