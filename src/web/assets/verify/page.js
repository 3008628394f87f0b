// The page around the checks: takes files and text, shows what came out. It writes text only, never markup, and sends nothing.

import { textOf } from "./bytes.js";
import { verifyBundle } from "./bundle.js";
import { policyOfKeys } from "./policy.js";
import { Refused } from "./refused.js";

/** @typedef {import("./bundle.js").Report} Report */
/** @typedef {import("./bundle.js").Entry} Entry */

const isChinese = document.documentElement.lang.startsWith("zh");

/**
 * @template {HTMLElement} T
 * @param {string} id
 * @returns {T}
 */
const byId = (id) => /** @type {T} */ (document.getElementById(id));

/** What the visitor has given so far. @type {{ bundle?: File, policy?: File }} */
const given = {};
/** @type {HTMLTextAreaElement} */
const pasted = byId("policy-text");
/** @type {HTMLButtonElement} */
const run = byId("run");

function refresh() {
  run.disabled = !given.bundle || !(given.policy || pasted.value.trim() !== "");
}

/** @param {"bundle" | "policy"} what */
function listen(what) {
  /** @type {HTMLInputElement} */
  const input = byId(what);
  input.addEventListener("change", () => {
    given[what] = input.files?.[0];
    refresh();
  });
}

/** @param {DragEvent} event */
function dropped(event) {
  event.preventDefault();
  byId("inputs").classList.remove("dragged");
  for (const file of event.dataTransfer?.files ?? []) {
    const what = file.name.endsWith(".json") ? "bundle" : "policy";
    given[what] = file;
    // Shows the name where a chosen file's name stands.
    const transfer = new DataTransfer();
    transfer.items.add(file);
    /** @type {HTMLInputElement} */ (byId(what)).files = transfer.files;
  }
  refresh();
}

/** @param {File} file */
const bytesOf = async (file) => new Uint8Array(await file.arrayBuffer());

/** The text of the policy, from the file or from what was pasted. */
async function policyText() {
  if (given.policy) return textOf(await bytesOf(given.policy));
  return policyOfKeys(pasted.value);
}

/** @param {Refused} refused */
const say = (refused) => (isChinese ? refused.zh : refused.en);

/** @param {Report} report */
function showChecks(report) {
  const words = byId("checks").dataset;
  for (const item of byId("checks").querySelectorAll("li")) {
    const check = report.checks.find(({ id }) => id === item.dataset.check);
    const state = check?.state ?? "skipped";
    const mark = /** @type {HTMLElement} */ (item.querySelector("[data-state]"));
    mark.className = `check ${{ good: "good", bad: "bad", skipped: "warn" }[state]}`;
    mark.textContent = `${{ good: "✓", bad: "✗", skipped: "–" }[state]} ${words[state]}`;
    const detail = /** @type {HTMLElement} */ (item.querySelector("[data-detail]"));
    const text = check?.said ? (isChinese ? check.said.zh : check.said.en) : "";
    detail.textContent = text;
    detail.hidden = text === "";
  }
}

/**
 * A row of the table of records, in the form that the other tables of the site have.
 * @param {string[]} cells
 * @param {string[]} labels
 */
function row(cells, labels) {
  const tr = document.createElement("tr");
  tr.setAttribute("role", "row");
  cells.forEach((text, at) => {
    const cell = document.createElement(at === 0 ? "th" : "td");
    cell.setAttribute("role", at === 0 ? "rowheader" : "cell");
    if (at === 0) cell.setAttribute("scope", "row");
    cell.dataset.label = labels[at];
    cell.textContent = text;
    tr.append(cell);
  });
  return tr;
}

/** @param {Report} report */
function showEntries(report) {
  const section = byId("entries");
  section.hidden = report.entries.length === 0;
  const labels = [...section.querySelectorAll("thead th")].map((cell) => cell.textContent ?? "");
  const rows = report.entries.map(({ index, kind, recordedAt, standing }) => {
    const time = recordedAt === undefined ? "" : new Date(Number(recordedAt)).toISOString();
    return row([String(index), kind ?? "", time, section.dataset[standing] ?? ""], labels);
  });
  section.querySelector("tbody")?.replaceChildren(...rows);
  byId("head-of").textContent = report.said ? (isChinese ? report.said.zh : report.said.en) : "";
}

/**
 * @param {Report} report
 * @param {number} milliseconds
 */
function show(report, milliseconds) {
  byId("waiting").hidden = true;
  for (const line of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll("[data-outcome]"))) {
    line.hidden = line.dataset.outcome !== report.outcome;
  }
  byId("took").hidden = false;
  const took = byId("took").querySelector("span");
  if (took) took.textContent = String(Math.round(milliseconds));
  showChecks(report);
  showEntries(report);
}

async function check() {
  run.disabled = true;
  const from = performance.now();
  try {
    const bundle = await bytesOf(/** @type {File} */ (given.bundle));
    show(await verifyBundle(bundle, await policyText()), performance.now() - from);
  } catch (error) {
    // A file that went away, or a policy that is no text: nothing was checked.
    const said = error instanceof Refused ? error : new Refused("文件无法读取", "a file could not be read");
    const form = { id: "form", state: /** @type {const} */ ("bad"), said: { zh: say(said), en: say(said) } };
    show({ outcome: "cannot-tell", checks: [form], entries: [] }, performance.now() - from);
  }
  refresh();
}

listen("bundle");
listen("policy");
pasted.addEventListener("input", refresh);
run.addEventListener("click", check);
document.addEventListener("dragover", (event) => {
  event.preventDefault();
  byId("inputs").classList.add("dragged");
});
document.addEventListener("dragleave", () => byId("inputs").classList.remove("dragged"));
document.addEventListener("drop", dropped);
refresh();
