// What the public log shows of an entry: docs/formats.md, Log.

import { base64url, bigEndian, concat, sha256, utf8 } from "./bytes.js";
import { insist } from "./refused.js";

const VERSION = 1;
const KIND_EVENT = 1;
const KIND_KEY = 2;
const KIND_ERASURE = 3;
const EVENT_BYTES = 34;
const KEY_BYTES = 139;
const MAX_ERASED = 1024;
const LABEL = utf8("liandan/leaf/v1\0");
const NO_INDEX = 2n ** 64n - 1n;
const ACTIONS = ["founded", "enrolled", "rotated", "revoked"];

/** @typedef {{ action: string, kid: string, key: Uint8Array, replaced?: string, suspectedFrom?: bigint }} KeyLeaf */
/** @typedef {{ kind: "event" | "key" | "erasure" | "unknown", commitment?: Uint8Array, key?: KeyLeaf }} Leaf */

/**
 * The hash of a salted statement with the times of its recording, both in milliseconds.
 * @param {Uint8Array} salt
 * @param {bigint} recordedAt
 * @param {bigint} skew
 * @param {string} compact
 */
export function commitment(salt, recordedAt, skew, compact) {
  const text = utf8(compact);
  return sha256(LABEL, salt, bigEndian(recordedAt, 8), bigEndian(skew, 8), bigEndian(text.length, 4), text);
}

/** @param {Uint8Array} sealed */
export const eventLeaf = (sealed) => concat(Uint8Array.of(VERSION, KIND_EVENT), sealed);

/**
 * @param {string} action
 * @param {Uint8Array} kid
 * @param {Uint8Array} key
 * @param {Uint8Array | undefined} replaced
 * @param {bigint | undefined} suspectedFrom
 * @param {Uint8Array} sealed
 */
export function keyLeaf(action, kid, key, replaced, suspectedFrom, sealed) {
  const head = Uint8Array.of(VERSION, KIND_KEY, ACTIONS.indexOf(action) + 1);
  return concat(head, kid, key, replaced ?? new Uint8Array(32), bigEndian(suspectedFrom ?? NO_INDEX, 8), sealed);
}

/**
 * @param {Uint8Array[]} indexes
 * @param {Uint8Array} sealed
 */
export const erasureLeaf = (indexes, sealed) =>
  concat(Uint8Array.of(VERSION, KIND_ERASURE), bigEndian(indexes.length, 2), ...indexes, sealed);

/** @param {Uint8Array} bytes */
const number = (bytes) => bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);

/**
 * Reads a leaf. Unknown versions and kinds are not interpreted; a known kind must have exactly its form.
 * @param {Uint8Array} bytes
 * @returns {Leaf}
 */
export function readLeaf(bytes) {
  insist(bytes.length >= 2 && bytes.length <= 65535, "叶子长度有误", "the leaf's length is wrong");
  const kind = bytes[0] === VERSION ? bytes[1] : 0;
  const sealed = bytes.slice(-32);
  if (kind === KIND_EVENT) {
    insist(bytes.length === EVENT_BYTES, "叶子长度有误", "the leaf's length is wrong");
    return { kind: "event", commitment: sealed };
  }
  if (kind === KIND_KEY) return { kind: "key", commitment: sealed, key: readKeyLeaf(bytes) };
  if (kind === KIND_ERASURE) {
    checkErasure(bytes);
    return { kind: "erasure", commitment: sealed };
  }
  return { kind: "unknown" };
}

/**
 * @param {Uint8Array} bytes
 * @returns {KeyLeaf}
 */
function readKeyLeaf(bytes) {
  insist(bytes.length === KEY_BYTES, "叶子长度有误", "the leaf's length is wrong");
  const action = ACTIONS[bytes[2] - 1];
  insist(action, "未知的密钥操作", "the key action is unknown");
  const replaced = bytes.slice(67, 99);
  const suspectedFrom = number(bytes.slice(99, 107));
  return {
    action,
    kid: base64url(bytes.slice(3, 35)),
    key: bytes.slice(35, 67),
    ...(replaced.some((byte) => byte !== 0) && { replaced: base64url(replaced) }),
    ...(suspectedFrom !== NO_INDEX && { suspectedFrom }),
  };
}

/** @param {Uint8Array} bytes */
function checkErasure(bytes) {
  const named = Number(number(bytes.slice(2, 4)));
  const isRight = bytes.length >= 4 && named >= 1 && named <= MAX_ERASED && bytes.length === 36 + 8 * named;
  insist(isRight, "删除告示的叶子有误", "the leaf of an erasure notice is wrong");
  const indexes = Array.from({ length: named }, (_, at) => number(bytes.slice(4 + 8 * at, 12 + 8 * at)));
  const ascend = indexes.every((index, at) => at === 0 || indexes[at - 1] < index);
  insist(ascend, "删除告示的叶子有误", "the leaf of an erasure notice is wrong");
}
