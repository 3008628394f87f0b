// Bytes and their spellings. Every text form has one spelling only: another one is refused.

import { insist } from "./refused.js";

const encoder = new TextEncoder();

/** @param {string} text */
export const utf8 = (text) => encoder.encode(text);

/**
 * The text of bytes that are UTF-8 to the letter; a byte order mark counts as a character.
 * @param {Uint8Array} bytes
 */
export function textOf(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    insist(false, "不是 UTF-8 文本", "it is not text in UTF-8");
    return "";
  }
}

/** @param {Uint8Array[]} parts */
export function concat(...parts) {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
export const equal = (left, right) => left.length === right.length && left.every((byte, at) => byte === right[at]);

/** @param {Uint8Array[]} parts */
export async function sha256(...parts) {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...parts)));
}

/**
 * A number in big-endian bytes, in two's complement where it is negative.
 * @param {number | bigint} number
 * @param {number} length
 */
export function bigEndian(number, length) {
  const bytes = new Uint8Array(length);
  let rest = BigInt.asUintN(8 * length, BigInt(number));
  for (let at = length - 1; at >= 0; at -= 1) {
    bytes[at] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return bytes;
}

/** @param {Uint8Array} bytes */
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** @param {Uint8Array} bytes */
export function base64(bytes) {
  let binary = "";
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/** @param {Uint8Array} bytes */
export const base64url = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** @param {string} text */
function lenient(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

/**
 * Standard base64 with padding (RFC 4648 §4).
 * @param {string} text
 */
export function fromBase64(text) {
  const bytes = lenient(text);
  // Writing it again is the simplest way to refuse every second spelling.
  insist(bytes && base64(bytes) === text, "不是规范的 base64", "it is not standard base64 with padding");
  return bytes;
}

/**
 * base64url without padding (RFC 4648 §5).
 * @param {string} text
 */
export function fromBase64url(text) {
  const bytes = lenient(text.replaceAll("-", "+").replaceAll("_", "/"));
  insist(bytes && base64url(bytes) === text, "不是规范的 base64url", "it is not strict base64url");
  return bytes;
}

/**
 * The 43 characters that spell 32 bytes.
 * @param {string} text
 */
export function digest(text) {
  insist(text.length === 43, "不是 43 个字符", "it has not 43 characters");
  return fromBase64url(text);
}
