// What was signed here or taken over from another screen, until the ledger has it: kept before anybody sees it, and let go of only when a receipt
// proves that it is in the log.

import { Told, Unreached, call, submit, upload } from "../desk/call.js";
import { find } from "../desk/device.js";
import { inStores, under } from "../desk/kept.js";
import { Refused } from "../verify/refused.js";
import { checkReceipt } from "./receipt.js";

/** @typedef {import("../desk/call.js").Receipt} Receipt */
/** @typedef {import("../desk/call.js").Fault} Fault */
/** An event waits to be sent; the ledger said no; it is proved to be in the log. Offers and answers are shown, and not sent.
 * @typedef {"waiting" | "refused" | "recorded" | "shown"} State */
/** What stands against it, and where in what was signed. @typedef {{ code: string, pointer?: string, zh: string, en: string }} Trouble */
/** What the ledger made of it. @typedef {{ index: number, verdict: string, findings: { rule: string, zh: string, en: string }[], at: number }} Recorded */
/** @typedef {{ log: string, id: string, kid: string, typ: "offer" | "event" | "check", compact: string, manifest: string, keptAt: number, state: State, isOwn: boolean, photos: string[], troubles: Trouble[], recorded?: Recorded, doneAt?: number }} Kept */
/** @typedef {{ log: string, digest: string, kid: string, blob: Blob, isRefused?: boolean }} Photo */

/** How long what is done stays to be looked at, in milliseconds. */
const KEPT_DONE_MS = 30 * 86_400_000;
/** One page at a time sends, where the browser knows locks; two would send the same twice, which does no harm. */
const LOCK = "liandan-queue";

/**
 * Everything kept for a ledger, in the order in which it came.
 * @param {string} log
 * @returns {Promise<Kept[]>}
 */
export async function all(log) {
  /** @type {Kept[]} */
  const kept = await inStores(["envelopes"], "readonly", (store) => store("envelopes").getAll(under(log)));
  return kept.sort((a, b) => a.keptAt - b.keptAt);
}

/**
 * Keeps an envelope with its photos, all or nothing. What was kept before stays as it is.
 * @param {Kept} kept
 * @param {Photo[]} photos
 */
export async function keep(kept, photos = []) {
  await inStores(["envelopes", "files"], "readwrite", (store) => {
    for (const photo of photos) store("files").put(photo);
    const known = store("envelopes").get([kept.log, kept.id]);
    // The name of an envelope does not cover its signature: a spoilt copy must not shut out the good one.
    known.onsuccess = () => {
      const before = /** @type {Kept | undefined} */ (known.result);
      const isOther = before && !before.isOwn && before.state !== "recorded" && before.compact !== kept.compact;
      if (!before || isOther) store("envelopes").put(kept);
    };
    return known;
  });
}

/** @param {Kept} kept */
const replace = (kept) => inStores(["envelopes"], "readwrite", (store) => store("envelopes").put(kept));

/**
 * Takes off the list what somebody who has read the refusal no longer wants there, with the photos that nothing else names.
 * @param {Kept} kept
 * @param {Kept[]} others
 */
export function drop({ log, id, photos }, others) {
  const named = new Set(others.filter((other) => other.id !== id).flatMap((other) => other.photos));
  return inStores(["envelopes", "files"], "readwrite", (store) => {
    for (const digest of photos.filter((one) => !named.has(one))) store("files").delete([log, digest]);
    return store("envelopes").delete([log, id]);
  });
}

/**
 * Sends what waits, and what was refused where `again` says so. Each stands alone: what is refused holds up nothing behind it.
 * @param {string} log
 * @param {string} logKey
 * @param {() => Date} now this device's clock
 * @param {boolean} [again]
 * @returns {Promise<number>} seconds that the ledger asks to be left alone
 */
export async function send(log, logKey, now, again = false) {
  const act = () => sendAll(log, logKey, now, again);
  return navigator.locks ? await navigator.locks.request(LOCK, act) : act();
}

/** @param {string} log @param {string} logKey @param {() => Date} now @param {boolean} again */
async function sendAll(log, logKey, now, again) {
  const kept = await all(log);
  for (const one of kept.filter(({ state }) => state === "waiting" || (again && state === "refused"))) {
    try {
      await settle(one, await submit(one.compact, now()), logKey);
    } catch (why) {
      if (why instanceof Unreached) return 0;
      if (!(why instanceof Told)) throw why;
      // Only the ledger refuses, and it says why; whoever else stands on the way may be gone the next time.
      if (!isRefusal(why)) return why.retryAfter;
      await replace({ ...one, state: "refused", troubles: why.problem.errors });
    }
  }
  await sendPhotos(log);
  await forgetOld(kept);
  return 0;
}

/** Whether the ledger will never take it as it is. @param {Told} told */
const isRefusal = ({ status, problem }) => status >= 400 && status < 500 && status !== 429 && problem.errors.length > 0;

/**
 * Done only if the receipt proves it: who answers in the ledger's place gets nothing thrown away.
 * @param {Kept} one
 * @param {Receipt} receipt
 * @param {string} logKey
 */
async function settle(one, receipt, logKey) {
  try {
    await checkReceipt(receipt, one.compact, logKey);
  } catch (why) {
    // Whatever is wrong with it, it proves nothing.
    const said = why instanceof Refused ? why : { zh: "回执不完整", en: "the receipt is incomplete" };
    return replace({ ...one, state: "waiting", troubles: [{ code: "receipt", zh: said.zh, en: said.en }] });
  }
  const findings = (receipt.findings_opened ?? []).map(({ rule, title_zh, title_en }) => ({ rule, zh: title_zh, en: title_en }));
  const recorded = { index: receipt.index, verdict: receipt.verdict, findings, at: Date.parse(receipt.recorded_at) };
  return replace({ ...one, state: "recorded", troubles: [], recorded, doneAt: Date.now() });
}

/** Photos go when what names them is in the log. @param {string} log */
async function sendPhotos(log) {
  /** @type {Photo[]} */
  const photos = await inStores(["files"], "readonly", (store) => store("files").getAll(under(log)));
  if (photos.length === 0) return;
  const named = new Set((await all(log)).filter(({ state }) => state === "recorded").flatMap((one) => one.photos));
  for (const photo of photos.filter(({ digest, isRefused }) => named.has(digest) && !isRefused)) {
    const key = await find(log, photo.kid);
    if (!key) continue;
    try {
      const { sha256 } = await upload(key, "/attachments", photo.blob);
      if (sha256 === photo.digest) await inStores(["files"], "readwrite", (store) => store("files").delete([log, photo.digest]));
    } catch (why) {
      if (why instanceof Unreached) return;
      if (!(why instanceof Told)) throw why;
      // A key that has ended may be followed by another one.
      const isRefused = isRefusal(why) && why.status !== 401;
      if (isRefused) await inStores(["files"], "readwrite", (store) => store("files").put({ ...photo, isRefused }));
    }
  }
}

/** @param {Kept[]} kept */
async function forgetOld(kept) {
  const isOld = (/** @type {Kept} */ { state, doneAt, keptAt }) => (state === "recorded" || state === "shown") && Date.now() - (doneAt ?? keptAt) > KEPT_DONE_MS;
  /** @type {Photo[]} */
  const photos = await inStores(["files"], "readonly", (store) => store("files").getAll());
  const isWaitedFor = (/** @type {Kept} */ one) => photos.some(({ digest, isRefused }) => !isRefused && one.photos.includes(digest));
  for (const one of kept.filter((other) => isOld(other) && !isWaitedFor(other))) await drop(one, kept);
}

/** How many photos wait, and how many the ledger does not take. @param {string} log */
export async function countPhotos(log) {
  /** @type {Photo[]} */
  const photos = await inStores(["files"], "readonly", (store) => store("files").getAll(under(log)));
  const refused = photos.filter(({ isRefused }) => isRefused).length;
  return { waiting: photos.length - refused, refused };
}

/**
 * Leaves an own offer at the ledger too, where there is a network: the other side finds it under its tasks. Shown it serves all the same.
 * @param {Kept} offer
 */
export async function leave(offer) {
  const key = await find(offer.log, offer.kid);
  if (key) await call(key, "/offers", offer.compact).catch(() => undefined);
}
