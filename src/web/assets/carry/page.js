// What a scanned code says, in words: the page /q#CODE. The code stands behind the #, so it never reaches a server. Codes of one document that
// were scanned one after the other find each other here. Signatures are held against what this device knows: the key of the log that came with the
// page, and the keys and the head of the log that somebody fetched on it.

import { kept as keptKeys } from "../desk/device.js";
import { inStores, under } from "../desk/kept.js";
import { Unread, read } from "./optical.js";
import { aboutOf, readPaper, standing } from "./paper.js";
import { codeIn, hasCamera, look, tell } from "./scan.js";
import { kilograms, momentOf, wordsOf } from "./words.js";
import { keepPage } from "./worker.js";

/** @typedef {import("./paper.js").Paper} Paper */
/** @typedef {import("./phone.js").Facts} Facts */

const KEPT = "liandan-codes";
/** Codes kept for others of their document; older ones are forgotten. */
const MOST_KEPT = 8;
const body = /** @type {HTMLElement} */ (document.querySelector("[data-code]"));
const t = wordsOf(body);
const { zone, decoder, log = "", logKey = "" } = body.dataset;

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

/** @param {string} name @param {string | undefined | null} [text] */
function show(name, text) {
  const at = part(name);
  at.hidden = text === "" || text === null;
  if (text) (at.querySelector("[data-value]") ?? at).textContent = text;
}

/** What somebody fetched on this device; nothing where the browser keeps nothing. @returns {Promise<Facts[]>} */
async function known() {
  try {
    return await inStores(["facts"], "readonly", (store) => store("facts").getAll(under(log)));
  } catch {
    return [];
  }
}

/** What the ledger answered at the road. @param {any} said @param {Facts[]} facts */
function tellCheck(said, facts) {
  const [asked] = Object.values(said.asked);
  show("asked", String(asked));
  const found = said.found.map((/** @type {any} */ one) => t("found", { number: one.number ?? one.manifest, status: t(`status.${one.status}`), findings: one.findings.length }));
  show("found", found.length > 0 ? found.join(t("list")) : t(said.more ? "found-more" : "found-none"));
  show("size", String(said.size));
  const head = facts.map((fact) => fact.head).find((one) => one?.size === said.size);
  if (head) mark(head.root === said.root ? "good" : "bad", head.root === said.root ? t("head-same") : t("head-other"));
}

/** @param {"good" | "warn" | "bad"} kind @param {string} text */
function mark(kind, text) {
  const item = part("marks").appendChild(document.createElement("li"));
  item.className = `check ${kind}`;
  item.textContent = text;
}

/** @param {Paper} paper */
async function tellPaper(paper) {
  const { typ, said } = paper;
  const facts = await known();
  const names = new Map(facts.flatMap((fact) => fact.parties).map(({ party, name }) => [party, name]));
  const nameOf = (/** @type {unknown} */ code) => [names.get(String(code)), code].filter(Boolean).join(" ");
  const { manifest, kind } = aboutOf(paper);
  show("kind", t(`told-${typ}`));
  show("step", typ === "check" ? null : t(kind));
  const data = typ === "event" ? (said.data ?? {}) : said;
  show("from", data.from && nameOf(data.from));
  show("to", data.to && nameOf(data.to));
  show("by", typ === "event" ? nameOf(said.for) : null);
  show("log", said.log);
  show("manifest", manifest);
  const lines = Array.isArray(data.lines) ? data.lines : [];
  show("lines", lines.map((/** @type {any} */ line) => t("line-kg", { line: line.line, mass: kilograms(line.mass_g ?? line.quantity?.mass_g ?? line.rejected?.mass_g ?? line.accepted?.mass_g ?? 0) })).join(t("list")) || null);
  show("containers", data.containers?.count ? String(data.containers.count) : null);
  show("at", momentOf(said.occurred_at ?? said.at, zone));
  show("key", paper.kid);
  if (typ === "check") tellCheck(said, facts);
  const state = said.log === log ? await standing(paper, facts.flatMap(({ keys }) => keys), logKey) : "unknown";
  const who = typ === "check" ? t("the-log") : nameOf(typ === "offer" ? said.from : said.for);
  mark(state === "good" ? "good" : state === "bad" ? "bad" : "warn", t(`signature-${state}`, { from: who }));
  show("facts");
  const onward = /** @type {HTMLAnchorElement} */ (part("onward"));
  onward.href = `/manifests/${encodeURIComponent(manifest)}`;
  onward.hidden = manifest === "";
  const takes = typ !== "check" && said.log === log && (await keptKeys(log).catch(() => [])).length > 0;
  /** @type {HTMLAnchorElement} */ (part("take")).href = `/driver#paper=${paper.compact}`;
  part("take").hidden = !takes;
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
    await tellPaper(await readPaper(compact));
    /** @type {HTMLTextAreaElement} */ (part("compact").querySelector("textarea")).value = compact;
    show("compact");
  } catch (why) {
    if (!(why instanceof Unread) || why.why !== "incomplete") return show("unread");
    keep([...kept().filter((other) => other !== code), code]);
    show("incomplete", t("scan-more", { missing: why.missing }));
  }
}

/** Another code, typed or seen. @param {string} text */
function go(text) {
  location.hash = codeIn(text);
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
  if (!hasCamera(decoder)) return;
  const [button, video] = [/** @type {HTMLButtonElement} */ (part("camera")), /** @type {HTMLVideoElement} */ (part("seen"))];
  /** @type {AbortController | undefined} */
  let looking;
  button.hidden = false;
  button.addEventListener("click", async () => {
    if (looking) return looking.abort();
    looking = new AbortController();
    video.hidden = false;
    try {
      await look(video, decoder, looking.signal, (text) => {
        tell(true);
        go(text);
        return true;
      });
    } catch {
      show("no-camera");
    } finally {
      video.hidden = true;
      looking = undefined;
    }
  });
}

window.addEventListener("hashchange", () => location.reload());
listen();
void start();
keepPage("/q").catch(() => undefined);
