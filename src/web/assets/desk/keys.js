// Keys for whoever would rather type: to the search, through the rows of the first table, and what the keys are. They act alone, without a
// modifier, so they rest while somebody writes, and can be switched off.

const OFF = "liandan-keys-off";
const help = /** @type {HTMLDialogElement} */ (document.getElementById("shortcuts"));
const box = /** @type {HTMLInputElement} */ (help.querySelector("[data-off]"));

/** What the browser keeps may be out of reach; then the keys are on. @param {() => string | null | void} act */
function kept(act) {
  try {
    return act();
  } catch {
    return null;
  }
}

/** @param {EventTarget | null} at */
const isWriting = (at) => at instanceof HTMLElement && (at.isContentEditable || at.matches("input, select, textarea"));

function toSearch() {
  /** @type {HTMLInputElement | null} */
  const field = document.querySelector("main [role=search] input:not([type=hidden])") ?? document.querySelector("[role=search] input");
  field?.focus();
  field?.select?.();
}

/** The link that a row leads to, else its first control. @param {Element} row @returns {HTMLElement | null} */
const handleOf = (row) => row.querySelector("a[href]") ?? row.querySelector("input, button, summary");

/** @param {1 | -1} step */
function move(step) {
  const rows = [...(document.querySelector("main table.table")?.querySelectorAll("tbody > tr") ?? [])].filter((row) => handleOf(row));
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : at + step];
  if (!next) return;
  handleOf(next)?.focus();
  next.scrollIntoView({ block: "nearest" });
}

/** @type {Record<string, () => void>} */
const KEYS = { "/": toSearch, j: () => move(1), k: () => move(-1), "?": () => help.showModal() };

/** An open menu closes when somebody turns away from it. @param {Event} event */
function closeMenus(event) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (event.target instanceof Node && menu.contains(event.target) && event.type === "click") continue;
    menu.removeAttribute("open");
  }
}

document.addEventListener("click", closeMenus);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus(event);
  const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.isComposing;
  const act = KEYS[event.key];
  if (!act || !isPlain || box.checked || isWriting(event.target) || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  act();
});
box.checked = kept(() => localStorage.getItem(OFF)) === "1";
box.addEventListener("change", () => void kept(() => (box.checked ? localStorage.setItem(OFF, "1") : localStorage.removeItem(OFF))));
