// The bundle as a document: its members, and nothing else in it. docs/formats.md, Bundle.

import { digest, fromBase64url, textOf } from "./bytes.js";
import { integer, list, parse, record, string } from "./json.js";
import { Refused, insist } from "./refused.js";

const FORMAT = "liandan-bundle/v1";
const MAX_BUNDLE_BYTES = 32 * 1024 * 1024;
const MAX_EVENTS = 1_000;
const MAX_KEYS = 4_000;
const OPENING = ["event", "salt", "recorded_at_ms", "skew_ms"];
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** @typedef {import("./json.js").Json} Json */
/** What opens a sealed leaf. @typedef {{ event: string, salt: Uint8Array, recordedAt: bigint, skew: bigint }} Opening */
/** An event, or the leaf that is left of it. @typedef {{ proof: string, opening?: Opening, leaf?: Uint8Array }} Item */
/** An entry in the life of a key. @typedef {{ proof: string, leaf: Uint8Array, opening?: Opening }} KeyItem */
/** @typedef {{ log: string, manifest?: string, event?: string, head?: string, events: Item[], keys: KeyItem[] }} Bundle */

/**
 * The opening of an item, if it has one; its members come together or not at all.
 * @param {Map<string, Json>} item
 * @returns {Opening | undefined}
 */
function openingOf(item) {
  const there = OPENING.filter((name) => item.has(name));
  if (there.length === 0) return undefined;
  insist(there.length === OPENING.length, "原文、盐和时间须同时给出", "event, salt and times come together or not at all");
  return {
    event: string(item.get("event")),
    salt: digest(string(item.get("salt"))),
    recordedAt: integer(item.get("recorded_at_ms")),
    skew: integer(item.get("skew_ms")),
  };
}

/**
 * @param {Json} value
 * @returns {Item}
 */
function readItem(value) {
  const item = record(value, ["proof"], [...OPENING, "erased", "leaf"]);
  const proof = string(item.get("proof"));
  const opening = openingOf(item);
  const isErased = item.has("erased") || item.has("leaf");
  insist(isErased !== (opening !== undefined), "须为原文或已删除之一", "it is either an event or erased");
  if (!isErased) return { proof, opening };
  insist(item.get("erased") === true, "erased 只能为 true", "erased is true or not there");
  return { proof, leaf: fromBase64url(string(item.get("leaf"))) };
}

/**
 * @param {Json} value
 * @returns {KeyItem}
 */
function readKeyItem(value) {
  const item = record(value, ["leaf", "proof"], OPENING);
  const leaf = fromBase64url(string(item.get("leaf")));
  return { leaf, proof: string(item.get("proof")), opening: openingOf(item) };
}

/** @param {Json | undefined} value */
function readSubject(value) {
  const subject = record(value, [], ["manifest", "event"]);
  insist(subject.size === 1, "对象须为一张联单或一条记录", "it is about one manifest or one event");
  if (subject.has("event")) {
    const event = string(subject.get("event"));
    digest(event);
    return { event };
  }
  const manifest = string(subject.get("manifest"));
  insist(UUID.test(manifest), "联单标识有误", "the manifest's id is malformed");
  return { manifest };
}

/**
 * @template T
 * @param {Json | undefined} value
 * @param {string} name
 * @param {number} most
 * @param {(item: Json) => T} read
 * @returns {T[]}
 */
function readList(value, name, most, read) {
  const items = list(value);
  insist(items.length <= most, `${name} 过多`, `there are too many ${name}`);
  return items.map((item, at) => {
    try {
      return read(item);
    } catch (error) {
      throw error instanceof Refused ? error.of(`/${name}/${at}`, `/${name}/${at}`) : error;
    }
  });
}

/**
 * Reads a bundle. Whether it holds is another question.
 * @param {Uint8Array} bytes
 * @returns {Bundle}
 */
export function readBundle(bytes) {
  insist(bytes.length <= MAX_BUNDLE_BYTES, "文件过大，不是证据包", "the file is too large for a bundle");
  const bundle = record(parse(textOf(bytes)), ["format", "log", "subject", "events", "keys"], ["head"]);
  insist(bundle.get("format") === FORMAT, "不是本页认识的证据包版本", `it is not of the format ${FORMAT}`);
  const subject = readSubject(bundle.get("subject"));
  const isManifest = subject.manifest !== undefined;
  insist(isManifest === bundle.has("head"), "联单的证据包才有末端声明", "a bundle about a manifest has a head, no other has");
  return {
    log: string(bundle.get("log")),
    ...subject,
    ...(isManifest && { head: string(bundle.get("head")) }),
    events: readList(bundle.get("events"), "events", MAX_EVENTS, readItem),
    keys: readList(bundle.get("keys"), "keys", MAX_KEYS, readKeyItem),
  };
}
