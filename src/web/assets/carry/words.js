// The words of the pages of codes: each page brings those that it needs, in the language of its reader.

/** @typedef {(key: string, values?: Record<string, string | number>) => string} Words */

/** @param {HTMLElement} root with `data-words` @returns {Words} */
export function wordsOf(root) {
  /** @type {Record<string, string>} */
  const words = JSON.parse(root.dataset.words ?? "{}");
  return (key, values = {}) => Object.entries(values).reduce((text, [name, value]) => text.replaceAll(`{${name}}`, String(value)), words[key] ?? key);
}

export const isChinese = () => document.documentElement.lang.startsWith("zh");

/** Grams as kilograms, exact. @param {number} grams */
export function kilograms(grams) {
  const rest = String(grams % 1000).padStart(3, "0").replace(/0+$/, "");
  return `${Math.floor(grams / 1000)}${rest ? `.${rest}` : ""}`;
}

/** @param {string | number | Date} moment @param {string | undefined} timeZone */
export function momentOf(moment, timeZone) {
  const at = new Date(moment);
  return Number.isNaN(at.getTime()) ? String(moment) : at.toLocaleString(document.documentElement.lang, { timeZone, dateStyle: "medium", timeStyle: "short" });
}
