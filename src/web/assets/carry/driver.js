// The page /driver: handing over where there may be no network. Its screens lie in the page, each by its name behind the #, and this shows one of them.

import { Told, Unreached } from "../desk/call.js";
import { canSign } from "../desk/device.js";
import { Refused, insist } from "../verify/refused.js";
import { Handing } from "./handing.js";
import { Unread, read } from "./optical.js";
import { readPaper } from "./paper.js";
import { Estranged, Phone } from "./phone.js";
import { drop } from "./queue.js";
import { codeIn, hasCamera, look, tell } from "./scan.js";
import { Screens, part } from "./screens.js";
import { isGateEvent, isOfASide, isOffer } from "./shape.js";
import { isChinese, wordsOf } from "./words.js";
import { keepPage } from "./worker.js";

/** @typedef {import("./handing.js").Deal} Deal */
/** @typedef {import("./handing.js").Mode} Mode */

const root = /** @type {HTMLElement} */ (document.getElementById("driver"));
const t = wordsOf(root);
const { decoder } = root.dataset;
const phone = new Phone({ log: root.dataset.log ?? "", logKey: root.dataset.logKey ?? "", aheadMs: Number(root.dataset.ahead ?? 0) });

/** Between two tries to send what waits, in milliseconds. */
const SEND_EVERY_MS = 60_000;
/** Longest label that the ledger knows, in characters. */
const MAX_LABEL = 64;
/** Who held this device last. */
const LAST = "liandan-driver";
const screens = new Screens(root, phone, t);

/** @param {string} text nothing takes it away */
function complain(text) {
  const trouble = part(root, "trouble");
  trouble.textContent = text;
  trouble.hidden = text === "";
  if (text) trouble.scrollIntoView();
}

/** @param {unknown} why */
function wordsFor(why) {
  if (why instanceof Unreached) return t("unreached");
  if (why instanceof Refused) return isChinese() ? why.zh : why.en;
  if (why instanceof Estranged) return t("estranged");
  if (why instanceof Told) return why.problem.errors.map(({ zh, en }) => (isChinese() ? zh : en)).join(" ") || why.problem.title;
  console.error(why);
  return t("fault");
}

/** @type {AbortController | undefined} */
let looking;
/** What scanning goes to: a code of a document, or the containers of a deal. @type {Deal | undefined} */
let counting;
/** Codes of documents of which others are missing. @type {string[]} */
let parts = [];

async function showScan() {
  const at = screens.of("scan");
  const video = /** @type {HTMLVideoElement} */ (part(at, "seen"));
  const light = /** @type {HTMLButtonElement} */ (part(at, "light"));
  part(at, "told").textContent = t(counting ? "scan-containers" : "scan-code");
  part(at, "enough").hidden = !counting;
  light.hidden = true;
  video.hidden = !hasCamera(decoder);
  part(at, "no-camera").hidden = hasCamera(decoder);
  if (!hasCamera(decoder)) return;
  looking?.abort();
  const stop = (looking = new AbortController());
  let isOn = false;
  try {
    await look(video, decoder, stop.signal, seen, (shine) => {
      light.hidden = false;
      light.onclick = () => shine((isOn = !isOn));
    });
  } catch (why) {
    console.warn(why);
    if (!stop.signal.aborted) [video.hidden, part(at, "no-camera").hidden] = [true, false];
  }
}

/** Something was read; whether that is enough. @param {string} text */
async function seen(text) {
  // What cannot be drawn goes from hand to hand as text.
  if (/^[\w-]+\.[\w-]+\.[\w-]+$/.test(text.trim())) return scanned(text.trim()).then(() => true);
  if (counting) {
    // The other screen may still be before the camera.
    if (text.includes("/q#") || text.length > MAX_LABEL) return false;
    tell(counting.containers.read(text));
    part(screens.of("scan"), "told").textContent = t("scan-counted", { seen: counting.containers.seen.size, wanted: counting.containers.wanted ?? 0 });
    return false;
  }
  return readCode(codeIn(text));
}

/** @param {string} code */
async function readCode(code) {
  const told = part(screens.of("scan"), "told");
  // Others of its document wait for it; those of another document do not.
  parts = [...parts.filter((other) => other.slice(2, 7) === code.slice(2, 7) && other !== code), code];
  try {
    const compact = await read(parts);
    parts = [];
    await scanned(compact);
    tell(true);
    return true;
  } catch (why) {
    if (why instanceof Unread && why.why === "incomplete") {
      tell(true);
      told.textContent = t("scan-more", { missing: why.missing });
      return false;
    }
    parts = [];
    tell(false);
    told.textContent = why instanceof Unread ? t("scan-unread") : wordsFor(why);
    return false;
  }
}

/** What another screen showed. @param {string} compact */
async function scanned(compact) {
  const paper = await readPaper(compact);
  const { typ, said } = paper;
  insist(said.log === phone.log, "这个码属于其他账本", "the code is of another ledger");
  insist(typ !== "offer" || isOffer(said), "这个交接码的内容不合规定，不能凭它接收", "this offer does not say what it must: nothing can be taken over on it");
  insist(typ !== "event" || (isGateEvent(said) && isOfASide(said, phone.load(said.data.manifest)?.consignee?.party)), "这不是交接或验收的记录", "this is no record of a handover or a receipt");
  insist((await phone.standing(paper)) !== "bad", "签名无效，未保存", "the signature is false: it was not kept");
  await phone.keepScanned(paper);
  const isForThis = paper.typ === "offer" && paper.said.from !== phone.party;
  if (paper.typ === "event") void sendSoon();
  go(isForThis ? `#take=${paper.id}` : `#show=${paper.id}`);
}

const handing = new Handing(phone, screens.of("sign"), t, {
  name: screens.nameOf,
  signed: (id) => {
    void sendSoon();
    go(`#show=${id}`);
  },
  scan: (deal) => {
    counting = deal;
    go("#scan");
  },
});

/** @param {string} hash */
function go(hash) {
  if (location.hash === hash || (hash === "" && location.hash === "")) return void show();
  location.hash = hash;
}

/** The screens that are filled with what the device knows, by their names. @param {string} of @returns {Record<string, () => unknown>} */
const fills = (of) => ({
  who: () => screens.people(),
  legs: () => screens.legs(),
  load: () => screens.load(of),
  show: () => screens.codes(of),
  queue: () => screens.queue(),
  pass: () => screens.pass(of),
});

/** The name of the screen of the address, and what it is about. */
function wanted() {
  const [name, ...rest] = location.hash.slice(1).split("=");
  const of = rest.join("=");
  try {
    return { name, of: decodeURIComponent(of) };
  } catch {
    return { name, of }; // typed by hand
  }
}

/** What was sent is told where it is looked at. */
async function showNews() {
  const { name, of } = wanted();
  if (["", "queue", "load"].includes(name) && phone.key) await fills(of)[name || "legs"]();
  await screens.state();
}

/** The screen of the address. */
async function show() {
  const { name, of } = wanted();
  looking?.abort();
  if (name === "paper") return scanned(of).catch((why) => complain(wordsFor(why)));
  const named = phone.key === undefined ? "who" : name === "" ? "legs" : ["take", "give", "alone", "refuse"].includes(name) ? "sign" : name;
  const shown = root.querySelector(`[data-screen="${CSS.escape(named)}"]`) ? named : "legs";
  if (shown === "sign" && !(await handing.open(/** @type {Mode} */ (name), of))) return go("");
  if (name !== "scan") counting = undefined;
  for (const section of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll("[data-screen]"))) section.hidden = section.dataset.screen !== shown;
  part(root, "home").hidden = shown === "legs" || phone.key === undefined;
  if ((await fills(of)[shown]?.()) === false) return go("");
  await screens.state();
  window.scrollTo(0, 0);
  if (shown === "scan") await showScan();
}

/** Not sent by itself before that: the ledger asked for it. */
let notBefore = 0;

/** Sends what waits, if anybody answers. @param {boolean} [again] */
async function sendSoon(again = false) {
  try {
    notBefore = Date.now() + 1000 * (await phone.send(again));
  } catch (why) {
    complain(wordsFor(why));
  }
  await showNews();
}

/** Fetches anew, after what waits was sent. */
async function refresh() {
  await sendSoon();
  try {
    await phone.refresh();
  } catch (why) {
    complain(wordsFor(why));
  }
}

/** Somebody has the device now, and still when it is opened again. @param {string} kid */
async function takeUp(kid) {
  await phone.take(kid);
  localStorage.setItem(LAST, kid);
}

/** What is pressed, by its name. @type {Record<string, (button: HTMLElement) => unknown>} */
const acts = {
  person: async ({ dataset }) => {
    await takeUp(dataset.kid ?? "");
    go("");
    await refresh();
    await show();
  },
  change: () => {
    handing.forget();
    phone.key = undefined;
    localStorage.removeItem(LAST);
    go("#who");
  },
  refresh: async () => (await refresh(), show()),
  again: async () => (await sendSoon(true), show()),
  persist: async () => (await navigator.storage?.persist?.(), show()),
  enough: () => history.back(),
  drop: async ({ dataset }) => {
    const paper = phone.papers.find(({ id }) => id === dataset.id);
    if (!paper || !confirm(t("sure"))) return;
    await drop(paper, phone.papers);
    await phone.recall();
    await show();
  },
};

function listen() {
  root.addEventListener("click", (event) => {
    const button = /** @type {HTMLElement} */ (event.target).closest("button");
    const act = acts[button?.dataset.do ?? ""];
    if (button && act) Promise.resolve(act(button)).catch((why) => complain(wordsFor(why)));
  });
  const typed = /** @type {HTMLFormElement} */ (part(screens.of("scan"), "typed"));
  typed.addEventListener("submit", (event) => {
    event.preventDefault();
    const field = /** @type {HTMLInputElement} */ (typed.elements.namedItem("code"));
    const text = field.value;
    field.value = "";
    seen(text).catch((why) => complain(wordsFor(why)));
  });
  window.addEventListener("hashchange", () => {
    complain("");
    void show();
  });
  window.addEventListener("online", () => void sendSoon());
  document.addEventListener("visibilitychange", () => void (document.visibilityState === "visible" && sendSoon()));
  setInterval(async () => {
    const waits = phone.waiting.length > 0 || (await phone.photos()).waiting > 0;
    if (waits && Date.now() >= notBefore) await sendSoon();
  }, SEND_EVERY_MS);
}

async function start() {
  if (/MicroMessenger/i.test(navigator.userAgent)) part(root, "inside-another").hidden = false;
  part(root, "loading").hidden = true;
  if (!(await canSign())) return void (part(root, "unable").hidden = false);
  listen();
  const people = await phone.people();
  const last = people.find(({ key }) => key.kid === localStorage.getItem(LAST)) ?? (people.length === 1 ? people[0] : undefined);
  if (last) await takeUp(last.key.kid);
  else await phone.recall();
  await show();
  root.dataset.ready = "";
  keepPage("/driver").catch(() => undefined);
  if (phone.key) await (navigator.onLine ? refresh().then(showNews) : screens.state());
}

start().catch((why) => complain(wordsFor(why)));
