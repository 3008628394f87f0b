// One device in the hands of one person: what it knows, what it keeps, and its way to the ledger. No word of it is shown here.

import { call } from "../desk/call.js";
import { find, kept as keptKeys, seal } from "../desk/device.js";
import { inStores, under } from "../desk/kept.js";
import { signedHead, spelled } from "./head.js";
import { advance, inOrder } from "./load.js";
import { aboutOf, readPaper, standing } from "./paper.js";
import { all, countPhotos, drop, keep, leave, send } from "./queue.js";
import { isOfASide, isOffer } from "./shape.js";

/** @typedef {import("../desk/device.js").DeviceKey} DeviceKey */
/** @typedef {import("./head.js").Head} Head */
/** @typedef {import("./load.js").Load} Load */
/** @typedef {import("./paper.js").Paper} Paper */
/** @typedef {import("./queue.js").Kept} Kept */
/** @typedef {import("./queue.js").Photo} Photo */
/** @typedef {{ party: string, name: string, name_en: string | null }} PartyName */
/** What a key knows beside its loads. @typedef {{ log: string, kid: string, party: string, role: string, logKey: string, parties: PartyName[], sites: { site: string, party: string, name: string }[], keys: import("./paper.js").KnownKey[], head: Head | null, fetchedAt: number, skewMs: number }} Facts */
/** A load with when it was told. @typedef {Load & { log: string, kid: string, size: number }} KeptLoad */
/** Something kept, what it says, and whether that is believed here. @typedef {Kept & Pick<Paper, "said" | "envelope"> & { isTrusted: boolean }} Read */

/** Most pages of loads that a device takes along. */
const MAX_PAGES = 20;
/** Another ledger answers in the name of this one, or this one has two histories. */
export class Estranged extends Error {}

export class Phone {
  /** @param {{ log: string, logKey: string, aheadMs: number }} given */
  constructor({ log, logKey, aheadMs }) {
    this.log = log;
    this.logKey = logKey;
    this.aheadMs = aheadMs;
    /** @type {DeviceKey | undefined} */
    this.key = undefined;
    /** @type {Facts | undefined} */
    this.facts = undefined;
    /** @type {Map<string, KeptLoad>} */
    this.loads = new Map();
    /** @type {Read[]} */
    this.papers = [];
    /** Signed, and not kept: there was no room. @type {{ kept: Kept, photos: Photo[] } | undefined} */
    this.unkept = undefined;
  }

  /** The device's clock; a demonstration shows another day. */
  now = () => new Date(Date.now() + this.aheadMs);

  /** Everybody with a key on this device, with what is known of each. @returns {Promise<{ key: DeviceKey, facts?: Facts }[]>} */
  async people() {
    /** @type {Facts[]} */
    const facts = await inStores(["facts"], "readonly", (store) => store("facts").getAll(under(this.log)));
    return (await keptKeys(this.log)).map((key) => ({ key, facts: facts.find(({ kid }) => kid === key.kid) }));
  }

  /** @param {string} kid */
  async take(kid) {
    this.key = await find(this.log, kid);
    await this.recall();
  }

  /** Reads again what is kept: another page of this browser may have written. */
  async recall() {
    const kid = this.key?.kid ?? "";
    this.facts = await inStores(["facts"], "readonly", (store) => store("facts").get([this.log, kid]));
    /** @type {KeptLoad[]} */
    const loads = await inStores(["loads"], "readonly", (store) => store("loads").getAll(under(this.log, kid)));
    this.loads = new Map(loads.map((load) => [load.manifest, load]));
    const known = new Map(this.papers.map((paper) => [paper.compact, paper]));
    const read = await Promise.all((await all(this.log)).map((one) => this.#read(one, known.get(one.compact))));
    this.papers = read.filter((paper) => paper !== undefined);
  }

  /**
   * What something kept says, and whether what it says is believed here: own words, and those under a key that this device knows.
   * @param {Kept} one
   * @param {Read | undefined} before
   * @returns {Promise<Read | undefined>} nothing for what a later version does not read any more
   */
  async #read(one, before) {
    try {
      const { said, envelope } = before ?? (await readPaper(one.compact));
      const isTrusted = one.isOwn || before?.isTrusted || (await this.standing({ typ: one.typ, said, envelope })) === "good";
      return { ...one, said, envelope, isTrusted };
    } catch (why) {
      console.warn(why);
      return undefined;
    }
  }

  /** The party that signs here. */
  get party() {
    return this.facts?.party ?? "";
  }

  /** What waits to be sent, whoever of this device signed it. */
  get waiting() {
    return this.papers.filter(({ typ, state }) => typ === "event" && state === "waiting");
  }

  /** What the ledger refused. */
  get refused() {
    return this.papers.filter(({ state }) => state === "refused");
  }

  /** How many photos wait. */
  photos = () => countPhotos(this.log);

  /** A load as it is now, as far as this device saw. @param {string} manifest @returns {Load | undefined} */
  load(manifest) {
    const told = this.loads.get(manifest);
    if (!told) return undefined;
    const isSince = (/** @type {Read} */ { id, recorded }) => id !== told.head && !(recorded && recorded.index < told.size);
    const since = this.papers.filter((paper) => paper.typ === "event" && paper.manifest === manifest && paper.isTrusted && paper.state !== "refused" && isOfASide(paper.said, told.consignee?.party) && isSince(paper));
    return inOrder(since).reduce(advance, /** @type {Load} */ (told));
  }

  /** The own or believed event that took over on an offer. @param {string} offer */
  takenOn = (offer) => this.papers.find(({ typ, isTrusted, state, said }) => typ === "event" && isTrusted && state !== "refused" && said.data?.offer === offer);

  /** @param {Pick<Paper, "typ" | "said" | "envelope">} paper */
  standing = (paper) => standing(paper, this.facts?.keys ?? [], this.logKey);

  /** The last head that this device saw signed: what is signed here was not signed before it. */
  get anchor() {
    return this.facts?.head ?? null;
  }

  /** Fetches what is to be known where there is no network. */
  async refresh() {
    const key = this.key;
    if (!key) return;
    this.#insistOnOneLog();
    /** @type {KeptLoad[]} */
    const loads = [];
    /** @type {Map<string, PartyName>} */
    const parties = new Map();
    /** @type {Map<string, import("./paper.js").KnownKey>} */
    const keys = new Map();
    /** @type {Map<string, { site: string, party: string, name: string }>} */
    const sites = new Map();
    let after = "";
    let answer;
    let skewMs = 0;
    let head = null;
    for (let page = 0; page < MAX_PAGES; page += 1) {
      const before = Date.now();
      answer = await call(key, `/loads?limit=100${after}`, undefined);
      skewMs = Math.round((before + Date.now()) / 2) + this.aheadMs - Date.parse(answer.now);
      head = answer.checkpoint ? spelled(await signedHead(answer.checkpoint, this.logKey)) : null;
      for (const load of answer.items) loads.push({ ...load, log: this.log, kid: key.kid, size: head?.size ?? 0 });
      for (const party of answer.parties) parties.set(party.party, party);
      for (const one of answer.keys) keys.set(one.kid, one);
      for (const site of answer.sites) if (site.party === answer.caller.party) sites.set(site.site, site);
      if (!answer.next) break;
      after = `&after=${encodeURIComponent(answer.next)}`;
    }
    const { anchor } = this;
    const isOther = head && anchor && (head.size < anchor.size || (head.size === anchor.size && head.root !== anchor.root));
    if (isOther) throw new Estranged();
    const facts = {
      log: this.log, kid: key.kid, party: answer.caller.party, role: answer.caller.role, logKey: this.logKey,
      parties: [...parties.values()], keys: [...keys.values()],
      sites: [...sites.values()], head, fetchedAt: Date.now(), skewMs,
    };
    await this.#replace(facts, loads);
    await this.#fetchOffers(key);
    await this.recall();
  }

  /** Offers that were left at the ledger for this party serve as if they had been scanned. @param {DeviceKey} key */
  async #fetchOffers(key) {
    const { items } = await call(key, "/offers?side=taking&limit=100", undefined);
    for (const { compact } of items) {
      const paper = await readPaper(compact);
      if (isOffer(paper.said)) await this.keepScanned(paper);
    }
  }

  /** Offers of a load that this party may take over on, the last first. @param {string} manifest */
  offersOf(manifest) {
    const isOpen = (/** @type {Read} */ { typ, manifest: of, compact, said }) => typ === "offer" && of === manifest && said.to === this.party && !this.takenOn(compact);
    return this.papers.filter(isOpen).reverse();
  }

  /**
   * Loads that are over go, except those about which something waits here.
   * @param {Facts} facts
   * @param {KeptLoad[]} loads
   */
  async #replace(facts, loads) {
    const busy = new Set([...this.waiting, ...this.refused].map(({ manifest }) => manifest));
    const known = new Set(loads.map(({ manifest }) => manifest));
    const over = [...this.loads.keys()].filter((manifest) => !known.has(manifest) && !busy.has(manifest));
    await inStores(["facts", "loads"], "readwrite", (store) => {
      for (const manifest of over) store("loads").delete([facts.log, facts.kid, manifest]);
      for (const load of loads) store("loads").put(load);
      return store("facts").put(facts);
    });
  }

  /** Sends what waits. @param {boolean} [again] also what was refused */
  async send(again = false) {
    this.#insistOnOneLog();
    const retryAfter = await send(this.log, this.logKey, this.now, again);
    await this.recall();
    return retryAfter;
  }

  /** A ledger signs with one key for ever: whoever shows another is not it. */
  #insistOnOneLog() {
    if (this.facts && this.facts.logKey !== this.logKey) throw new Estranged();
  }

  /**
   * Signs, and keeps what was signed before anybody sees it.
   * @param {"offer" | "event"} typ
   * @param {object} payload
   * @param {string} manifest
   * @param {Blob[]} [blobs] with the digests that the payload names
   * @param {string[]} [digests]
   */
  async sign(typ, payload, manifest, blobs = [], digests = []) {
    const key = /** @type {DeviceKey} */ (this.key);
    const compact = await seal(key, typ, payload);
    const { id } = await readPaper(compact);
    /** @type {Kept} */
    const kept = { log: this.log, id, kid: key.kid, typ, compact, manifest, keptAt: Date.now(), state: typ === "event" ? "waiting" : "shown", isOwn: true, photos: digests, troubles: [] };
    const photos = blobs.map((blob, n) => ({ log: this.log, digest: digests[n], kid: key.kid, blob }));
    this.unkept = { kept, photos };
    return this.keepSigned();
  }

  /** Keeps what was signed; again, where there was no room at first: never a second time signed. */
  async keepSigned() {
    if (!this.unkept) throw new Error("nothing waits to be kept");
    const { kept, photos } = this.unkept;
    await keep(kept, photos);
    this.unkept = undefined;
    // It is kept, whatever becomes of reading the rest again.
    await this.recall().catch((why) => console.warn(why));
    if (kept.typ === "offer") void leave(kept);
    return kept.id;
  }

  /** Keeps what another screen showed: whoever has a network first sends it. @param {Paper} paper */
  async keepScanned(paper) {
    const { manifest } = aboutOf(paper);
    /** @type {Kept} */
    const kept = { log: this.log, id: paper.id, kid: this.key?.kid ?? "", typ: paper.typ, compact: paper.compact, manifest, keptAt: Date.now(), state: paper.typ === "event" ? "waiting" : "shown", isOwn: false, photos: [], troubles: [] };
    await keep(kept);
    await this.recall();
  }

  /** What the ledger says of a vehicle or number now, under its key: shown at the road (路检). @param {string} query @param {string} manifest */
  async askAtRoad(query, manifest) {
    const { signed } = await call(/** @type {DeviceKey} */ (this.key), `/check?${query}`, undefined);
    const paper = await readPaper(signed);
    if ((await this.standing(paper)) !== "good") throw new Estranged();
    // What it said before is of no use any more.
    for (const old of this.papers.filter((one) => one.typ === "check" && one.manifest === manifest)) await drop(old, this.papers);
    /** @type {Kept} */
    const kept = { log: this.log, id: paper.id, kid: this.key?.kid ?? "", typ: "check", compact: signed, manifest, keptAt: Date.now(), state: "shown", isOwn: true, photos: [], troubles: [] };
    await keep(kept);
    await this.recall();
    return kept.id;
  }
}
