// Begins on every page with forms that state something.

import { canSign, find } from "./device.js";
import { Desk } from "./sign.js";

/** Parts that are only there when a box or a choice opens them: what is not there is not filled in. */
function tie() {
  const openers = /** @type {HTMLInputElement[]} */ ([...document.querySelectorAll("[data-opens]")]);
  const partsOf = (/** @type {HTMLInputElement} */ opener) => (opener.dataset.opens ?? "").split(" ");
  const follow = () => {
    const open = new Set(openers.filter((opener) => opener.checked).flatMap(partsOf));
    for (const name of new Set(openers.flatMap(partsOf))) {
      const part = /** @type {HTMLFieldSetElement | null} */ (document.getElementById(name));
      if (part) part.hidden = part.disabled = !open.has(name);
    }
  };
  openers.forEach((opener) => opener.addEventListener("change", follow));
  follow();
}

/** A box that ticks all others of its form. @param {HTMLFormElement} form */
function tickAll(form) {
  const all = /** @type {HTMLInputElement | null} */ (form.querySelector("[data-all]"));
  const boxes = /** @type {HTMLInputElement[]} */ ([...form.querySelectorAll("[data-chosen]")]);
  all?.addEventListener("change", () => boxes.forEach((box) => (box.checked = all.checked)));
}

/** Says beforehand where signing will not work. @param {HTMLFormElement} form */
async function warn(form) {
  const { log = "", kid = "" } = form.dataset;
  const isAble = await canSign();
  const trouble = isAble ? !(await find(log, kid)) && "noKey" : "noSigning";
  const note = /** @type {HTMLElement | null} */ (trouble && form.querySelector(`[data-trouble=${trouble}]`));
  if (note) note.hidden = false;
}

tie();
for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-log]"))) {
  new Desk(form);
  tickAll(form);
  warn(form);
}
