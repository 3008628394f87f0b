// What a scanned code says, in words: the page /q#CODE. The code stands behind the #, so it never reaches a server. Codes of one document that
// were scanned one after the other find each other here.

import { payloadOf, readEnvelope } from "../verify/jws.js";
import { Unread, read } from "./optical.js";
import { codeIn, hasCamera, look } from "./scan.js";

const KEPT = "liandan-codes";
/** Codes kept for others of their document; older ones are forgotten. */
const MOST_KEPT = 8;
const body = /** @type {HTMLElement} */ (document.querySelector("[data-code]"));

/** @param {string} name */
const part = (name) => /** @type {HTMLElement} */ (body.querySelector(`[data-part=${name}]`));

/** What was scanned before, as far as the browser keeps anything. @returns {string[]} */
function kept() {
  try {
    const codes = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(codes) ? codes.filter((code) => typeof code === "string") : [];
  } catch {
    return [];
  }
}

/** @param {string[]} codes */
function keep(codes) {
  try {
    if (codes.length > 0) localStorage.setItem(KEPT, JSON.stringify(codes.slice(-MOST_KEPT)));
    else localStorage.removeItem(KEPT);
  } catch {
    // Then the second code stands alone, and the page says so.
  }
}

/** @param {string} name @param {string} [text] */
function show(name, text) {
  const at = part(name);
  at.hidden = false;
  if (text !== undefined) (at.querySelector("[data-value]") ?? at).textContent = text;
}

/** @param {string} template @param {Record<string, string | number>} values */
const filled = (template, values) => Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, String(value)), template);

/** @typedef {import("../verify/json.js").Json} Json */
/** @param {Map<string, Json>} from @param {string} name */
const text = (from, name) => String(from.get(name) ?? "");

/** Grams as kilograms, exact. @param {Json | undefined} grams */
function kilograms(grams) {
  const whole = BigInt(/** @type {any} */ (grams ?? 0));
  const rest = String(whole % 1000n).padStart(3, "0").replace(/0+$/, "");
  return `${whole / 1000n}${rest ? `.${rest}` : ""}`;
}

/** @param {Map<string, Json>} offer */
function tell(offer) {
  const step = text(offer, "step");
  show("step", body.dataset[step] ?? step);
  for (const name of ["from", "to", "log"]) show(name, text(offer, name));
  const manifest = text(offer, "manifest");
  show("manifest", manifest);
  /** @type {HTMLAnchorElement} */ (part("onward")).href = `/manifests/${encodeURIComponent(manifest)}`;
  show("onward");
  const at = new Date(text(offer, "at"));
  show("at", Number.isNaN(at.getTime()) ? text(offer, "at") : at.toLocaleString(document.documentElement.lang, { timeZone: body.dataset.zone }));
  const lines = /** @type {any[]} */ (offer.get("lines") ?? []).map((line) => filled(body.dataset.line ?? "", { line: line.get("line"), mass: kilograms(line.get("mass_g")) }));
  show("lines", lines.join(body.dataset.list));
  const containers = offer.get("containers");
  if (containers instanceof Map) show("containers", text(containers, "count"));
  show("facts");
}

async function start() {
  if (/MicroMessenger/i.test(navigator.userAgent)) show("inside-another");
  const code = location.hash.slice(1);
  if (code === "") return show("nothing");
  // Other documents' codes wait for their own.
  const before = kept().filter((other) => other.slice(2, 7) === code.slice(2, 7) && other !== code);
  try {
    const compact = await read([...before, code]);
    keep(kept().filter((other) => !before.includes(other)));
    const envelope = await readEnvelope(compact, "offer");
    tell(payloadOf(envelope));
    show("key", envelope.kid);
    /** @type {HTMLTextAreaElement} */ (part("compact").querySelector("textarea")).value = compact;
    show("compact");
  } catch (why) {
    if (!(why instanceof Unread) || why.why !== "incomplete") return show("unread");
    keep([...kept().filter((other) => other !== code), code]);
    show("incomplete", filled(body.dataset.incomplete ?? "", { missing: why.missing }));
  }
}

/** Another code, typed or seen. @param {string} read */
function go(read) {
  location.hash = codeIn(read);
}

function listen() {
  // The other language says the same code.
  document.querySelector("header a[hreflang]")?.addEventListener("click", (event) => {
    /** @type {HTMLAnchorElement} */ (event.currentTarget).hash = location.hash;
  });
  const form = /** @type {HTMLFormElement} */ (part("typed"));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(/** @type {HTMLInputElement} */ (form.elements.namedItem("code")).value);
  });
  if (!hasCamera()) return;
  const [button, video] = [/** @type {HTMLButtonElement} */ (part("camera")), /** @type {HTMLVideoElement} */ (part("seen"))];
  /** @type {AbortController | undefined} */
  let looking;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (looking) return looking.abort();
    looking = new AbortController();
    video.hidden = false;
    try {
      const seen = await look(video, looking.signal);
      if (seen !== undefined) go(seen);
    } catch {
      show("no-camera");
    } finally {
      video.hidden = true;
      looking = undefined;
    }
  });
}

window.addEventListener("hashchange", () => location.reload());
/** Opens without a network from now on, where the browser keeps pages. */
async function keepPage() {
  // A page of ours names scripts by a policy only.
  const worker = /** @type {any} */ (window).trustedTypes?.createPolicy("worker", { createScriptURL: () => "/worker.js" }).createScriptURL("") ?? "/worker.js";
  await navigator.serviceWorker?.register(worker, { scope: "/q" });
}

listen();
void start();
keepPage().catch(() => undefined);
