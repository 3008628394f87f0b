// JSON read strictly: no member twice, no fraction, no exponent, no lone surrogate. JSON.parse lets the first two through in its
// own way, and two readers would read two things out of one signature.

import { Refused, insist } from "./refused.js";

/** How deep arrays and objects may be nested. */
const MAX_DEPTH = 127;

const SPACE = /[ \t\n\r]*/y;
const NUMBER = /-?(?:0|[1-9][0-9]*)(?![0-9.eE])/y;
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const WORD = /true|false|null/y;

/** @typedef {null | boolean | number | bigint | string | JsonList | JsonMap} Json */
/** @typedef {Json[]} JsonList */
/** @typedef {Map<string, Json>} JsonMap */

class Reader {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
    this.at = 0;
  }

  /** @param {RegExp} pattern */
  take(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found?.[0];
  }

  /** @param {string} character */
  takeIf(character) {
    this.take(SPACE);
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  /** @returns {never} */
  fail() {
    throw new Refused(`第 ${this.at + 1} 个字符处不是规范的 JSON`, `it is not strict JSON at character ${this.at + 1}`);
  }

  string() {
    const literal = this.take(STRING) ?? this.fail();
    const text = JSON.parse(literal);
    insist(isWellFormed(text), "字符串含孤立代理项", "a string holds a lone surrogate");
    return text;
  }

  /**
   * @param {number} depth
   * @returns {Json}
   */
  value(depth) {
    this.take(SPACE);
    const next = this.text[this.at];
    if (next === "{" || next === "[") {
      insist(depth < MAX_DEPTH, "嵌套过深", "it is nested too deeply");
      this.at += 1;
      return next === "{" ? this.object(depth + 1) : this.array(depth + 1);
    }
    if (next === '"') return this.string();
    const word = this.take(WORD);
    if (word) return JSON.parse(word);
    const digits = this.take(NUMBER);
    if (!digits || digits === "-0") return this.fail();
    const number = Number(digits);
    return Number.isSafeInteger(number) ? number : BigInt(digits);
  }

  /** @param {number} depth */
  array(depth) {
    /** @type {Json[]} */
    const items = [];
    if (this.takeIf("]")) return items;
    do items.push(this.value(depth));
    while (this.takeIf(","));
    if (!this.takeIf("]")) this.fail();
    return items;
  }

  /** @param {number} depth */
  object(depth) {
    /** @type {Map<string, Json>} */
    const members = new Map();
    if (this.takeIf("}")) return members;
    do {
      this.take(SPACE);
      const name = this.string();
      insist(!members.has(name), `成员 ${name} 出现两次`, `the member ${name} stands there twice`);
      if (!this.takeIf(":")) this.fail();
      members.set(name, this.value(depth));
    } while (this.takeIf(","));
    if (!this.takeIf("}")) this.fail();
    return members;
  }
}

/** @param {string} text */
const isWellFormed = (text) => !/[\ud800-\udfff]/u.test(text);

/**
 * Reads a text that is one JSON value and white space. Objects become maps, whole numbers beyond 2^53 bigints.
 * @param {string} text
 * @returns {Json}
 */
export function parse(text) {
  const reader = new Reader(text);
  const value = reader.value(0);
  reader.take(SPACE);
  if (reader.at !== text.length) reader.fail();
  return value;
}

/**
 * The members of an object that has exactly these: obligatory ones, and others that may be missing.
 * @param {Json | undefined} value
 * @param {string[]} obligatory
 * @param {string[]} [optional]
 * @returns {Map<string, Json>}
 */
export function record(value, obligatory, optional = []) {
  insist(value instanceof Map, "不是 JSON 对象", "it is not a JSON object");
  for (const name of obligatory) insist(value.has(name), `缺少成员 ${name}`, `the member ${name} is missing`);
  for (const name of value.keys()) {
    insist(obligatory.includes(name) || optional.includes(name), `多余的成员 ${name}`, `the member ${name} is unknown`);
  }
  return value;
}

/**
 * @param {Json | undefined} value
 * @returns {string}
 */
export function string(value) {
  insist(typeof value === "string", "不是字符串", "it is not a string");
  return value;
}

/**
 * @param {Json | undefined} value
 * @returns {Json[]}
 */
export function list(value) {
  insist(Array.isArray(value), "不是数组", "it is not an array");
  return value;
}

/**
 * A whole number that fits 64 bits with a sign.
 * @param {Json | undefined} value
 * @returns {bigint}
 */
export function integer(value) {
  insist(typeof value === "number" || typeof value === "bigint", "不是整数", "it is not a whole number");
  const number = BigInt(value);
  insist(BigInt.asIntN(64, number) === number, "整数过大", "the whole number is too large");
  return number;
}

/**
 * The same, not negative.
 * @param {Json | undefined} value
 * @returns {bigint}
 */
export function count(value) {
  const number = integer(value);
  insist(number >= 0n, "不能是负数", "it must not be negative");
  return number;
}
