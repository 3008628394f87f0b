// One entry of a bundle: opened from its bytes, with the leaf that they give. The form of a payload inside `data` is the ledger's to
// judge when it takes the event in; read here is what the checks need.

import { bigEndian, digest } from "./bytes.js";
import { checkKey } from "./ed25519.js";
import { record, string } from "./json.js";
import { kidOf, payloadOf, readEnvelope } from "./jws.js";
import { KINDS } from "./kinds.js";
import { commitment, erasureLeaf, eventLeaf, keyLeaf } from "./leaf.js";
import { Refused, insist } from "./refused.js";

/** @typedef {import("./document.js").Opening} Opening */
/** @typedef {import("./json.js").Json} Json */
/** @typedef {import("./jws.js").Envelope} Envelope */
/** @typedef {{ envelope: Envelope, kind: string, party: string, isMandated: boolean, data: Map<string, Json>, ownKey?: Uint8Array, leaf: Uint8Array, recordedAt: bigint }} Opened */

/** Kinds that bring a key, with what their leaf says of it. */
const BRINGS_KEY = new Map([["ledger.founded", "founded"], ["key.enrolled", "enrolled"], ["key.rotated", "rotated"]]);
/** Kinds that are about the one manifest in `data.manifest`. */
const ABOUT_ONE = new Set([
  "manifest.registered", "manifest.amended", "manifest.confirmed", "manifest.declined", "manifest.voided",
  "manifest.assigned", "number.bound", "waste.collected", "waste.transferred", "waste.delivered", "waste.returned",
  "waste.received", "handover.countersigned", "discrepancy.declared", "incident.reported", "paper.backfilled",
]);
/** Steps of custody that two sides sign. */
const HANDOVERS = new Set(["waste.collected", "waste.transferred", "waste.delivered", "waste.returned"]);

/**
 * The manifests that an event touches.
 * @param {string} kind
 * @param {Map<string, Json>} data
 */
export function manifestsOf(kind, data) {
  if (ABOUT_ONE.has(kind)) return [data.get("manifest")];
  const many = kind === "trip.weighed" || kind === "track.recorded" ? data.get("manifests") : [];
  return Array.isArray(many) ? many : [];
}

/** @param {Opened} opened */
export const isHandover = (opened) => HANDOVERS.has(opened.kind);

/** Whether a kind is a fact: the ledger keeps it as evidence even under a key that has ended. @param {string} kind */
export const isFact = (kind) => KINDS.get(kind)?.isFact ?? false;

/**
 * The payload's members that every event has.
 * @param {Envelope} envelope
 */
export function readPayload(envelope) {
  const optional = ["mandate", "prev", "anchor", "place"];
  const payload = record(payloadOf(envelope), ["v", "log", "kind", "act", "for", "occurred_at", "data"], optional);
  const kind = string(payload.get("kind"));
  insist(KINDS.has(kind) && payload.get("v") === 1, `不认识的事件 ${kind}`, `the kind ${kind} is not known here`);
  const data = payload.get("data");
  insist(data instanceof Map, "data 不是 JSON 对象", "data is not a JSON object");
  const isMandated = (payload.get("mandate") ?? null) !== null;
  return { log: string(payload.get("log")), kind, party: string(payload.get("for")), isMandated, data };
}

/**
 * The key that an event itself brings.
 * @param {string} kind
 * @param {Map<string, Json>} data
 */
function ownKey(kind, data) {
  if (!BRINGS_KEY.has(kind)) return undefined;
  const key = digest(string(data.get("key")));
  checkKey(key);
  return key;
}

/**
 * The public leaf of an event.
 * @param {string} kind
 * @param {Map<string, Json>} data
 * @param {Uint8Array | undefined} key
 * @param {Uint8Array} sealed
 */
async function leafOf(kind, data, key, sealed) {
  const action = BRINGS_KEY.get(kind);
  if (action && key) {
    const replaced = action === "rotated" ? digest(string(data.get("replaces"))) : undefined;
    return keyLeaf(action, digest(await kidOf(key)), key, replaced, undefined, sealed);
  }
  if (kind === "key.revoked") {
    const from = data.get("suspected_from");
    const suspected = typeof from === "number" ? BigInt(from) : undefined;
    return keyLeaf("revoked", digest(string(data.get("key"))), new Uint8Array(32), undefined, suspected, sealed);
  }
  if (kind === "erasure.noticed") {
    const indexes = data.get("indexes");
    insist(Array.isArray(indexes), "删除告示没有序号", "the erasure notice names no indexes");
    return erasureLeaf(indexes.map((index) => bigEndian(/** @type {number} */ (index), 8)), sealed);
  }
  return eventLeaf(sealed);
}

/**
 * Opens an event of the log `origin`.
 * @param {Opening} opening
 * @param {string} origin
 * @returns {Promise<Opened>}
 */
export async function open(opening, origin) {
  const envelope = await named("envelope", () => readEnvelope(opening.event, "event"));
  // A payload that cannot be read here may be of a later version: it cannot be told.
  const { log, kind, party, isMandated, data } = await named("payload", () => readPayload(envelope));
  const key = await named("payload", () => ownKey(kind, data));
  if (log !== origin) {
    throw new Refused(`该事件属于其他账本 ${log}`, `the event speaks to the ledger ${log}`).named("other-log");
  }
  const sealed = await commitment(opening.salt, opening.recordedAt, opening.skew, opening.event);
  const leaf = await named("payload", () => leafOf(kind, data, key, sealed));
  return { envelope, kind, party, isMandated, data, ownKey: key, leaf, recordedAt: opening.recordedAt };
}

/**
 * Runs a check; what it refuses is refused under this code.
 * @template T
 * @param {string} code
 * @param {() => T | Promise<T>} check
 * @returns {Promise<T>}
 */
export async function named(code, check) {
  try {
    return await check();
  } catch (error) {
    throw error instanceof Refused ? error.named(code) : error;
  }
}
