// The keys of this browser: made here, kept in IndexedDB, and never to be taken out. A key file that somebody has anyway is put in beside
// them; from then on it cannot be taken out either.

import { base64url, fromBase64url, utf8 } from "../verify/bytes.js";
import { kidOf } from "../verify/jws.js";
import { inStores, under } from "./kept.js";

/** @typedef {{ kid: string, log: string, key: CryptoKey, publicKey: Uint8Array, madeAt: number }} DeviceKey */

/** Life of a token in seconds: long enough for the way. */
const TOKEN_LIFE_S = 60;

/** Whether this browser can make keys, sign with them and keep them: by https or on the machine itself, and with Ed25519. */
export async function canSign() {
  if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return false;
  try {
    await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]);
    return true;
  } catch {
    return false;
  }
}

/**
 * A new key for a ledger, not kept yet.
 * @param {string} log
 * @returns {Promise<DeviceKey>}
 */
export async function make(log) {
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]));
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { kid: await kidOf(publicKey), log, key: pair.privateKey, publicKey, madeAt: Date.now() };
}

/**
 * The key of a file, not kept yet.
 * @param {Uint8Array<ArrayBuffer>} pkcs8
 * @param {string} log
 * @returns {Promise<DeviceKey>}
 */
export async function fromFile(pkcs8, log) {
  // Only what may be taken out of WebCrypto again tells its public half; what is kept may not.
  const open = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", open);
  const publicKey = fromBase64url(/** @type {string} */ (x));
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", false, ["sign"]);
  return { kid: await kidOf(publicKey), log, key, publicKey, madeAt: Date.now() };
}

/**
 * Keeps a key, and asks the browser not to throw it away when space gets short.
 * @param {DeviceKey} key
 */
export async function keep(key) {
  await inStores(["keys"], "readwrite", (store) => store("keys").put(key));
  await navigator.storage?.persist?.();
}

/**
 * The keys kept for a ledger, the last one first.
 * @param {string} log
 * @returns {Promise<DeviceKey[]>}
 */
export async function kept(log) {
  /** @type {DeviceKey[]} */
  const keys = await inStores(["keys"], "readonly", (store) => store("keys").getAll(under(log)));
  return keys.sort((a, b) => b.madeAt - a.madeAt);
}

/**
 * @param {string} log
 * @param {string} kid
 * @returns {Promise<DeviceKey | undefined>}
 */
export const find = (log, kid) => inStores(["keys"], "readonly", (store) => store("keys").get([log, kid]));

/** @param {DeviceKey} key */
export const forget = (key) => inStores(["keys"], "readwrite", (store) => store("keys").delete([key.log, key.kid]));

/**
 * The envelope of a text that is to be signed.
 * @param {DeviceKey} key
 * @param {string} input
 */
export async function sign(key, input) {
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key.key, utf8(input)));
  return `${input}.${base64url(signature)}`;
}

/**
 * A payload in a signed envelope.
 * @param {DeviceKey} key
 * @param {"event" | "token" | "invitation" | "offer"} typ
 * @param {object} payload
 */
export function seal(key, typ, payload) {
  const header = base64url(utf8(`{"alg":"EdDSA","kid":"${key.kid}","typ":"waste-${typ}+jws"}`));
  return sign(key, `${header}.${base64url(utf8(JSON.stringify(payload)))}`);
}

/**
 * A token for the ledger of the key, good once.
 * @param {DeviceKey} key
 * @param {number} [now] in milliseconds since 1970: by the ledger's clock where that is known, for a phone's may be off
 */
export function token(key, now = Date.now()) {
  const iat = Math.floor(now / 1000);
  const jti = base64url(crypto.getRandomValues(new Uint8Array(16)));
  return seal(key, "token", { aud: key.log, iat, exp: iat + TOKEN_LIFE_S, jti });
}

/** A new id that begins with the time (UUID version 7, RFC 9562 §5.7). */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let rest = Date.now();
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

