// Ed25519 (RFC 8032) as strictly as the ledger verifies. Implementations agree about ordinary keys and signatures and differ about
// odd ones, so the odd ones are refused here before WebCrypto is asked: keys that are not canonical, of small order or with a
// part of small order; R not canonical or of small order; S not below the group order. A WebCrypto that multiplies by the
// cofactor is not asked.

import { concat, equal, fromBase64url } from "./bytes.js";
import { Refused, insist } from "./refused.js";

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SQRT_M1 = 19681161376707505956807079304988542015446066515923890162744021073123829784752n;
/** y of one of the points of order 8; with its negative, 0, 1 and -1 the y of all eight points of small order. */
const Y8 = 2707385501144840649318225287225658788936804267575313519463743609750303021094n;
const SMALL_ORDER_YS = [0n, 1n, P - 1n, Y8, P - Y8];

/** A point in extended coordinates. @typedef {[bigint, bigint, bigint, bigint]} Point */

/** @type {Point} */
const IDENTITY = [0n, 1n, 1n, 0n];
const BASE = pointAt(46316835694926478169428394003475163141307993866256225615783033603165251855960n, false);

/** @param {bigint} number */
function mod(number) {
  const rest = number % P;
  return rest < 0n ? rest + P : rest;
}

/**
 * @param {bigint} base
 * @param {bigint} exponent
 */
function power(base, exponent) {
  let result = 1n;
  let square = base;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = mod(result * square);
    square = mod(square * square);
  }
  return result;
}

/**
 * RFC 8032 §5.1.4.
 * @param {Point} left
 * @param {Point} right
 * @returns {Point}
 */
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * D * mod(t1 * t2));
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

/**
 * @param {bigint} scalar
 * @param {Point} point
 */
function multiply(scalar, point) {
  let sum = IDENTITY;
  let doubled = point;
  for (let rest = scalar; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, doubled);
    doubled = add(doubled, doubled);
  }
  return sum;
}

/** @param {Point} point */
const isIdentity = ([x, y, z]) => x === 0n && y === z;

/**
 * The point with this y and this parity of x (RFC 8032 §5.1.3), if there is one.
 * @param {bigint} y
 * @param {boolean} isOdd
 * @returns {Point | undefined}
 */
function pointAt(y, isOdd) {
  const [u, v] = [mod(y * y - 1n), mod(D * y * y + 1n)];
  let x = mod(u * v ** 3n * power(mod(u * v ** 7n), (P - 5n) / 8n));
  if (mod(v * x * x) !== u) x = mod(x * SQRT_M1);
  if (mod(v * x * x) !== u || (x === 0n && isOdd)) return undefined;
  if (((x & 1n) === 1n) !== isOdd) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

/** @param {Uint8Array} bytes */
const littleEndian = (bytes) => bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);

/** @param {Uint8Array} bytes */
function split(bytes) {
  const number = littleEndian(bytes);
  return { y: number & (2n ** 255n - 1n), isOdd: number >> 255n === 1n };
}

/** @param {Point} point */
function encode([x, y, z]) {
  const inverse = power(z, P - 2n);
  let number = mod(y * inverse) | ((mod(x * inverse) & 1n) << 255n);
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(number & 0xffn);
    number >>= 8n;
    return byte;
  });
}

/**
 * Refuses a public key that the ledger would refuse.
 * @param {Uint8Array} key
 */
export function checkKey(key) {
  insist(key.length === 32, "公钥不是 32 字节", "a public key has 32 bytes");
  const { y, isOdd } = split(key);
  const point = y < P ? pointAt(y, isOdd) : undefined;
  insist(point, "公钥不是曲线上点的规范编码", "the key is not the canonical encoding of a point of the curve");
  insist(!isIdentity(multiply(8n, point)), "公钥属于小阶点", "the key is of small order");
  insist(isIdentity(multiply(ORDER, point)), "公钥含小阶成分", "the key has a part of small order");
}

/**
 * Whether a signature is the key's, by arithmetic alone: for browsers whose WebCrypto has no Ed25519 or a laxer one. Strict
 * forms are the caller's to check.
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 */
export async function verifyByArithmetic(key, message, signature) {
  const { y, isOdd } = split(key);
  const point = pointAt(y, isOdd);
  const r = signature.slice(0, 32);
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-512", concat(r, key, message)));
  const k = littleEndian(hash) % ORDER;
  if (!point || !BASE) return false;
  // R = [S]B - [k]A, without the cofactor.
  return equal(encode(add(multiply(littleEndian(signature.slice(32)), BASE), multiply(ORDER - k, point))), r);
}

/** A signature of nothing whose R has a part of small order: only verifiers that multiply by the cofactor accept it. */
const COFACTORED = {
  key: "6kpsY-KcUgq-9VB7Ey7F-ZVHdq6-vnuSQh7qaRRG0iw",
  signature: "GG7Svb0aNvZDfFFosCIZFAGOpPMqHD_NHBeU1k-9WW5Tvrwut7N8nRgUgb7ab-eq0qA1C8-7IVHjCrgH-k5LDg",
};

/**
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 * @returns {Promise<boolean>}
 */
async function verifyNatively(key, message, signature) {
  const [raw, given, said] = /** @type {BufferSource[]} */ ([key, signature, message]);
  const imported = await crypto.subtle.importKey("raw", raw, "Ed25519", false, ["verify"]);
  return crypto.subtle.verify("Ed25519", imported, given, said);
}

/** Whether WebCrypto has Ed25519 here, and verifies without the cofactor as the ledger does. */
async function probeNative() {
  const { key, signature } = COFACTORED;
  try {
    return !(await verifyNatively(fromBase64url(key), new Uint8Array(), fromBase64url(signature)));
  } catch {
    return false;
  }
}

/** What the probe said; browsers are probed once. @type {Promise<boolean> | undefined} */
let nativeIsExact;

/**
 * Whether `signature` is the signature of `message` by `key`, which {@link checkKey} has passed.
 * @param {Uint8Array} key
 * @param {Uint8Array} message
 * @param {Uint8Array} signature
 * @returns {Promise<boolean>}
 */
export async function verifyStrict(key, message, signature) {
  if (signature.length !== 64) return false;
  const { y } = split(signature.slice(0, 32));
  if (y >= P || SMALL_ORDER_YS.includes(y)) return false;
  if (littleEndian(signature.slice(32)) >= ORDER) return false;
  nativeIsExact ??= probeNative();
  return ((await nativeIsExact) ? verifyNatively : verifyByArithmetic)(key, message, signature);
}

/** Refuses a browser that cannot hash: outside a secure context there is no WebCrypto. */
export function needWebCrypto() {
  if (!globalThis.crypto?.subtle) {
    throw new Refused(
      "此浏览器不提供 WebCrypto：请通过 https 或 localhost 打开本页",
      "this browser offers no WebCrypto here: open the page by https or on localhost",
    );
  }
}
