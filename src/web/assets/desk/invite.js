// The page /keys/invite: an invitation signed in this browser. It is shown as text, as a link and as a code to scan; the word that goes with it
// is shown apart, to be told by another way. Nothing of it is sent to the ledger before the invited person uses it.

import "./copy.js";
import { base64url, utf8 } from "../verify/bytes.js";
import { canSign, find, newId, seal } from "./device.js";
import { Unfit, valueOf } from "./form.js";

/** Random bytes of the word that is told apart. */
const CODE_BYTES = 10;
const HOUR_MS = 3_600_000;

const form = /** @type {HTMLFormElement} */ (document.getElementById("invite"));
const t = (/** @type {string} */ key) => form.dataset[key] ?? key;

/** @template {HTMLElement} T @param {string} id @returns {T} */
const part = (id) => /** @type {T} */ (document.getElementById(id));

/** @param {string} text */
function complain(text) {
  const trouble = part("trouble");
  trouble.textContent = text;
  trouble.hidden = false;
  trouble.focus();
}

/** @param {string} name */
const field = (name) => /** @type {import("./form.js").Field} */ (form.elements.namedItem(name));

/** @param {string} text the code as an image, or nothing where there is none */
async function drawn(text) {
  const answer = await fetch("/qr", { method: "POST", body: text });
  return answer.ok ? `data:image/svg+xml,${encodeURIComponent(await answer.text())}` : undefined;
}

async function invite() {
  part("trouble").hidden = true;
  const { log = "", kid = "", party = "", ahead = "0" } = form.dataset;
  const hours = Number(valueOf(field("hours"), "Z") ?? 0);
  if (hours < 1 || hours > Number(form.dataset.most)) throw new Unfit("hours");
  const key = await find(log, kid);
  if (!key) return complain(t("noKey"));
  const code = Array.from(crypto.getRandomValues(new Uint8Array(CODE_BYTES)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const code_sha256 = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(code))));
  const expires_at = new Date(Date.now() + Number(ahead) + hours * HOUR_MS).toISOString();
  const said = { v: 1, log, invitation: newId(), party, role: field("role").value, code_sha256, expires_at };
  const compact = await seal(key, "invitation", said);
  const link = `${location.origin}/device#${compact}`;
  /** @type {HTMLTextAreaElement} */ (part("compact")).value = compact;
  const anchor = /** @type {HTMLAnchorElement} */ (part("link"));
  anchor.href = anchor.textContent = link;
  part("code").textContent = code;
  part("until").textContent = new Date(Date.now() + hours * HOUR_MS).toLocaleString(document.documentElement.lang);
  const image = /** @type {HTMLImageElement} */ (part("scan"));
  const source = await drawn(link).catch(() => undefined);
  if (source) image.src = source;
  image.hidden = !source;
  const made = part("invited");
  made.hidden = false;
  made.focus();
}

async function begin() {
  if (!(await canSign())) return complain(t("noSigning"));
  if (!(await find(form.dataset.log ?? "", form.dataset.kid ?? ""))) complain(t("noKey"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    invite().catch((why) => complain(t(why instanceof Unfit ? why.key : "fault")));
  });
}

begin();
