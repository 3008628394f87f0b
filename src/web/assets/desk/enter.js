// The page /login: signs a token with a key of this browser, or with a key file that the visitor chooses. A file is read, used and forgotten
// here; what is sent is the token.

import { concat, fromBase64 } from "../verify/bytes.js";
import { insist } from "../verify/refused.js";
import { canSign, fromFile, kept, token } from "./device.js";

/** @typedef {import("./device.js").DeviceKey} DeviceKey */

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

/** How far this device's clock is before that of the page: a token says when it was made. */
const aheadMs = Date.now() - Number(globalThis.document?.getElementById("login")?.dataset.now ?? Date.now());

/**
 * Signs in: the page's form takes the token along.
 * @param {DeviceKey} key
 */
export async function enter(key) {
  const form = /** @type {HTMLFormElement} */ (document.getElementById("login"));
  /** @type {HTMLTextAreaElement} */ (form.elements.namedItem("token")).value = await token(key, Date.now() - aheadMs);
  form.requestSubmit();
}

/** @param {Event} event */
async function chosen(event) {
  const input = /** @type {HTMLInputElement} */ (event.target);
  const trouble = /** @type {HTMLElement} */ (document.getElementById("trouble"));
  const file = input.files?.[0];
  if (!file) return;
  trouble.hidden = true;
  let pkcs8;
  try {
    pkcs8 = pkcs8Of(await file.text());
    await enter(await fromFile(pkcs8, input.dataset.log ?? ""));
  } catch {
    // The words of the page, not of the browser: either the file is no key, or the browser cannot sign with it.
    trouble.textContent = (pkcs8 ? trouble.dataset.browser : trouble.dataset.form) ?? "";
    trouble.hidden = false;
  } finally {
    pkcs8?.fill(0);
    input.value = "";
  }
}

/**
 * One button for each key of this browser.
 * @param {HTMLElement} list
 */
export async function showKept(list) {
  if (!(await canSign())) return;
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("kept-key"));
  for (const key of await kept(list.dataset.log ?? "")) {
    const item = /** @type {HTMLElement} */ (template.content.cloneNode(true));
    /** @type {HTMLElement} */ (item.querySelector("[data-kid]")).textContent = `…${key.kid.slice(-8)}`;
    /** @type {HTMLElement} */ (item.querySelector("[data-made]")).textContent = new Date(key.madeAt).toLocaleDateString(document.documentElement.lang);
    /** @type {HTMLElement} */ (item.querySelector("button")).addEventListener("click", () => enter(key));
    list.append(item);
    list.hidden = false;
  }
}

globalThis.document?.querySelector("input#key")?.addEventListener("change", chosen);
const list = globalThis.document?.getElementById("kept");
if (list) showKept(list);
