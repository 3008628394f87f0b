// Containers at a handover: those that should be there, those that were seen, and what to say of the difference.

import { containerSet } from "./paper.js";

/** @typedef {{ container: string, label: string | null, line: number }} Expected */
/** `good` and `unlisted` let a handover go on; `differs` stops it until somebody says why. @typedef {"good" | "unlisted" | "differs"} Count */

/** A label as it is compared: without spaces, narrow, in capitals. @param {string} label */
const plain = (label) => label.normalize("NFKC").replaceAll(/\s/g, "").toUpperCase();

export class Containers {
  /**
   * @param {Expected[]} expected by what this device knows of the load
   * @param {{ count: number, sha256: string } | undefined} offered as the other side signed it
   * @param {Expected[]} others of other loads on this device
   */
  constructor(expected, offered, others) {
    this.expected = expected;
    this.offered = offered;
    this.others = others;
    /** @type {Set<string>} */
    this.seen = new Set();
    /** Labels that no container known here bears. @type {Set<string>} */
    this.strangers = new Set();
    /** Whether the offer is of just those that are expected here. */
    this.isListed = false;
  }

  /** Compares the lists; where they are one, all count as there until somebody looks at each. */
  async compare() {
    const listed = await containerSet(this.expected.map(({ container }) => container));
    this.isListed = this.expected.length > 0 && (!this.offered || this.offered.sha256 === listed.sha256);
    return this;
  }

  seeAll() {
    this.seen = new Set(this.expected.map(({ container }) => container));
    this.strangers.clear();
  }

  /** Begins to look at each. */
  seeNone() {
    this.seen.clear();
    this.strangers.clear();
  }

  /**
   * A label that was read; whether its container should be there.
   * @param {string} label
   */
  read(label) {
    const bears = (/** @type {Expected} */ one) => one.container === label.trim() || (one.label !== null && plain(one.label) === plain(label));
    const found = this.expected.find((one) => bears(one) && !this.seen.has(one.container)) ?? this.expected.find(bears);
    const other = found ?? this.others.find(bears);
    if (other) this.seen.add(other.container);
    else this.strangers.add(label.trim());
    return found !== undefined;
  }

  /** How many are wanted; nothing where nobody says so. */
  get wanted() {
    return this.offered?.count ?? (this.expected.length > 0 ? this.expected.length : undefined);
  }

  /** @returns {Promise<Count>} */
  async count() {
    if (this.strangers.size > 0) return "differs";
    if (this.offered) {
      const seen = await containerSet([...this.seen]);
      if (seen.sha256 === this.offered.sha256) return "good";
      return this.expected.length === 0 ? "unlisted" : "differs";
    }
    return this.missing.length + this.extra.length === 0 ? "good" : "differs";
  }

  /** Of those that should be there. */
  get missing() {
    return this.isListed ? this.expected.map(({ container }) => container).filter((one) => !this.seen.has(one)) : [];
  }

  /** Of those that were seen. */
  get extra() {
    const expected = new Set(this.expected.map(({ container }) => container));
    return [...this.seen].filter((one) => !expected.has(one));
  }

  /** Those of a line that were there. @param {number} line */
  of(line) {
    return this.expected.filter((one) => one.line === line && this.seen.has(one.container)).map(({ container }) => container);
  }
}
