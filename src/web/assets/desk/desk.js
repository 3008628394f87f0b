// Begins on every page with forms that state something.

import { canSign, find } from "./device.js";
import { Desk } from "./sign.js";

/** Rows that are only there when a box is ticked: what is not there is not filled in. @param {ParentNode} page */
function tie(page) {
  for (const box of /** @type {NodeListOf<HTMLInputElement>} */ (page.querySelectorAll("[data-opens]"))) {
    const part = /** @type {HTMLFieldSetElement | null} */ (document.getElementById(box.dataset.opens ?? ""));
    const follow = () => {
      if (part) part.hidden = part.disabled = !box.checked;
    };
    const group = box.type === "radio" ? document.getElementsByName(box.name) : [box];
    group.forEach((one) => one.addEventListener("change", follow));
    follow();
  }
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

tie(document);
for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll("form[data-log]"))) {
  new Desk(form);
  tickAll(form);
  warn(form);
}
