// What somebody fills in becomes the data of a statement. Fields are named by where they stand in it (JSON pointers, RFC 6901), so that
// what the ledger objects to is shown at the field it came from.

/** @typedef {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement} Field */
/** @typedef {{ field: Field, parts: string[], value: unknown }} Filled */
/** @typedef {{ message: string, field?: Field }} Fault */
/** @typedef {{ kind: string, data: unknown, occurred_at?: string, for?: string, mandate?: string }} Wish */

/** Grams in the units that fields are filled in with, as a power of ten. */
const UNITS = new Map([["kilograms", 3], ["tonnes", 6]]);
const DAY_MS = 86_400_000;

/** What was filled in cannot be taken; the key names the words that the page has for it. */
export class Unfit extends Error {
  /** @param {string} key */
  constructor(key) {
    super(key);
    this.key = key;
  }
}

/** Full-width digits and signs as they come from Chinese keyboards. @param {string} text */
const narrowed = (text) => text.normalize("NFKC").replaceAll(/[\s,]/g, "");

/**
 * Shares a mass over the lots that are there, the first one first.
 * @param {{ lot: string, mass_g: number }[]} lots
 * @param {number} mass_g
 */
export function drawnFrom(lots, mass_g) {
  let open = mass_g;
  const drawn = lots.map((lot) => {
    const part = Math.min(lot.mass_g, open);
    open -= part;
    return { lot: lot.lot, mass_g: part };
  });
  return drawn.filter((draw) => draw.mass_g > 0);
}

/** A plate in the one spelling that is signed. @param {string} text */
export const plateOf = (text) => narrowed(text).replaceAll("·", "").toUpperCase();

/**
 * Whole grams of a decimal number, exactly.
 * @param {string} text
 * @param {number} places
 */
export function gramsOf(text, places) {
  const found = /^([0-9]{1,12})(?:\.([0-9]+))?$/.exec(narrowed(text));
  if (!found || (found[2]?.replace(/0+$/, "").length ?? 0) > places) throw new Unfit("mass");
  const grams = Number(found[1] + (found[2] ?? "").padEnd(places, "0").slice(0, places));
  if (!Number.isSafeInteger(grams)) throw new Unfit("mass");
  return grams;
}

/**
 * What a field says; `undefined` when it says nothing.
 * @param {Field} field
 * @param {string} offset the ledger's distance from UTC
 */
export function valueOf(field, offset) {
  if (field instanceof HTMLInputElement && ["checkbox", "radio"].includes(field.type) && !field.checked) return undefined;
  const as = field.dataset.as ?? "text";
  if (as === "flag") return true;
  const text = field.value.trim();
  if (text === "") return undefined;
  if (UNITS.has(as)) return gramsOf(text, /** @type {number} */ (UNITS.get(as)));
  switch (as) {
    case "json":
      return JSON.parse(text);
    case "count":
      if (!/^[0-9]{1,9}$/.test(narrowed(text))) throw new Unfit("count");
      return Number(narrowed(text));
    case "moment":
      if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text)) throw new Unfit("moment");
      return `${text.length === 16 ? `${text}:00` : text}${offset}`;
    case "code":
      return codeOf(text);
    case "codes":
      return codesOf(text);
    case "party":
      return narrowed(text).toUpperCase();
    case "plate":
      return plateOf(text);
    default:
      return text;
  }
}

/**
 * A moment as pages show it, in the ledger's zone.
 * @param {string} at
 * @param {string} offset the ledger's distance from UTC
 */
export function momentIn(at, offset) {
  // Written as if it were in UTC, a time of that zone lies ahead by the distance.
  const ahead = Date.parse("1970-01-01T00:00:00Z") - Date.parse(`1970-01-01T00:00:00${offset}`);
  return new Date(Date.parse(at) + ahead).toISOString().slice(0, 16).replace("T", " ");
}

/**
 * A waste code in its one spelling, however it was typed.
 * @param {string} text
 */
export function codeOf(text) {
  const digits = narrowed(text).replaceAll(/[-‐‑–—−]/g, "");
  if (!/^[0-9]{8}$/.test(digits)) throw new Unfit("code");
  return `${digits.slice(0, 3)}-${digits.slice(3, 6)}-${digits.slice(6)}`;
}

/**
 * Codes of wastes, categories (HW49), beginnings of codes and treatments (D10), with commas or blanks between.
 * @param {string} text
 */
export function codesOf(text) {
  const parts = text.normalize("NFKC").toUpperCase().split(/[\s,;、]+/).filter((part) => part !== "");
  return parts.map((part) => (/^[0-9]{3}\D?[0-9]{3}\D?[0-9]{2}$/.test(part) ? codeOf(part) : part));
}

/**
 * The same time of another day.
 * @param {string} moment
 * @param {number} days
 */
function daysLater(moment, days) {
  const day = new Date(Date.parse(`${moment.slice(0, 10)}T00:00:00Z`) + days * DAY_MS);
  return day.toISOString().slice(0, 10) + moment.slice(10);
}

/** @param {string} name */
const partsOf = (name) => name.slice(1).split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));

const isIndex = (/** @type {string} */ part) => /^[0-9]+$/.test(part);

/**
 * Lists have no gaps: what stands at 0, 2 and 5 comes to stand at 0, 1 and 2.
 * @param {Filled[]} filled
 */
function closeGaps(filled) {
  /** @type {Map<string, string[]>} */
  const used = new Map();
  for (const { parts } of filled) {
    parts.forEach((part, at) => {
      if (!isIndex(part)) return;
      const list = parts.slice(0, at).join("/");
      const indexes = used.get(list) ?? [];
      if (!indexes.includes(part)) indexes.push(part);
      used.set(list, indexes);
    });
  }
  for (const indexes of used.values()) indexes.sort((a, b) => Number(a) - Number(b));
  for (const one of filled) {
    const own = one.parts;
    one.parts = own.map((part, at) => {
      const indexes = isIndex(part) ? used.get(own.slice(0, at).join("/")) : undefined;
      return indexes ? String(indexes.indexOf(part)) : part;
    });
  }
}

/**
 * @param {any} data
 * @param {string[]} parts
 * @param {unknown} value
 */
function put(data, parts, value) {
  let at = data;
  parts.forEach((part, n) => {
    if (n === parts.length - 1) at[part] = value;
    else at = at[part] ??= isIndex(parts[n + 1]) ? [] : {};
  });
}

/** @param {Element} form @returns {Field[]} */
function fieldsIn(form) {
  const fields = /** @type {Field[]} */ ([...form.querySelectorAll("input[name], select[name], textarea[name]")]);
  return fields.filter((field) => !field.matches(":disabled") && field.closest("template") === null);
}

/** What a form, or a row of one, says. */
export class Reading {
  /**
   * @param {Element} element with `data-kind` and, where there is any, `data-data`: what the page knows already
   * @param {string} offset
   * @param {Element[]} [shared] parts of the form that every row of it says
   */
  constructor(element, offset, shared = []) {
    const given = /** @type {HTMLElement} */ (element).dataset;
    /** What the row is about, where the form has many. */
    this.title = given.title;
    this.offset = offset;
    /** @type {Fault[]} */
    this.faults = [];
    /** @type {Filled[]} */
    this.filled = [];
    /** @type {Wish} */
    this.wish = { kind: given.kind ?? "", data: JSON.parse(given.data ?? "{}") };
    const fields = [element, ...shared].flatMap(fieldsIn);
    fields.filter((field) => field.dataset.as !== "draws").forEach((field) => this.#read(field, offset));
    fields.filter((field) => field.dataset.as === "draws").forEach((field) => this.#draw(field));
    closeGaps(this.filled);
    for (const { parts, value } of this.filled) put(this.wish.data, parts, value);
  }

  /**
   * @param {Field} field
   * @param {string} offset
   */
  #read(field, offset) {
    let value;
    try {
      value = valueOf(field, offset);
    } catch (why) {
      if (!(why instanceof Unfit)) throw why;
      this.faults.push({ message: why.key, field });
      return;
    }
    if (value === undefined) {
      if (field.required && !(field instanceof HTMLInputElement && field.type === "radio")) this.faults.push({ message: "needed", field });
    } else if (field.name === "occurred_at") {
      this.wish.occurred_at = /** @type {string} */ (value);
    } else if (field.name.startsWith("/")) {
      this.filled.push({ field, parts: partsOf(field.name), value });
    }
  }

  /**
   * The same, planned for so many days later.
   * @param {number} days
   */
  later(days) {
    for (const one of this.filled.filter(({ field }) => field.dataset.as === "moment")) {
      one.value = daysLater(String(one.value), days);
      put(this.wish.data, one.parts, one.value);
    }
    return this;
  }

  /**
   * Shares a mass that was filled in over the lots that are there, the first one first.
   * @param {Field} field with the lots as its value, and the name of the mass
   */
  #draw(field) {
    const mass_g = Number(this.filled.find((one) => one.field.name === field.dataset.of)?.value ?? 0);
    this.filled.push({ field, parts: partsOf(field.name), value: drawnFrom(JSON.parse(field.value), mass_g) });
  }

  /**
   * The field that a pointer of the ledger is about: the longest way that both have in common.
   * @param {string} pointer into the payload
   */
  fieldAt(pointer) {
    const wanted = pointer.startsWith("/data/") ? partsOf(pointer.slice("/data".length)) : [];
    const common = (/** @type {string[]} */ parts) => {
      const differs = parts.findIndex((part, at) => part !== wanted[at]);
      return differs < 0 ? parts.length : differs;
    };
    const best = this.filled.map((one) => ({ one, length: common(one.parts) })).sort((a, b) => b.length - a.length)[0];
    return best && best.length > 0 ? best.one.field : undefined;
  }
}

/** What a field is called on the page. @param {Field} field */
export function labelOf(field) {
  const label = field.closest("label") ?? field.labels?.[0];
  const named = label?.querySelector("[data-label]") ?? label;
  const own = [...(named?.childNodes ?? [])].filter((node) => !(node instanceof HTMLElement && node.matches("input, select, textarea, .hint, .fault")));
  const text = own.map((node) => node.textContent).join("").trim();
  const set = field.closest("fieldset");
  const group = set?.querySelector("legend")?.textContent?.trim() ?? set?.getAttribute("aria-label");
  // What a radio button is called is one of the answers, and its group the question.
  if (group && field instanceof HTMLInputElement && field.type === "radio") return group;
  return [group, text || field.getAttribute("aria-label")].filter(Boolean).join(" · ");
}

/** What stands in a field, in the words of the page. @param {Field} field */
export function shownIn(field) {
  if (field instanceof HTMLSelectElement) return field.selectedOptions[0]?.textContent?.trim() ?? "";
  if (field instanceof HTMLInputElement && ["radio", "checkbox"].includes(field.type)) {
    return field.dataset.shown ?? field.closest("label")?.textContent?.trim() ?? field.value;
  }
  const unit = field.dataset.unit;
  return unit ? `${field.value.trim()} ${unit}` : field.value.trim().replace(/^(\d{4}-\d\d-\d\d)T/, "$1 ");
}
