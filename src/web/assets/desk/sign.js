// From a filled form to a recorded event: the ledger makes it ready, its maker reads what it says and signs with a key of this browser,
// and the ledger's receipt is shown. What is signed is held against what was filled in: a ledger that slips something else in is found out.

import { fromBase64url, textOf } from "../verify/bytes.js";
import { Told, Unreached, call, submit, submitMany, upload } from "./call.js";
import { find, seal, sign } from "./device.js";
import { Reading, labelOf } from "./form.js";
import { Review } from "./review.js";

/** @typedef {import("./call.js").Problem} Problem */
/** @typedef {import("./call.js").Receipt} Receipt */
/** @typedef {import("./device.js").DeviceKey} DeviceKey */
/** @typedef {import("./form.js").Fault} Fault */
/** @typedef {{ signing_input: string, event_id: string, new_ids: Record<string, string>, reading: { zh: string, en: string, said: { pointer: string, zh: string, en: string }[] }, receipt?: Receipt, problem?: Problem }} Proposal */
/** @typedef {{ reading: Reading, proposal: Proposal }} Ready */
/** @typedef {{ ready: Ready[], lines: string[] }} Signed */

/** Members that a ledger fills in where nobody said anything. */
const FILLED_IN = ["act", "anchor", "for", "log", "mandate", "occurred_at", "prev", "v"];

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
  const texts = signing_input.split(".").map((part) => textOf(fromBase64url(part)));
  const [header, payload] = texts.map((text) => JSON.parse(text));
  // Written again it is the same: a member that stands there twice would be read as its second value here, and otherwise elsewhere.
  const isPlain = texts.length === 2 && JSON.stringify(header) === texts[0] && JSON.stringify(payload) === texts[1];
  const isSealed = header.alg === "EdDSA" && header.typ === "waste-event+jws" && Object.keys(header).length === 3;
  const isOurs = isPlain && isSealed && header.kid === key.kid && payload.log === key.log;
  const { kind, data, ...others } = payload;
  const { wish } = reading;
  const isKnown = Object.keys(others).every((name) => FILLED_IN.includes(name));
  const isForWhom = (wish.for ?? payload.for) === payload.for && (wish.mandate ?? null) === (payload.mandate ?? null);
  const isThen = wish.occurred_at === undefined || isSameMoment(wish.occurred_at, payload.occurred_at);
  return isOurs && isKnown && isForWhom && isThen && kind === wish.kind && saysTheSame(wish.data, data, new_ids);
}

/** Whom a form speaks for, where that is not the own party. @param {HTMLFormElement} form */
function actingFor({ dataset }) {
  return { ...(dataset.for && { for: dataset.for }), ...(dataset.mandate && { mandate: dataset.mandate }) };
}

/** One form that states something, and what it says to its user. */
export class Desk {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.review = new Review();
    /** What was signed and sent without an answer: it may be recorded. @type {Signed | undefined} */
    this.unsettled = undefined;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#state().catch((why) => this.#refuse([{ message: this.#wordsFor(why) }]));
    });
  }

  /** @param {unknown} why */
  #wordsFor(why) {
    if (why instanceof Unreached) return this.review.t("unreached");
    if (why instanceof Told) return why.problem.errors.map(this.review.pick).join(" ") || why.problem.title;
    console.error(why);
    return this.review.t("fault");
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
    if (!isFit) this.#refuse([{ message: this.review.t("count"), field: field ?? undefined }]);
    return { copies: isFit ? copies : undefined, apart };
  }

  async #state() {
    this.#clear();
    if (this.unsettled) return this.#again(this.unsettled);
    const { log = "", kid = "", offset = "Z", path } = this.form.dataset;
    if (path) return this.#call(log, kid, path);
    const rows = this.#rows();
    if (rows.length === 0) return this.#refuse([{ message: this.review.t("nothing") }]);
    const { copies, apart } = this.#copies();
    if (copies === undefined) return;
    const shared = rows[0] === this.form ? [] : [...this.form.querySelectorAll("[data-shared]")];
    const readings = rows.flatMap((row) => Array.from({ length: copies }, (_, n) => new Reading(row, offset, shared).later(n * apart)));
    for (const { wish } of readings) Object.assign(wish, actingFor(this.form));
    // Every copy has the same faults.
    const faults = readings.filter((_, n) => n % copies === 0).flatMap((reading) => reading.faults);
    if (faults.length > 0) return this.#refuse(faults.map(({ message, field }) => ({ message: this.review.t(message), field })));
    const key = await find(log, kid);
    if (!key) return this.#refuse([{ message: this.review.t("noKey") }]);
    const isDone = this.#busy();
    try {
      if (this.form.dataset.typ === "offer") return await this.#offer(key, readings[0]);
      await this.#sendFiles(key, readings);
      const ready = await this.#prepare(key, readings);
      if (!ready) return;
      const words = this.form.querySelector("[data-copies]")?.getAttribute("data-words");
      const shown = words && ready.length > 1 ? this.review.copies(words, ready) : ready.flatMap((one) => this.review.statement(one));
      if (await this.review.isAgreed(shown)) await this.#send(key, ready);
    } finally {
      isDone();
    }
  }

  /**
   * A call that states nothing.
   * @param {string} log
   * @param {string} kid
   * @param {string} path
   */
  async #call(log, kid, path) {
    const key = await find(log, kid);
    if (!key) return this.#refuse([{ message: this.review.t("noKey") }]);
    if (this.form.dataset.data) return this.#sendFilled(key, path);
    const files = /** @type {HTMLInputElement | null} */ (this.form.querySelector("input[type=file][data-sent]"));
    if (!files) await call(key, path, undefined, this.form.dataset.method);
    for (const file of files?.files ?? []) await upload(key, path, file);
    location.assign(this.form.dataset.then ?? location.pathname);
  }

  /**
   * A call with what was filled in as its body.
   * @param {DeviceKey} key
   * @param {string} path
   */
  async #sendFilled(key, path) {
    const reading = new Reading(this.form, this.form.dataset.offset ?? "Z");
    const faults = reading.faults.map(({ message, field }) => ({ message: this.review.t(message), field }));
    if (faults.length > 0) return this.#refuse(faults, "notTaken");
    const isDone = this.#busy();
    try {
      await call(key, path, /** @type {object} */ (reading.wish.data), this.form.dataset.method);
      location.assign(this.form.dataset.then ?? location.pathname);
    } catch (why) {
      if (!(why instanceof Told)) throw why;
      // The body is what stands below `data` in a statement.
      const errors = why.problem.errors.map((error) => ({ ...error, pointer: `/data${error.pointer}` }));
      this.#refuse(this.#placed(reading, { ...why.problem, errors }), "notTaken");
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
   * An offer is no event: it is sealed here, and waits at the ledger for whom it names.
   * @param {DeviceKey} key
   * @param {Reading} reading
   */
  async #offer(key, reading) {
    const at = new Date(Date.now() + Number(this.form.dataset.ahead)).toISOString();
    const payload = { .../** @type {object} */ (reading.wish.data), at };
    const shown = [this.review.listed(reading, () => undefined), this.review.folded(payload)];
    if (!(await this.review.isAgreed(shown))) return;
    try {
      const left = await call(key, "/offers", await seal(key, "offer", payload));
      location.assign(`/offers/${left.id}`);
    } catch (why) {
      if (!(why instanceof Told)) throw why;
      this.#refuse(this.#placed(reading, why.problem));
    }
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
      if (digests.length === 0) continue;
      const said = field.multiple ? digests : digests[0];
      for (const { wish } of readings) /** @type {Record<string, unknown>} */ (wish.data)[field.dataset.digests ?? ""] = said;
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
        if (!isWhatWasAsked(proposal, reading, key)) return void this.#refuse([{ message: this.review.t("slipped") }]);
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
    const placed = problem.errors.map((error) => ({ message: this.review.pick(error), field: reading.fieldAt(error.pointer) }));
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
   * @param {string} [heading] key of what stands above them
   */
  #refuse(faults, heading = "refused") {
    // What is shared by many rows is wrong once.
    faults = faults.filter(({ message, field }, n) => faults.findIndex((one) => one.message === message && one.field === field) === n);
    const list = document.createElement("ul");
    faults.forEach(({ message, field }, n) => {
      const item = list.appendChild(document.createElement("li"));
      if (!field) return void (item.textContent = message);
      field.id ||= `field-${n}`;
      const link = item.appendChild(document.createElement("a"));
      link.href = `#${field.id}`;
      link.textContent = `${labelOf(field)}${this.review.isChinese ? "：" : ": "}${message}`;
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
    title.textContent = this.review.t(heading);
    summary.append(list);
    this.form.prepend(summary);
    summary.focus();
  }

  /**
   * @param {DeviceKey} key
   * @param {Ready[]} ready
   */
  async #send(key, ready) {
    await this.#deliver({ ready, lines: await Promise.all(ready.map(({ proposal }) => sign(key, proposal.signing_input))) });
  }

  /** @param {Signed} signed */
  async #again(signed) {
    const isDone = this.#busy();
    await this.#deliver(signed).finally(isDone);
  }

  /**
   * Without an answer the same signed lines are the only way on: the ledger knows them again, and a second act would stand beside the first.
   * @param {Signed} signed
   */
  async #deliver(signed) {
    const { ready, lines } = signed;
    /** @type {{ receipt?: Receipt, problem?: Problem }[]} */
    let answers;
    try {
      answers = lines.length === 1 ? [{ receipt: await submit(lines[0]) }] : await submitMany(lines);
      this.unsettled = undefined;
    } catch (why) {
      const isAnswered = why instanceof Told && why.status < 500;
      this.unsettled = isAnswered ? undefined : signed;
      if (isAnswered) throw why;
      return this.#refuse([{ message: this.review.t("unsure") }], "noReceipt");
    }
    const faults = answers.flatMap(({ problem }, n) => (problem ? this.#placed(ready[n].reading, problem) : []));
    const receipts = /** @type {Receipt[]} */ (answers.flatMap(({ receipt }) => receipt ?? []));
    const isOurs = receipts.every((receipt) => ready.some(({ proposal }) => proposal.event_id === receipt.event_id));
    if (!isOurs) return this.#refuse([{ message: this.review.t("slipped") }]);
    if (faults.length > 0) return this.#refuse([{ message: this.#count("partly", receipts.length, lines.length) }, ...faults]);
    const toAll = ready.length > 1 && this.form.querySelector("[data-copies]")?.getAttribute("data-onward");
    this.review.done(ready, receipts, toAll || (this.form.dataset.then ?? location.pathname));
  }

  /**
   * @param {string} key
   * @param {number} done
   * @param {number} all
   */
  #count = (key, done, all) => this.review.t(key).replace("{done}", String(done)).replace("{all}", String(all));
}
