// From a filled form to a recorded event: the ledger makes it ready, its maker reads what it says and signs with a key of this browser,
// and the ledger's receipt is shown. What is signed is held against what was filled in: a ledger that slips something else in is found out.

import { fromBase64url, textOf } from "../verify/bytes.js";
import { Told, Unreached, call, submit, submitMany, upload } from "./call.js";
import { find, sign } from "./device.js";
import { Reading, labelOf, shownIn } from "./form.js";

/** @typedef {import("./call.js").Brief} Brief */
/** @typedef {import("./call.js").Problem} Problem */
/** @typedef {import("./call.js").Receipt} Receipt */
/** @typedef {import("./device.js").DeviceKey} DeviceKey */
/** @typedef {import("./form.js").Fault} Fault */
/** @typedef {{ signing_input: string, event_id: string, new_ids: Record<string, string>, reading: { zh: string, en: string, said: { pointer: string, zh: string, en: string }[] }, receipt?: Receipt, problem?: Problem }} Proposal */
/** @typedef {{ reading: Reading, proposal: Proposal }} Ready */

/** Members that a ledger fills in where nobody said anything. */
const FILLED_IN = ["act", "anchor", "for", "log", "mandate", "occurred_at", "place", "prev", "v"];

/**
 * Whether two values of JSON say the same, except for the ids that the ledger made for `new:NAME`.
 * @param {unknown} asked
 * @param {unknown} made
 * @param {Record<string, string>} ids
 * @returns {boolean}
 */
function saysTheSame(asked, made, ids) {
  if (typeof asked === "string" && asked.startsWith("new:")) return made === ids[asked.slice("new:".length)];
  if (asked === null || typeof asked !== "object") return asked === made || isSameMoment(asked, made);
  if (made === null || typeof made !== "object" || Array.isArray(asked) !== Array.isArray(made)) return false;
  const [left, right] = [/** @type {Record<string, unknown>} */ (asked), /** @type {Record<string, unknown>} */ (made)];
  // What was left out may come back as an empty list.
  const extra = Object.keys(right).filter((name) => !(name in left));
  if (extra.some((name) => !(Array.isArray(right[name]) && right[name].length === 0))) return false;
  return Object.keys(left).every((name) => name in right && saysTheSame(left[name], right[name], ids));
}

/**
 * @param {unknown} asked
 * @param {unknown} made
 */
function isSameMoment(asked, made) {
  const isMoment = (/** @type {unknown} */ value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value);
  return isMoment(asked) && isMoment(made) && Date.parse(String(asked)) === Date.parse(String(made));
}

/**
 * The payload behind a signing input, if it says what was asked for, under this key, to this ledger.
 * @param {Proposal} proposal
 * @param {Reading} reading
 * @param {DeviceKey} key
 */
export function isWhatWasAsked({ signing_input, new_ids }, reading, key) {
  const [header, payload, ...rest] = signing_input.split(".").map((part) => JSON.parse(textOf(fromBase64url(part))));
  const isOurs = header.kid === key.kid && header.typ === "waste-event+jws" && payload.log === key.log && rest.length === 0;
  const { kind, data, ...others } = payload;
  const { wish } = reading;
  const isKnown = Object.keys(others).every((name) => FILLED_IN.includes(name));
  const isThen = wish.occurred_at === undefined || isSameMoment(wish.occurred_at, payload.occurred_at);
  return isOurs && isKnown && isThen && kind === wish.kind && saysTheSame(wish.data, data, new_ids);
}

/** One form that states something, and what it says to its user. */
export class Desk {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.isChinese = document.documentElement.lang.startsWith("zh");
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("review"));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#state().catch((why) => this.#refuse([{ message: this.#wordsFor(why) }]));
    });
  }

  /** @param {string} key */
  #t(key) {
    return this.dialog.dataset[key] ?? key;
  }

  /** @param {{ zh: string, en: string }} said */
  #pick = (said) => (this.isChinese ? said.zh : said.en);

  /** @param {unknown} why */
  #wordsFor(why) {
    if (why instanceof Unreached) return this.#t("unreached");
    if (why instanceof Told) return why.problem.errors.map(this.#pick).join(" ") || why.problem.title;
    console.error(why);
    return this.#t("fault");
  }

  /** The rows that say something of their own; a form without any is one. */
  #rows() {
    const rows = [...this.form.querySelectorAll("[data-row]")];
    if (rows.length === 0) return [this.form];
    return rows.filter((row) => /** @type {HTMLInputElement | null} */ (row.querySelector("[data-chosen]"))?.checked ?? true);
  }

  /** How many times the form is stated, and how many days lie between; no number where that cannot be read. */
  #copies() {
    const field = /** @type {HTMLInputElement | null} */ (this.form.querySelector("[data-copies]"));
    const apart = Number(/** @type {HTMLSelectElement | null} */ (this.form.querySelector("[data-apart]"))?.value ?? 0);
    const copies = Number(field?.value ?? 1);
    const isFit = Number.isInteger(copies) && copies >= 1 && copies <= Number(field?.max ?? 1);
    if (!isFit) this.#refuse([{ message: this.#t("count"), field: field ?? undefined }]);
    return { copies: isFit ? copies : undefined, apart };
  }

  async #state() {
    this.#clear();
    const { log = "", kid = "", offset = "Z" } = this.form.dataset;
    const rows = this.#rows();
    if (rows.length === 0) return this.#refuse([{ message: this.#t("nothing") }]);
    const { copies, apart } = this.#copies();
    if (copies === undefined) return;
    const readings = rows.flatMap((row) => Array.from({ length: copies }, (_, n) => new Reading(row, offset).later(n * apart)));
    // Every copy has the same faults.
    const faults = readings.filter((_, n) => n % copies === 0).flatMap((reading) => reading.faults);
    if (faults.length > 0) return this.#refuse(faults.map(({ message, field }) => ({ message: this.#t(message), field })));
    const key = await find(log, kid);
    if (!key) return this.#refuse([{ message: this.#t("noKey") }]);
    const isDone = this.#busy();
    try {
      await this.#sendFiles(key, readings);
      const ready = await this.#prepare(key, readings);
      if (ready && (await this.#isAgreed(ready))) await this.#send(key, ready);
    } finally {
      isDone();
    }
  }

  /** The button waits; a function that lets it go. */
  #busy() {
    const buttons = /** @type {HTMLButtonElement[]} */ ([...this.form.querySelectorAll("button:not([type=button])")]);
    buttons.forEach((button) => (button.disabled = true));
    this.form.setAttribute("aria-busy", "true");
    return () => {
      buttons.forEach((button) => (button.disabled = false));
      this.form.removeAttribute("aria-busy");
    };
  }

  /**
   * Files go first; what is signed holds their digests.
   * @param {DeviceKey} key
   * @param {Reading[]} readings
   */
  async #sendFiles(key, readings) {
    for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (this.form.querySelectorAll("input[type=file][data-digests]"))) {
      const digests = [];
      for (const file of field.files ?? []) digests.push((await upload(key, "/attachments", file)).sha256);
      const data = /** @type {Record<string, unknown>} */ (readings[0].wish.data);
      if (digests.length > 0) data[field.dataset.digests ?? ""] = digests;
    }
  }

  /**
   * @param {DeviceKey} key
   * @param {Reading[]} readings
   * @returns {Promise<Ready[] | undefined>}
   */
  async #prepare(key, readings) {
    /** @type {Ready[]} */
    const ready = [];
    const faults = [];
    for (const reading of readings) {
      try {
        /** @type {Proposal} */
        const proposal = await call(key, "/events/prepare", reading.wish);
        if (!isWhatWasAsked(proposal, reading, key)) return void this.#refuse([{ message: this.#t("slipped") }]);
        if (proposal.problem) faults.push(...this.#placed(reading, proposal.problem));
        ready.push({ reading, proposal });
      } catch (why) {
        if (!(why instanceof Told)) throw why;
        faults.push(...this.#placed(reading, why.problem));
      }
    }
    if (faults.length === 0) return ready;
    this.#refuse(faults);
  }

  /**
   * What the ledger objects to, at the fields that it is about.
   * @param {Reading} reading
   * @param {Problem} problem
   * @returns {Fault[]}
   */
  #placed(reading, problem) {
    const placed = problem.errors.map((error) => ({ message: this.#pick(error), field: reading.fieldAt(error.pointer) }));
    return placed.length > 0 ? placed : [{ message: problem.title }];
  }

  /** Takes away what was said of an earlier try. */
  #clear() {
    this.form.querySelectorAll(".faults, .fault").forEach((old) => old.remove());
    this.form.querySelectorAll("[aria-invalid]").forEach((field) => {
      field.removeAttribute("aria-invalid");
      field.removeAttribute("aria-describedby");
    });
  }

  /**
   * Says first what is wrong, then at each field.
   * @param {Fault[]} faults
   */
  #refuse(faults) {
    const list = document.createElement("ul");
    faults.forEach(({ message, field }, n) => {
      const item = list.appendChild(document.createElement("li"));
      if (!field) return void (item.textContent = message);
      field.id ||= `field-${n}`;
      const link = item.appendChild(document.createElement("a"));
      link.href = `#${field.id}`;
      link.textContent = `${labelOf(field)}${this.isChinese ? "：" : ": "}${message}`;
      link.addEventListener("click", (event) => (event.preventDefault(), field.focus()));
      const fault = document.createElement("span");
      fault.className = "fault";
      fault.id = `${field.id}-fault`;
      fault.textContent = message;
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", fault.id);
      field.after(fault);
    });
    const summary = document.createElement("div");
    summary.className = "faults";
    summary.setAttribute("role", "alert");
    summary.tabIndex = -1;
    const title = summary.appendChild(document.createElement("h2"));
    title.textContent = this.#t("refused");
    summary.append(list);
    this.form.prepend(summary);
    summary.focus();
  }

  /**
   * Shows what is going to be signed, and waits for the word.
   * @param {Ready[]} ready
   * @returns {Promise<boolean>}
   */
  #isAgreed(ready) {
    const content = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-content]"));
    const words = this.form.querySelector("[data-copies]")?.getAttribute("data-words");
    const isRepeated = words && ready.length > 1;
    content.replaceChildren(...(isRepeated ? this.#readCopies(words, ready) : ready.flatMap((one) => this.#read(one))));
    this.#show("asking");
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.addEventListener("close", () => resolve(this.dialog.returnValue === "sign"), { once: true });
    });
  }

  /**
   * Many statements that differ in their times alone: the first in full, the others in a sentence each.
   * @param {string} words
   * @param {Ready[]} ready
   */
  #readCopies(words, ready) {
    const count = document.createElement("p");
    count.className = "check";
    count.textContent = words.replace("{all}", String(ready.length));
    const others = document.createElement("details");
    others.appendChild(document.createElement("summary")).textContent = ready.length > 2 ? `2 – ${ready.length}` : "2";
    const list = others.appendChild(document.createElement("ol"));
    list.start = 2;
    const known = new Set(ready[0].proposal.receipt?.findings_opened.map(({ rule }) => rule));
    /** @type {Brief[]} */
    const more = [];
    for (const { proposal } of ready.slice(1)) {
      list.appendChild(document.createElement("li")).textContent = this.#pick(proposal.reading);
      for (const finding of proposal.receipt?.findings_opened ?? []) {
        if (!known.has(finding.rule)) more.push(finding);
        known.add(finding.rule);
      }
    }
    return [count, ...this.#read(ready[0]), others, ...this.#found(more, "opens")];
  }

  /** @param {"asking" | "done"} phase */
  #show(phase) {
    for (const part of /** @type {NodeListOf<HTMLElement>} */ (this.dialog.querySelectorAll("[data-phase]"))) {
      part.hidden = part.dataset.phase !== phase;
    }
  }

  /**
   * One statement in words, field by field, with what the ledger will find.
   * @param {Ready} one
   */
  #read({ reading, proposal }) {
    const sentence = document.createElement("p");
    sentence.className = "sentence";
    sentence.textContent = this.#pick(proposal.reading);
    const list = document.createElement("dl");
    list.className = "pairs";
    for (const { field, parts } of reading.filled) {
      if (field.type === "hidden" && !field.dataset.shown) continue;
      const said = proposal.reading.said.find(({ pointer }) => pointer === `/data/${parts.join("/")}`);
      list.appendChild(document.createElement("dt")).textContent = labelOf(field);
      list.appendChild(document.createElement("dd")).textContent = said ? this.#pick(said) : (field.dataset.shown ?? shownIn(field));
    }
    const found = this.#found(proposal.receipt?.findings_opened ?? [], "opens");
    const whole = document.createElement("details");
    whole.appendChild(document.createElement("summary")).textContent = this.#t("whole");
    const payload = JSON.parse(textOf(fromBase64url(proposal.signing_input.split(".")[1])));
    whole.appendChild(document.createElement("pre")).textContent = JSON.stringify(payload, null, 2);
    return [sentence, list, ...found, whole];
  }

  /**
   * @param {Brief[]} findings
   * @param {"opens" | "opened" | "closed"} key
   */
  #found(findings, key) {
    if (findings.length === 0) return [];
    const title = document.createElement("p");
    title.textContent = this.#t(key);
    const list = document.createElement("ul");
    list.className = key === "closed" ? "found closed" : "found";
    for (const finding of findings) {
      const link = list.appendChild(document.createElement("li")).appendChild(document.createElement("a"));
      link.href = `/rules/${finding.rule}`;
      link.target = "_blank";
      link.textContent = this.isChinese ? finding.title_zh : finding.title_en;
    }
    return [title, list];
  }

  /**
   * @param {DeviceKey} key
   * @param {Ready[]} ready
   */
  async #send(key, ready) {
    const lines = await Promise.all(ready.map(({ proposal }) => sign(key, proposal.signing_input)));
    /** @type {{ receipt?: Receipt, problem?: Problem }[]} */
    const answers = lines.length === 1 ? [{ receipt: await submit(lines[0]) }] : await submitMany(lines);
    const faults = answers.flatMap(({ problem }, n) => (problem ? this.#placed(ready[n].reading, problem) : []));
    const receipts = /** @type {Receipt[]} */ (answers.flatMap(({ receipt }) => receipt ?? []));
    const isOurs = receipts.every((receipt) => ready.some(({ proposal }) => proposal.event_id === receipt.event_id));
    if (!isOurs) return this.#refuse([{ message: this.#t("slipped") }]);
    if (faults.length > 0) return this.#refuse([{ message: this.#count("partly", receipts.length, lines.length) }, ...faults]);
    this.#done(ready, receipts);
  }

  /**
   * @param {string} key
   * @param {number} done
   * @param {number} all
   */
  #count = (key, done, all) => this.#t(key).replace("{done}", String(done)).replace("{all}", String(all));

  /**
   * Shows what came of it; the only way on leads to where it is seen.
   * @param {Ready[]} ready
   * @param {Receipt[]} receipts
   */
  #done(ready, receipts) {
    const content = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-content]"));
    const list = document.createElement("ul");
    list.setAttribute("role", "status");
    for (const receipt of receipts) {
      const item = list.appendChild(document.createElement("li"));
      const number = receipt.number ? `${this.#t("number")} ${receipt.number} · ` : "";
      item.textContent = `${number}${this.#t("entry").replace("{index}", String(receipt.index))}`;
    }
    const opened = this.#found(receipts.flatMap((receipt) => receipt.findings_opened), "opened");
    const closed = this.#found(receipts.flatMap((receipt) => receipt.findings_closed), "closed");
    content.replaceChildren(list, ...opened, ...closed);
    const onward = /** @type {HTMLAnchorElement} */ (this.dialog.querySelector("[data-onward]"));
    const ids = Object.assign({}, ...ready.map(({ proposal }) => proposal.new_ids));
    const toAll = ready.length > 1 && this.form.querySelector("[data-copies]")?.getAttribute("data-onward");
    onward.href = (toAll || (this.form.dataset.then ?? location.pathname)).replace(/\{([a-z0-9-]+)\}/g, (_, name) => ids[name] ?? "");
    this.#show("done");
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    if (!this.dialog.open) this.dialog.showModal();
    onward.focus();
  }
}
