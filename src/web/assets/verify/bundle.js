// Checking a bundle: every claim is computed again from its bytes, in the order and under the names of `liandan verify bundle`.

import { digest } from "./bytes.js";
import { readBundle } from "./document.js";
import { needWebCrypto } from "./ed25519.js";
import { isFact, isHandover, manifestsOf, named, open } from "./event.js";
import { count, record, string } from "./json.js";
import { checkSignature, payloadOf, readEnvelope } from "./jws.js";
import { Keys, flaw, hasEndedAt, isEnrolledAt, isGoodAt, isSuspectedAt } from "./keys.js";
import { readPolicy } from "./policy.js";
import { checkProof, readProof } from "./proof.js";
import { Refused, insist } from "./refused.js";

/** How a check came out, the worse the later; the worst decides. @typedef {"holds" | "noted" | "short" | "unknown" | "fails"} Mark */
/** Which line of the page a check belongs to. @typedef {"form" | "checkpoint" | "witnesses" | "keys" | "events" | "head"} Row */
/** @typedef {{ row: Row, code: string, mark: Mark, at: string, zh: string, en: string }} Check */
/** @typedef {"good" | "suspected" | "ended" | "erased"} Standing */
/** @typedef {{ index: bigint, id?: string, kind?: string, recordedAt?: bigint, standing: Standing, isForAnother?: boolean, oneSided?: boolean }} Entry */
/** @typedef {"valid" | "below-policy" | "cannot-tell" | "invalid"} Outcome */
/** @typedef {{ outcome: Outcome, checks: Check[], entries: Entry[] }} Report */
/** @typedef {import("./proof.js").Proof} Proof */
/** @typedef {import("./document.js").Bundle} Bundle */
/** @typedef {import("./event.js").Opened} Opened */

/** @type {Mark[]} */
const MARKS = ["holds", "noted", "short", "unknown", "fails"];
/** @type {Record<Mark, Outcome>} */
const OUTCOMES = { holds: "valid", noted: "valid", short: "below-policy", unknown: "cannot-tell", fails: "invalid" };
/** Refusals that say: it cannot be told. */
const UNKNOWN = new Set(["payload", "log-unknown", "empty"]);
const LEVELS = {
  quorum: { mark: "holds", zh: "达到策略要求的见证", en: "the quorum of the policy is met" },
  witnessed: { mark: "short", zh: "有见证，但未达到策略要求", en: "cosigned, and the quorum of the policy is not met" },
  "log-only": { mark: "short", zh: "只有日志自己的签名", en: "signed by the log alone" },
};
const NOTES = {
  suspected: { zh: "密钥当时可能已失控", en: "the key may have been in wrong hands" },
  ended: { zh: "密钥已失效：仅作证据", en: "the key had ended: evidence only" },
  mandated: {
    zh: "由其他单位代签，授权不在包中",
    en: "signed by another party under a mandate, which the bundle does not hold",
  },
  erased: { zh: "内容已删除", en: "content erased" },
  "one-sided": { zh: "只有一方有效签名", en: "validly signed by one side only" },
};

class Checker {
  constructor() {
    /** @type {Check[]} */
    this.checks = [];
    /** @type {Entry[]} */
    this.entries = [];
    /** When entries were recorded. @type {Map<bigint, bigint>} */
    this.times = new Map();
    this.keys = new Keys();
    // What check() reads first of all; nothing else runs before.
    this.bundle = /** @type {Bundle} */ (/** @type {unknown} */ (undefined));
    this.proofs = /** @type {ReturnType<typeof readProofs>} */ (/** @type {unknown} */ (undefined));
    this.head = /** @type {Awaited<ReturnType<typeof signedHead>>} */ (/** @type {unknown} */ (undefined));
  }

  /**
   * @param {Row} row
   * @param {string} code
   * @param {Mark} mark
   * @param {string} at
   * @param {string} zh
   * @param {string} en
   */
  add(row, code, mark, at, zh, en) {
    this.checks.push({ row, code, mark, at, zh, en });
  }

  /**
   * Runs a part of the checks; what it refuses becomes a check that does not hold.
   * @param {Row} row
   * @param {string} at
   * @param {() => Promise<void>} part
   * @returns {Promise<boolean>}
   */
  async try(row, at, part) {
    try {
      await part();
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const code = error.code ?? row;
      this.add(row, code, UNKNOWN.has(code) ? "unknown" : "fails", at, error.zh, error.en);
      return false;
    }
  }

  /** @returns {Report} */
  report() {
    const worst = Math.max(0, ...this.checks.map(({ mark }) => MARKS.indexOf(mark)));
    return { outcome: OUTCOMES[MARKS[worst]], checks: this.checks, entries: this.entries };
  }

  /**
   * @param {Bundle} bundle
   * @param {Awaited<ReturnType<typeof readPolicy>>} policy
   */
  async check(bundle, policy) {
    this.bundle = bundle;
    const isSigned = await this.try("checkpoint", "", async () => {
      this.proofs = readProofs(bundle);
      this.head = await signedHead(bundle, this.proofs, policy);
    });
    if (!isSigned) return;
    this.noteHead();
    await this.checkKeys();
    await this.checkEvents();
    this.checkTimes();
    await this.checkHead();
  }

  noteHead() {
    const { checkpoint, cosigned, level } = this.head;
    const zh = `日志 ${checkpoint.origin} 的检查点（${checkpoint.size} 条）签名有效`;
    const en = `the head of ${checkpoint.origin} with ${checkpoint.size} entries is signed`;
    this.add("checkpoint", "checkpoint", "holds", "", zh, en);
    const names = cosigned.length > 0 ? ` (${cosigned.map(({ name }) => name).join(", ")})` : "";
    const said = LEVELS[level];
    this.add("witnesses", "witnesses", /** @type {Mark} */ (said.mark), "", said.zh + names, said.en + names);
  }

  /**
   * Refuses a leaf that does not lie where its proof says.
   * @param {Uint8Array} leaf
   * @param {Proof} proof
   */
  async liesIn(leaf, proof) {
    try {
      await checkProof(proof, leaf, this.head.checkpoint);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      const zh = `第 ${proof.index} 条：由字节、盐与时间算出的叶到不了已签名的树根`;
      const en = `entry ${proof.index}: bytes, salt and times do not lead to the signed root: ${error.en}`;
      throw flaw("inclusion", zh, en);
    }
  }

  async checkKeys() {
    let allHold = true;
    for (const [n, item] of this.bundle.keys.entries()) {
      const proof = this.proofs.keys[n];
      allHold = (await this.try("keys", `/keys/${n}`, async () => {
        await this.liesIn(item.leaf, proof);
        const opened = item.opening && (await open(item.opening, this.bundle.log));
        await this.keys.learn(proof.index, item.leaf, opened, this.head.log.key);
        if (opened) this.times.set(proof.index, opened.recordedAt);
      })) && allHold;
    }
    if (!allHold) return;
    const size = this.keys.known.size;
    const zh = `${size} 个密钥的登记一路可追溯到创世，且都在日志中；` +
      "有没有漏掉吊销，包不能证明，公开的密钥叶才能（liandan monitor）";
    const en = `${size} keys: every enrolment is in the log and leads back to the founding; ` +
      "that no revocation is left out, no bundle shows: the public key leaves do (liandan monitor)";
    this.add("keys", "keys", "holds", "", zh, en);
  }

  async checkEvents() {
    const { events, event } = this.bundle;
    let allHold = true;
    for (const [n, item] of events.entries()) {
      allHold = (await this.try("events", `/events/${n}`, async () => {
        const entry = await this.entryOf(item, this.proofs.events[n]);
        this.entries.push(entry);
        this.noteEntry(n, entry);
      })) && allHold;
    }
    if (event !== undefined && (events.length !== 1 || (allHold && this.entries[0].id !== event))) {
      const zh = "包中不是所说的那一个事件";
      this.add("events", "subject", "fails", "/subject", zh, "it does not hold the one event it is about");
      allHold = false;
    }
    if (!allHold) return;
    const zh = `${events.length} 个事件：字节与日志一致，由当时有效的密钥签名，且与所说的对象有关`;
    const en = `${events.length} events: in the log byte for byte, signed, and about the subject`;
    this.add("events", "events", "holds", "", zh, en);
  }

  /**
   * @param {number} n
   * @param {Entry} entry
   */
  noteEntry(n, { index, standing, isForAnother, oneSided }) {
    /** @type {(keyof typeof NOTES)[]} */
    const notes = [];
    if (isForAnother) notes.push("mandated");
    if (standing !== "good") notes.push(standing);
    if (oneSided) notes.push("one-sided");
    for (const note of notes) {
      const { zh, en } = NOTES[note];
      const mark = note === "erased" ? "unknown" : "noted";
      this.add("events", "event", mark, `/events/${n}`, `第 ${index} 条：${zh}`, `entry ${index}: ${en}`);
    }
  }

  /**
   * @param {import("./document.js").Item} item
   * @param {Proof} proof
   * @returns {Promise<Entry>}
   */
  async entryOf(item, proof) {
    const { index } = proof;
    if (item.leaf) {
      await this.liesIn(item.leaf, proof);
      return { index, standing: "erased" };
    }
    const opened = await open(/** @type {import("./document.js").Opening} */ (item.opening), this.bundle.log);
    await this.liesIn(opened.leaf, proof);
    const standing = await this.standingOf(opened, index);
    const isForAnother = this.keys.get(opened.envelope.kid)?.party !== opened.party;
    const oneSided = isHandover(opened) && !(await this.isOffered(opened, index));
    const { manifest } = this.bundle;
    if (manifest !== undefined && !manifestsOf(opened.kind, opened.data).includes(manifest)) {
      throw flaw("subject", "事件与该联单无关", "the event does not touch the manifest");
    }
    this.times.set(index, opened.recordedAt);
    return { index, id: opened.envelope.id, kind: opened.kind, recordedAt: opened.recordedAt, standing, isForAnother, oneSided };
  }

  /**
   * Refuses what the key it names did not sign, and says how that key stood.
   * @param {Opened} opened
   * @param {bigint} index
   * @returns {Promise<Standing>}
   */
  async standingOf(opened, index) {
    const key = this.keys.get(opened.envelope.kid);
    if (!key) throw flaw("key-unknown", "包中没有签名密钥的登记", "the bundle does not show the enrolment of the key");
    await named("signature", () => checkSignature(opened.envelope, key.key));
    const beginsHere = opened.ownKey !== undefined && key.enrolled === index;
    if (!beginsHere && !isEnrolledAt(key, index)) {
      throw flaw("key-not-yet", "密钥当时尚未登记", "the key was not enrolled before this index");
    }
    if (key.party !== opened.party && !opened.isMandated) {
      throw flaw("other-party", "密钥属于其他单位", "the key belongs to another party");
    }
    if (hasEndedAt(key, index)) {
      // The ledger keeps a late fact as evidence; nothing else is taken from a key that has ended.
      if (!isFact(opened.kind) || this.bundle.event !== undefined) {
        throw flaw("key-ended", "密钥当时已失效", "the key had ended at this index");
      }
      return "ended";
    }
    return isSuspectedAt(key, index) ? "suspected" : "good";
  }

  /**
   * Whether the releasing side signed too, with a good key.
   * @param {Opened} opened
   * @param {bigint} index
   */
  async isOffered({ data }, index) {
    try {
      const offer = await readEnvelope(string(data.get("offer")), "offer");
      const key = this.keys.get(offer.kid);
      if (!key || key.party !== data.get("from") || !isGoodAt(key, index)) return false;
      await checkSignature(offer, key.key);
      return true;
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      return false;
    }
  }

  /** Times of recording never run backwards along the log. */
  checkTimes() {
    const times = [...this.times].sort(([left], [right]) => (left < right ? -1 : 1));
    const at = times.findIndex(([, time], n) => n > 0 && times[n - 1][1] > time);
    if (at < 0) return;
    const [before, after] = [times[at - 1][0], times[at][0]];
    const zh = `第 ${after} 条的收录时间早于第 ${before} 条`;
    this.add("events", "times", "fails", "", zh, `entry ${after} was recorded before entry ${before}`);
  }

  /** The head statement says that nothing is missing: it must fit what the bundle holds. */
  async checkHead() {
    const { manifest, head, events } = this.bundle;
    if (manifest === undefined) return;
    await this.try("head", "/head", async () => {
      const said = await named("head", () => readHead(head ?? "", this.head.log.key));
      const { checkpoint } = this.head;
      const last = this.entries.at(-1);
      const isLast = last?.index === said.lastIndex && (last.id === undefined || last.id === said.lastEvent);
      const isSameTree = said.size === checkpoint.size && said.root.every((byte, at) => byte === checkpoint.root[at]);
      const isAbout = said.log === checkpoint.origin && said.manifest === manifest;
      if (!isAbout || !isLast || !isSameTree || said.events !== BigInt(events.length)) {
        const zh = "日志的末端声明与包中的事件不符：有缺漏或属于别处";
        throw flaw("head", zh, "the head statement does not fit the events: something is left out, or it is another's");
      }
      const zh = `日志以签名声明：前 ${said.size} 条中与该联单有关的共 ${said.events} 条，没有缺漏`;
      const en = `the log signs that ${said.events} of its ${said.size} entries touch it: none is missing`;
      this.add("head", "head", "holds", "/head", zh, en);
    });
  }
}

/** @param {Bundle} bundle */
function readProofs(bundle) {
  /** @param {{ proof: string }} item */
  const read = (item) => {
    try {
      return readProof(item.proof);
    } catch (error) {
      throw error instanceof Refused ? error.named("proof") : error;
    }
  };
  const proofs = { events: bundle.events.map(read), keys: bundle.keys.map(read) };
  for (const listed of [proofs.events, proofs.keys]) {
    if (listed.some((proof, at) => at > 0 && listed[at - 1].index >= proof.index)) {
      throw flaw("order", "条目未按日志序号升序", "the entries do not ascend by log index");
    }
  }
  return proofs;
}

/**
 * The one checkpoint below all proofs, judged by the policy.
 * @param {Bundle} bundle
 * @param {{ events: Proof[], keys: Proof[] }} proofs
 * @param {Awaited<ReturnType<typeof readPolicy>>} policy
 */
async function signedHead(bundle, proofs, policy) {
  const [note, ...others] = [...proofs.events, ...proofs.keys].map((proof) => proof.checkpoint);
  if (note === undefined) throw flaw("empty", "包中没有任何条目", "there is no entry in it");
  if (others.some((other) => other !== note)) {
    throw flaw("one-checkpoint", "各证明的检查点不同", "the proofs carry different checkpoints");
  }
  try {
    const head = await policy.judge(note);
    if (head.checkpoint.origin === bundle.log) return head;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    const isUnknown = error.code === "unsigned" && policy.logs.every((log) => log.name !== bundle.log);
    const en = `the policy names no key of the log ${bundle.log}`;
    throw isUnknown ? flaw("log-unknown", "策略中没有该日志的公钥", en) : error.named("checkpoint");
  }
  throw flaw("other-log", "检查点属于其他日志", "the checkpoint is of another log");
}

/**
 * @param {string} compact
 * @param {Uint8Array} logKey
 */
async function readHead(compact, logKey) {
  const envelope = await readEnvelope(compact, "head");
  await checkSignature(envelope, logKey);
  const obligatory = ["v", "log", "manifest", "events", "last_event", "last_index", "size", "root", "at"];
  const head = record(payloadOf(envelope), obligatory, ["number"]);
  const [events, lastIndex, size] = ["events", "last_index", "size"].map((name) => count(head.get(name)));
  const isPlace = head.get("v") === 1 && events > 0n && events <= size && lastIndex < size;
  insist(isPlace, "末端声明的数字有误", "the figures of the head statement name no place in a log of that size");
  const [log, manifest, lastEvent] = ["log", "manifest", "last_event"].map((name) => string(head.get(name)));
  return { log, manifest, lastEvent, lastIndex, events, size, root: digest(string(head.get("root"))) };
}

/**
 * Checks a bundle under a policy that its reader brings.
 * @param {Uint8Array} bytes
 * @param {string} policyText
 * @returns {Promise<Report>}
 */
export async function verifyBundle(bytes, policyText) {
  const checker = new Checker();
  try {
    needWebCrypto();
    const policy = await readPolicy(policyText);
    const bundle = readBundle(bytes);
    checker.add("form", "form", "holds", "", "信任策略和证据包均可读", "policy and bundle can be read");
    await checker.check(bundle, policy);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    // What cannot be read says nothing, neither for nor against.
    checker.add("form", "form", "unknown", "", error.zh, error.en);
  }
  return checker.report();
}
