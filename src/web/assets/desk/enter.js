// The page /login: signs a token with a key file that the visitor chooses. The key is read, used and forgotten here; what is sent is the token.

import { base64url, concat, fromBase64, fromBase64url, utf8 } from "./bytes.js";
import { kidOf } from "./jws.js";
import { insist } from "./refused.js";

/** Life of a token in seconds: long enough for the way. */
const LIFE_S = 60;
/** How an Ed25519 key in PKCS#8 begins (RFC 8410 §7), without and with the public key behind it (RFC 5958). */
const PLAIN = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
const WITH_PUBLIC = [0x30, 0x51, 0x02, 0x01, 0x01, ...PLAIN.slice(5)];
const SEED_BYTES = 32;

/**
 * The private key of a PEM file, in the form that every browser reads.
 * @param {string} pem
 */
export function pkcs8Of(pem) {
  const found = /^-----BEGIN PRIVATE KEY-----\s([A-Za-z0-9+/=\s]+)-----END PRIVATE KEY-----\s*$/.exec(pem);
  insist(found !== null, "不是未加密的 PKCS#8 PEM", "it is not an unencrypted key in PKCS#8 PEM");
  const bytes = fromBase64(/** @type {string[]} */ (found)[1].replace(/\s/g, ""));
  const begins = bytes[1] === WITH_PUBLIC[1] ? WITH_PUBLIC : PLAIN;
  const isKey = bytes.length === 2 + begins[1] && begins.every((byte, at) => bytes[at] === byte);
  insist(isKey, "不是 Ed25519 私钥", "it is not an Ed25519 private key");
  return concat(Uint8Array.from(PLAIN), bytes.subarray(PLAIN.length, PLAIN.length + SEED_BYTES));
}

/**
 * A token for the ledger of this origin, good once.
 * @param {Uint8Array} pkcs8
 * @param {string} origin
 * @param {number} nowMs
 */
export async function tokenOf(pkcs8, origin, nowMs) {
  // Only what may be taken out of WebCrypto again tells its public half.
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, "Ed25519", true, ["sign"]);
  const { x } = await crypto.subtle.exportKey("jwk", key);
  const kid = await kidOf(fromBase64url(/** @type {string} */ (x)));
  const iat = Math.floor(nowMs / 1000);
  const jti = base64url(crypto.getRandomValues(new Uint8Array(16)));
  const header = base64url(utf8(`{"alg":"EdDSA","kid":"${kid}","typ":"waste-token+jws"}`));
  const input = `${header}.${base64url(utf8(JSON.stringify({ aud: origin, iat, exp: iat + LIFE_S, jti })))}`;
  const signature = new Uint8Array(await crypto.subtle.sign("Ed25519", key, utf8(input)));
  return `${input}.${base64url(signature)}`;
}

/** @param {Event} event */
async function chosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const trouble = /** @type {HTMLElement} */ (document.getElementById("trouble"));
  const form = /** @type {HTMLFormElement} */ (document.getElementById("login"));
  const file = input.files?.[0];
  if (!file) return;
  trouble.hidden = true;
  let pkcs8;
  try {
    pkcs8 = pkcs8Of(await file.text());
    const token = await tokenOf(pkcs8, form.dataset.origin ?? "", Date.now());
    /** @type {HTMLTextAreaElement} */ (document.getElementById("token")).value = token;
    form.requestSubmit();
  } catch {
    // The words of the page, not of the browser: either the file is no key, or the browser cannot sign with it.
    trouble.textContent = (pkcs8 ? trouble.dataset.browser : trouble.dataset.form) ?? "";
    trouble.hidden = false;
  } finally {
    pkcs8?.fill(0);
    input.value = "";
  }
}

globalThis.document?.getElementById("key")?.addEventListener("change", chosen);
