// The page around the checks: takes files and text, shows what came out. It writes text only, never markup, and sends nothing.

import { textOf } from "./bytes.js";
import { verifyBundle } from "./bundle.js";
import { KINDS } from "./kinds.js";
import { policyOfKeys } from "./policy.js";
import { Refused } from "./refused.js";

/** @typedef {import("./bundle.js").Report} Report */

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

/** @param {{ zh: string, en: string }} said */
const say = ({ zh, en }) => (isChinese ? zh : en);

/** Class, sign and word of a check that came out like this. @type {Record<import("./bundle.js").Mark | "skipped", string[]>} */
const SIGNS = {
  holds: ["good", "✓", "good"],
  noted: ["warn", "✓", "noted"],
  short: ["warn", "!", "noted"],
  unknown: ["warn", "?", "unknown"],
  fails: ["bad", "✗", "bad"],
  skipped: ["plain", "–", "skipped"],
};
const WORSE = /** @type {const} */ (["holds", "noted", "short", "unknown", "fails"]);

/** @param {Report} report */
function showChecks(report) {
  const words = byId("checks").dataset;
  for (const item of /** @type {NodeListOf<HTMLElement>} */ (byId("checks").querySelectorAll("li[data-check]"))) {
    const found = report.checks.filter(({ row }) => row === item.dataset.check);
    const worst = WORSE.findLast((mark) => found.some((check) => check.mark === mark)) ?? "skipped";
    const [style, sign, word] = SIGNS[worst];
    const mark = /** @type {HTMLElement} */ (item.querySelector("[data-state]"));
    mark.className = `check ${style}`;
    mark.textContent = `${sign} ${words[word]}`;
    item.querySelector("[data-detail]")?.replaceChildren(...found.map(line));
  }
}

/** @param {import("./bundle.js").Check} check */
function line(check) {
  const item = document.createElement("li");
  item.textContent = `${say(check)}${check.at === "" ? "" : ` [${check.at}]`}`;
  return item;
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

/** @param {string | undefined} kind */
function kindName(kind) {
  const zh = kind === undefined ? undefined : KINDS.get(kind)?.zh;
  return isChinese && zh ? `${zh} ${kind}` : (kind ?? "");
}

/** @param {Report} report */
function showEntries(report) {
  const section = byId("entries");
  section.hidden = report.entries.length === 0;
  const labels = [...section.querySelectorAll("thead th")].map((cell) => cell.textContent ?? "");
  const rows = report.entries.map(({ index, kind, recordedAt, standing }) => {
    const time = recordedAt === undefined ? "" : new Date(Number(recordedAt)).toISOString();
    return row([String(index), kindName(kind), time, section.dataset[standing] ?? ""], labels);
  });
  section.querySelector("tbody")?.replaceChildren(...rows);
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
    const { zh, en } = said;
    const form = /** @type {const} */ ({ row: "form", code: "form", mark: "unknown", at: "", zh, en });
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
