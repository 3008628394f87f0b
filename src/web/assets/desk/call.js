// Calls of the public interface, signed by a key of this browser; pages have no other way to write.

import { token } from "./device.js";

/** @typedef {import("./device.js").DeviceKey} DeviceKey */
/** @typedef {{ code: string, pointer: string, zh: string, en: string }} Fault */
/** @typedef {{ type: string, title: string, title_zh?: string, title_en?: string, errors: Fault[] }} Problem */

const V1 = "/api/v1";

/** What a call came to that was not taken. */
export class Told extends Error {
  /**
   * @param {Problem} problem
   * @param {number} [status] of the answer; none where the page itself says no
   */
  constructor(problem, status = 0) {
    super(problem.title);
    this.problem = problem;
    this.status = status;
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
  const isJson = /[/+]json/.test(answer.headers.get("content-type") ?? "");
  if (answer.ok) return { text, isJson };
  throw new Told(isJson ? JSON.parse(text) : { type: "", title: `HTTP ${answer.status}`, errors: [] }, answer.status);
}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function answerOf(path, request) {
  const { text, isJson } = await textFrom(path, request);
  return isJson ? JSON.parse(text) : undefined;
}

/**
 * @param {DeviceKey} key
 * @param {string} path
 * @param {object | string | undefined} body sent as JSON, or as the text that it is; without one it is a GET
 * @param {string} [method]
 */
export async function call(key, path, body, method = body === undefined ? "GET" : "POST") {
  const headers = { authorization: `Bearer ${await token(key)}`, "content-type": "application/json" };
  return answerOf(path, { method, headers, body: typeof body === "object" ? JSON.stringify(body) : body });
}

/**
 * Sends a file, byte for byte.
 * @param {DeviceKey} key
 * @param {string} path
 * @param {Blob} file
 */
export async function upload(key, path, file) {
  const headers = { authorization: `Bearer ${await token(key)}`, "content-type": file.type || "application/octet-stream" };
  return answerOf(path, { method: "POST", headers, body: file });
}

/**
 * Sends a signed event; its signature is all that it needs.
 * @param {string} compact
 */
export const submit = (compact) => answerOf("/events", { method: "POST", body: compact });

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
/** @typedef {{ event_id: string, index: number, number?: string, verdict: string, findings_opened: Brief[], findings_closed: Brief[] }} Receipt */
