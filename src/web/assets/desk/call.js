// Calls of the public interface, signed by a key of this browser; pages have no other way to write.

import { token } from "./device.js";

/** @typedef {import("./device.js").DeviceKey} DeviceKey */
/** @typedef {{ code: string, pointer: string, zh: string, en: string }} Fault */
/** @typedef {{ type: string, title: string, title_zh?: string, title_en?: string, errors: Fault[] }} Problem */

const V1 = "/api/v1";

/** What a call came to that was not taken. */
export class Told extends Error {
  /** @param {Problem} problem */
  constructor(problem) {
    super(problem.title);
    this.problem = problem;
  }
}

/** Nobody answered. */
export class Unreached extends Error {}

/**
 * @param {string} path
 * @param {RequestInit} request
 */
async function answerOf(path, request) {
  let answer;
  try {
    answer = await fetch(V1 + path, { cache: "no-store", credentials: "omit", redirect: "error", ...request });
  } catch (why) {
    throw new Unreached(String(why));
  }
  const isJson = /[/+]json/.test(answer.headers.get("content-type") ?? "");
  const body = isJson ? await answer.json() : undefined;
  if (answer.ok) return body;
  throw new Told(body ?? { type: "", title: `HTTP ${answer.status}`, errors: [] });
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
  const answer = await fetch(`${V1}/events/batch`, { method: "POST", body: `${lines.join("\n")}\n`, credentials: "omit" });
  const text = await answer.text();
  if (!answer.ok) throw new Told(JSON.parse(text));
  return text.trim().split("\n").map((line) => JSON.parse(line));
}

/** @typedef {{ id: string, rule: string, severity: string, title_zh: string, title_en: string }} Brief */
/** @typedef {{ event_id: string, index: number, number?: string, verdict: string, findings_opened: Brief[], findings_closed: Brief[] }} Receipt */
