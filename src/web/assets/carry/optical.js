// The optical form of an envelope (docs/formats.md, Optical form): small enough for a QR code or two, and back to the very bytes that were signed.
// It proves nothing: what a code says is checked as if it had come over a network.

import { base64url, concat, fromBase64url, sha256, textOf, utf8 } from "../verify/bytes.js";

const MAX_PART_BYTES = 840;
const MAX_PARTS = 4;
const MAX_COMPACT_BYTES = 32 * 1024;
const MAX_DEPTH = 2;
const VERSION = 1;
const TEXT_VERSION = "1";
const NAME_CHARS = 4;

/** What stands for longer text: none of these bytes occurs in a payload. */
const UUID = 0xf8;
const DIGEST = 0xf9;
const MOMENT = 0xfa;
const ENVELOPE = 0xfb;
/** Bytes 1 to 31. Part of version 1 for ever. */
const WORDS = [
  '"act":"', ',"data":{', ',"for":"', ',"kind":"waste.', "collected", "transferred", "delivered", "returned", "received", '"log":"',
  '"manifest":"', '"containers":', '{"count":', ',"sha256":"', '"from":"', '"to":"', '"lines":[{', '},{"line":', '"line":', ',"mass_g":',
  '"quantity":{', '"basis":"weighed"', '"code":"', '"prev":["', '"place":{', '"lat_udeg":', ',"lon_udeg":', '"occurred_at":"', '"step":"',
  '"offer":"', '_site":"',
];
const TYPES = ["event", "offer", "invitation", "check", "code"];

const HEADER = /^\{"alg":"EdDSA","kid":"([A-Za-z0-9_-]{43})","typ":"waste-([a-z]+)\+jws"\}$/;
const UUID_TEXT = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Why codes do not come to an envelope: `malformed`, `mixed`, or `incomplete` with how many are missing. */
export class Unread extends Error {
  /** @param {"malformed" | "mixed" | "incomplete"} why @param {number} missing */
  constructor(why, missing = 0) {
    super(why);
    this.why = why;
    this.missing = missing;
  }
}

/** What this gives, or `undefined` where it refuses. @template T @param {() => T} act @returns {T | undefined} */
function attempt(act) {
  try {
    return act();
  } catch {
    return undefined;
  }
}

/** @param {string} text @param {number} length */
function bytesOf(text, length) {
  const bytes = attempt(() => fromBase64url(text));
  return bytes?.length === length ? bytes : undefined;
}

/**
 * The texts of the codes of a compact envelope; `undefined` for what does not travel so.
 * @param {string} compact
 * @returns {Promise<string[] | undefined>}
 */
export async function codes(compact) {
  const packed = compact.length <= MAX_COMPACT_BYTES ? pack(compact, MAX_DEPTH) : undefined;
  if (!packed) return undefined;
  const parts = Math.ceil(packed.length / MAX_PART_BYTES);
  if (parts > MAX_PARTS) return undefined;
  const name = await nameOf(packed);
  const size = Math.ceil(packed.length / parts);
  return Array.from({ length: parts }, (_, n) => `${TEXT_VERSION}${n + 1}${parts}${name}${base64url(packed.slice(n * size, (n + 1) * size))}`);
}

/**
 * The compact envelope that codes come to, in whatever order they were scanned and however often each.
 * @param {string[]} texts
 * @returns {Promise<string>}
 */
export async function read(texts) {
  /** @type {Map<number, Uint8Array>} */
  const chunks = new Map();
  let whole;
  for (const text of texts) {
    const { n, of, name, chunk } = part(text);
    whole ??= { of, name };
    if (whole.of !== of || whole.name !== name) throw new Unread("mixed");
    chunks.set(n, chunk);
  }
  if (!whole) throw new Unread("malformed");
  if (chunks.size < whole.of) throw new Unread("incomplete", whole.of - chunks.size);
  const packed = concat(...[...chunks].sort(([a], [b]) => a - b).map(([, chunk]) => chunk));
  const compact = (await nameOf(packed)) === whole.name ? attempt(() => unpack(packed, MAX_DEPTH)) : undefined;
  if (compact === undefined) throw new Unread("malformed");
  return compact;
}

/** @param {string} text */
function part(text) {
  const [, version, n, of, name, spelled] = /^(.)(\d)(\d)([A-Za-z0-9_-]{4})([A-Za-z0-9_-]+)$/.exec(text) ?? [];
  const chunk = attempt(() => fromBase64url(spelled));
  const [number, count] = [Number(n), Number(of)];
  const isGood = version === TEXT_VERSION && number > 0 && number <= count && count <= MAX_PARTS && chunk && chunk.length > 0 && chunk.length <= MAX_PART_BYTES;
  if (!isGood) throw new Unread("malformed");
  return { n: number, of: count, name, chunk };
}

/** @param {Uint8Array} packed */
const nameOf = async (packed) => base64url(await sha256(packed)).slice(0, NAME_CHARS);

/** @param {string} typ @param {string} kid */
const header = (typ, kid) => `{"alg":"EdDSA","kid":"${kid}","typ":"waste-${typ}+jws"}`;

/** @param {string} compact @param {number} depth @returns {Uint8Array | undefined} */
function pack(compact, depth) {
  const spelled = compact.split(".");
  if (spelled.length !== 3) return undefined;
  const [head, payload, signature] = spelled.map((text) => attempt(() => fromBase64url(text)));
  if (!head || !payload || signature?.length !== 64) return undefined;
  const [, kid, typ] = HEADER.exec(attempt(() => textOf(head)) ?? "") ?? [];
  const [number, key] = [TYPES.indexOf(typ), kid && bytesOf(kid, 32)];
  const text = attempt(() => textOf(payload));
  if (number < 0 || !key || text === undefined) return undefined;
  const packed = packPayload(text, depth - 1);
  return packed && concat(Uint8Array.of(VERSION, number), key, signature, packed);
}

/** @param {string} payload @param {number} depth @returns {Uint8Array | undefined} */
function packPayload(payload, depth) {
  /** @type {Uint8Array[]} */
  const packed = [];
  for (let at = 0; at < payload.length; ) {
    const first = String.fromCodePoint(/** @type {number} */ (payload.codePointAt(at)));
    if (first < " ") return undefined;
    const word = WORDS.findIndex((text) => payload.startsWith(text, at));
    const end = payload[at - 1] === '"' ? payload.indexOf('"', at) : -1;
    const value = end < 0 ? undefined : payload.slice(at, end);
    const short = word < 0 && value ? shorter(value, depth) : undefined;
    if (word >= 0) {
      packed.push(Uint8Array.of(word + 1));
      at += WORDS[word].length;
    } else if (short && value) {
      packed.push(short);
      at += value.length;
    } else {
      packed.push(utf8(first));
      at += first.length;
    }
  }
  return concat(...packed);
}

/** What stands for a whole string, if anything does. @param {string} value @param {number} depth @returns {Uint8Array | undefined} */
function shorter(value, depth) {
  if (value.length === 24) {
    const at = new Date(value);
    return at.getTime() >= 0 && at.toISOString() === value ? concat(Uint8Array.of(MOMENT), sixBytes(at.getTime())) : undefined;
  }
  if (value.length === 36) {
    if (!UUID_TEXT.test(value)) return undefined;
    return concat(Uint8Array.of(UUID), Uint8Array.from(value.replaceAll("-", "").match(/../g) ?? [], (pair) => parseInt(pair, 16)));
  }
  if (value.length === 43) {
    const bytes = bytesOf(value, 32);
    return bytes && concat(Uint8Array.of(DIGEST), bytes);
  }
  const inner = depth >= 0 && value.startsWith("eyJ") ? pack(value, depth) : undefined;
  return inner && inner.length <= 0xffff ? concat(Uint8Array.of(ENVELOPE, inner.length >> 8, inner.length & 0xff), inner) : undefined;
}

/** @param {number} ms */
function sixBytes(ms) {
  const bytes = new Uint8Array(6);
  new DataView(bytes.buffer).setUint16(0, Math.floor(ms / 2 ** 32));
  new DataView(bytes.buffer).setUint32(2, ms % 2 ** 32);
  return bytes;
}

/** Takes bytes from the front; refuses where there are too few. */
class Taking {
  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }

  /** @param {number} count */
  take(count) {
    if (this.at + count > this.bytes.length) throw new Unread("malformed");
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  get isOver() {
    return this.at === this.bytes.length;
  }
}

/** @param {Uint8Array} packed @param {number} depth @returns {string} */
function unpack(packed, depth) {
  const from = new Taking(packed);
  const [version, number] = from.take(2);
  if (version !== VERSION || !(number in TYPES)) throw new Unread("malformed");
  const [kid, signature] = [from.take(32), from.take(64)];
  const payload = unpackPayload(from, depth - 1);
  return [utf8(header(TYPES[number], base64url(kid))), payload, signature].map(base64url).join(".");
}

/** @param {Taking} from @param {number} depth */
function unpackPayload(from, depth) {
  /** @type {Uint8Array[]} */
  const payload = [];
  while (!from.isOver) {
    const [first] = from.take(1);
    if (first >= 1 && first <= WORDS.length) payload.push(utf8(WORDS[first - 1]));
    else if (first === UUID) payload.push(utf8(uuidOf(from.take(16))));
    else if (first === DIGEST) payload.push(utf8(base64url(from.take(32))));
    else if (first === MOMENT) payload.push(utf8(momentOf(from.take(6))));
    else if (first === ENVELOPE && depth >= 0) {
      const [high, low] = from.take(2);
      payload.push(utf8(unpack(from.take(high * 256 + low), depth)));
    } else if (first === 0 || first >= UUID) throw new Unread("malformed");
    else payload.push(Uint8Array.of(first));
  }
  const bytes = concat(...payload);
  textOf(bytes);
  return bytes;
}

/** @param {Uint8Array} bytes */
function uuidOf(bytes) {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** @param {Uint8Array} bytes */
function momentOf(bytes) {
  const ms = bytes.reduce((value, byte) => value * 256 + byte, 0);
  return new Date(Math.min(ms, Date.UTC(9999, 11, 31, 23, 59, 59, 999))).toISOString();
}
