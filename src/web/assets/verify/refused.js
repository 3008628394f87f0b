// What every reader and check here throws, in both languages of the pages.

/** Something that was given is not what it must be. */
export class Refused extends Error {
  /**
   * @param {string} zh
   * @param {string} en
   */
  constructor(zh, en) {
    super(en);
    this.zh = zh;
    this.en = en;
    /** @type {string | undefined} */
    this.code = undefined;
  }

  /**
   * With a name that callers can ask for.
   * @param {string} code
   */
  named(code) {
    this.code = code;
    return this;
  }

  /**
   * The same, said of a part.
   * @param {string} zh
   * @param {string} en
   */
  of(zh, en) {
    return new Refused(`${zh}：${this.zh}`, `${en}: ${this.en}`);
  }
}

/**
 * @param {unknown} holds
 * @param {string} zh
 * @param {string} en
 * @returns {asserts holds}
 */
export function insist(holds, zh, en) {
  if (!holds) throw new Refused(zh, en);
}
