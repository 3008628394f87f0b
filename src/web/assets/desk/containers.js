// The containers of a new lot: the ledger lends numbers for their labels, and each gets a row that is stated along with the lot.

import { Told, Unreached, call } from "./call.js";
import { find, newId } from "./device.js";
import { Unfit, codeOf, gramsOf } from "./form.js";

const KILOGRAM_PLACES = 3;

const part = /** @type {HTMLFieldSetElement} */ (document.getElementById("containers"));
const form = /** @type {HTMLFormElement} */ (part.closest("form"));
const list = /** @type {HTMLOListElement} */ (part.querySelector("ol"));
const row = /** @type {HTMLTemplateElement} */ (document.getElementById("one-container"));
const isChinese = document.documentElement.lang.startsWith("zh");

/** @param {string} selector */
const input = (selector) => /** @type {HTMLInputElement} */ (form.querySelector(selector));

/** @param {string} text nothing where all is well */
function say(text) {
  const trouble = /** @type {HTMLElement} */ (part.querySelector("[data-trouble-here]"));
  trouble.textContent = text;
  trouble.hidden = text === "";
}

/** @param {unknown} why */
function wordsFor(why) {
  if (why instanceof Unreached) return part.dataset.unreached ?? "";
  if (why instanceof Told) return why.problem.errors.map(({ zh, en }) => (isChinese ? zh : en)).join(" ") || why.problem.title;
  console.error(why);
  return part.dataset.fault ?? "";
}

/** @param {number} grams */
const kilograms = (grams) => (grams / 1000).toFixed(KILOGRAM_PLACES).replace(/\.?0+$/, "");

/**
 * The mass of the lot shared out to the gram; nothing where it is not filled in.
 * @param {number} count
 */
function shares(count) {
  let total;
  try {
    total = gramsOf(input("[name='/lots/0/quantity/mass_g']").value, KILOGRAM_PLACES);
  } catch (why) {
    if (why instanceof Unfit) return Array(count).fill("");
    throw why;
  }
  const [each, rest] = [Math.floor(total / count), total % count];
  return Array.from({ length: count }, (_, n) => kilograms(each + (n < rest ? 1 : 0)));
}

/** Numbers for the labels, of the waste and the day that are filled in. @param {number} count */
async function lend(count) {
  const { log = "", kid = "" } = form.dataset;
  const key = await find(log, kid);
  if (!key) throw new Told({ type: "", title: part.dataset.noKey ?? "", errors: [] });
  const code = codeOf(input("[name='/lots/0/code']").value);
  const on = input("[name=occurred_at]").value.slice(0, 10);
  return (await call(key, "/label-blocks", { lease: newId(), code, on, count })).labels;
}

/** @param {string[]} labels */
function fill(labels) {
  const masses = shares(labels.length);
  const litres = input("#container-litres").value;
  list.replaceChildren(
    ...labels.map((label, n) => {
      const item = /** @type {DocumentFragment} */ (row.content.cloneNode(true));
      /** @type {Record<string, string>} */
      const values = { container: newId(), litres, label, mass_g: masses[n] };
      for (const field of /** @type {NodeListOf<HTMLInputElement>} */ (item.querySelectorAll("[data-name]"))) {
        const name = field.dataset.name ?? "";
        field.name = `/lots/0/containers/${n}/${name}`;
        field.value = values[name];
      }
      return item;
    }),
  );
}

part.addEventListener("click", async (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest("button");
  if (button?.matches("[data-drop]")) button.closest("li")?.remove();
  if (!(button instanceof HTMLButtonElement) || !button.matches("[data-number]")) return;
  const field = input("#container-count");
  const count = Number(field.value);
  const needed = [field, input("#container-litres"), input("[name='/lots/0/code']"), input("[name=occurred_at]")];
  const lacking = needed.find((one) => !one.checkValidity());
  if (lacking) return void lacking.reportValidity();
  button.disabled = true;
  try {
    fill(await lend(count));
    say("");
  } catch (why) {
    if (why instanceof Unfit) return void say(document.getElementById("review")?.dataset[why.key] ?? why.key);
    say(wordsFor(why));
  } finally {
    button.disabled = false;
  }
});
