// The page /device: this browser gets a key of its own. Made here and enrolled by an invitation, taken from a key file, or, in the
// demonstration, one of its public keys.

import { base64url } from "../verify/bytes.js";
import { payloadOf, readEnvelope } from "../verify/jws.js";
import { Told, Unreached, submit } from "./call.js";
import { canSign, forget, fromFile, keep, kept, make, newId, seal } from "./device.js";
import { enter, pkcs8Of } from "./enter.js";

/** @typedef {import("./device.js").DeviceKey} DeviceKey */

const page = /** @type {HTMLElement} */ (document.getElementById("device"));
const isChinese = document.documentElement.lang.startsWith("zh");
const log = page.dataset.log ?? "";

/** @param {string} text */
function complain(text) {
  const trouble = /** @type {HTMLElement} */ (document.getElementById("trouble"));
  trouble.textContent = text;
  trouble.hidden = false;
  trouble.focus();
}

/** @param {string} key */
const t = (key) => page.dataset[key] ?? key;

/** @param {unknown} why */
function wordsFor(why) {
  if (why instanceof Unreached) return t("unreached");
  if (why instanceof Told) return why.problem.errors.map(({ zh, en }) => (isChinese ? zh : en)).join(" ") || why.problem.title;
  return t("unfit");
}

/**
 * What an invitation says; a link that holds one serves as well.
 * @param {string} text
 */
async function invitationIn(text) {
  const compact = text.trim().replace(/^.*#/s, "");
  const payload = payloadOf(await readEnvelope(compact, "invitation"));
  return { compact, party: String(payload.get("party")), log: String(payload.get("log")) };
}

/**
 * Makes a key and has it enrolled. It is kept before anybody knows of it, and thrown away only if the ledger says no.
 * @param {string} text
 * @param {string} code
 */
async function enrol(text, code) {
  const invitation = await invitationIn(text);
  if (invitation.log !== log) return complain(t("otherLog"));
  const key = await make(log);
  await keep(key);
  const data = { key: base64url(key.publicKey), invitation: invitation.compact, ...(code !== "" && { code }) };
  const occurred = new Date(Date.now() + Number(page.dataset.ahead)).toISOString();
  const payload = { v: 1, log, kind: "key.enrolled", act: newId(), for: invitation.party, occurred_at: occurred, data };
  try {
    await submit(await seal(key, "event", payload));
  } catch (why) {
    if (why instanceof Told) await forget(key);
    throw why;
  }
  await enter(key);
}

/**
 * Runs what a form or button begins, and says what went wrong.
 * @param {() => Promise<unknown>} act
 */
async function attempt(act) {
  /** @type {HTMLElement} */ (document.getElementById("trouble")).hidden = true;
  page.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (why) {
    complain(wordsFor(why));
  } finally {
    page.removeAttribute("aria-busy");
  }
}

/** @param {string} pem */
async function adopt(pem) {
  const pkcs8 = pkcs8Of(pem);
  const key = await fromFile(pkcs8, log).finally(() => pkcs8.fill(0));
  await keep(key);
  await enter(key);
}

async function showKept() {
  const list = /** @type {HTMLElement} */ (document.getElementById("own-keys"));
  const template = /** @type {HTMLTemplateElement} */ (document.getElementById("own-key"));
  const keys = await kept(log);
  list.replaceChildren(...keys.map((key) => {
    const item = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    /** @type {HTMLElement} */ (item.querySelector("[data-kid]")).textContent = key.kid;
    /** @type {HTMLElement} */ (item.querySelector("[data-made]")).textContent = new Date(key.madeAt).toLocaleString(document.documentElement.lang);
    /** @type {HTMLElement} */ (item.querySelector("[data-enter]")).addEventListener("click", () => attempt(() => enter(key)));
    /** @type {HTMLElement} */ (item.querySelector("[data-forget]")).addEventListener("click", () => attempt(async () => {
      if (confirm(t("sure"))) await forget(key).then(showKept);
    }));
    return item;
  }));
  /** @type {HTMLElement} */ (document.getElementById("no-keys")).hidden = keys.length > 0;
}

async function begin() {
  if (!(await canSign())) {
    /** @type {HTMLElement} */ (document.getElementById("unable")).hidden = false;
    return;
  }
  /** @type {HTMLElement} */ (document.getElementById("able")).hidden = false;
  await showKept();
  const enrolment = /** @type {HTMLFormElement} */ (document.getElementById("enrol"));
  const [invitation, code] = ["invitation", "code"].map((name) => /** @type {HTMLInputElement} */ (enrolment.elements.namedItem(name)));
  if (location.hash.length > 1) invitation.value = location.hash.slice(1);
  enrolment.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => enrol(invitation.value, code.value.trim()));
  });
  const file = /** @type {HTMLInputElement} */ (document.getElementById("key-file"));
  file.addEventListener("change", () => attempt(async () => {
    const [chosen] = file.files ?? [];
    if (chosen) await adopt(await chosen.text()).finally(() => (file.value = ""));
  }));
  const seat = /** @type {HTMLFormElement | null} */ (document.getElementById("seat"));
  seat?.addEventListener("submit", (event) => {
    event.preventDefault();
    const { value } = /** @type {HTMLSelectElement} */ (seat.elements.namedItem("seat"));
    attempt(async () => adopt(await (await fetch(`/demo/keys/${value}`, { credentials: "omit" })).text()));
  });
}

begin();
