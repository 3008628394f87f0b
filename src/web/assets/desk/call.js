// Calls of the public interface, signed by a key of this browser; pages have no other way to write.

import { token } from "./device.js";

/** @typedef {import("./device.js").DeviceKey} DeviceKey */
/** @typedef {{ code: string, pointer: string, zh: string, en: string }} Fault */
/** @typedef {{ type: string, title: string, title_zh?: string, title_en?: string, errors: Fault[] }} Problem */

const V1 = "/api/v1";
/** A token made by a clock that is off by more is made again by the ledger's, in milliseconds. */
const OFF_MS = 5_000;
/** How far this device's clock is before that of whoever answered last, to the second. */
let aheadMs = 0;

/** What a call came to that was not taken. */
export class Told extends Error {
  /**
   * @param {Problem} problem
   * @param {number} [status] of the answer; none where the page itself says no
   * @param {number} [retryAfter] seconds that the ledger asks for
   */
  constructor(problem, status = 0, retryAfter = 0) {
    super(problem.title);
    this.problem = problem;
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

/** Nobody answered, or not to the end. */
export class Unreached extends Error {}

/**
 * The text of an answer that took the call, and whether it is one document of JSON.
 * @param {string} path
 * @param {RequestInit} request
 */
async function textFrom(path, request) {
  let answer, text;
  try {
    answer = await fetch(V1 + path, { cache: "no-store", credentials: "omit", redirect: "error", ...request });
    text = await answer.text();
  } catch (why) {
    throw new Unreached(String(why));
  }
  const date = Date.parse(answer.headers.get("date") ?? "");
  if (!Number.isNaN(date)) aheadMs = Date.now() - date;
  const isJson = /[/+]json/.test(answer.headers.get("content-type") ?? "");
  if (answer.ok) return { text, isJson };
  const problem = problemIn(isJson ? text : "") ?? { type: "", title: `HTTP ${answer.status}`, errors: [] };
  throw new Told(problem, answer.status, Number(answer.headers.get("retry-after") ?? 0));
}

/** A problem as the ledger tells it; nothing for what somebody on the way made up. @param {string} text @returns {Problem | undefined} */
function problemIn(text) {
  try {
    const problem = JSON.parse(text);
    return Array.isArray(problem?.errors) ? problem : undefined;
  } catch {
    return undefined;
  }
}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function answerOf(path, request) {
  const { text, isJson } = await textFrom(path, request);
  try {
    return isJson ? JSON.parse(text) : undefined;
  } catch (why) {
    throw new Unreached(String(why));
  }
}

/**
 * What comes of a call with a token; once more where the ledger did not know the time that was in it.
 * @template T
 * @param {DeviceKey} key
 * @param {(authorization: string) => Promise<T>} act
 */
async function withToken(key, act) {
  const before = aheadMs;
  const attempt = async () => act(`Bearer ${await token(key, Date.now() - aheadMs)}`);
  try {
    return await attempt();
  } catch (why) {
    if (!(why instanceof Told) || why.status !== 401 || Math.abs(aheadMs - before) < OFF_MS) throw why;
    return attempt();
  }
}

/**
 * @param {DeviceKey} key
 * @param {string} path
 * @param {object | string | undefined} body sent as JSON, or as the text that it is; without one it is a GET
 * @param {string} [method]
 */
export function call(key, path, body, method = body === undefined ? "GET" : "POST") {
  const sent = typeof body === "object" ? JSON.stringify(body) : body;
  return withToken(key, (authorization) => answerOf(path, { method, headers: { authorization, "content-type": "application/json" }, body: sent }));
}

/**
 * Sends a file, byte for byte.
 * @param {DeviceKey} key
 * @param {string} path
 * @param {Blob} file
 */
export function upload(key, path, file) {
  const type = file.type || "application/octet-stream";
  return withToken(key, (authorization) => answerOf(path, { method: "POST", headers: { authorization, "content-type": type }, body: file }));
}

/**
 * Sends a signed event; its signature is all that it needs.
 * @param {string} compact
 * @param {Date} [now] what this device's clock says: the ledger measures how far that is off
 * @returns {Promise<Receipt>}
 */
export function submit(compact, now) {
  return answerOf("/events", { method: "POST", body: compact, ...(now && { headers: { "device-time": now.toISOString() } }) });
}

/**
 * Sends signed events, a line each; an answer for each of them, in their order.
 * @param {string[]} lines
 * @returns {Promise<{ receipt?: Receipt, problem?: Problem }[]>}
 */
export async function submitMany(lines) {
  const { text } = await textFrom("/events/batch", { method: "POST", body: `${lines.join("\n")}\n` });
  const answers = text.split("\n");
  // Each line ends with a break; behind the last stands nothing. Fewer of them, or half a one, are an answer that broke off.
  if (answers.pop() !== "" || answers.length !== lines.length) throw new Unreached(`${answers.length} answers`);
  return answers.map((line) => JSON.parse(line));
}

/** @typedef {{ id: string, rule: string, severity: string, title_zh: string, title_en: string }} Brief */
/** @typedef {{ event_id: string, index: number, number?: string, verdict: string, findings_opened: Brief[], findings_closed: Brief[], recorded_at: string, skew_ms: number, salt: string, tlog_proof: string }} Receipt */
