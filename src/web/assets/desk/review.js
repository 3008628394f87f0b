// The dialog before a signature and after it: what is going to be signed in words, and what came of it.

import { fromBase64url, textOf } from "../verify/bytes.js";
import { labelOf, momentIn, shownIn } from "./form.js";

/** @typedef {import("./call.js").Brief} Brief */
/** @typedef {import("./call.js").Receipt} Receipt */
/** @typedef {import("./form.js").Reading} Reading */
/** @typedef {import("./sign.js").Ready} Ready */

export class Review {
  constructor() {
    this.dialog = /** @type {HTMLDialogElement} */ (document.getElementById("review"));
    this.content = /** @type {HTMLElement} */ (this.dialog.querySelector("[data-content]"));
    this.isChinese = document.documentElement.lang.startsWith("zh");
  }

  /** The words that the page has for something. @param {string} key */
  t(key) {
    return this.dialog.dataset[key] ?? key;
  }

  /** @param {{ zh: string, en: string }} said */
  pick = (said) => (this.isChinese ? said.zh : said.en);

  /**
   * Shows what is going to be signed, and waits for the word.
   * @param {Node[]} shown
   * @returns {Promise<boolean>}
   */
  isAgreed(shown) {
    this.content.replaceChildren(...shown);
    this.#show("asking");
    this.dialog.returnValue = "";
    this.dialog.showModal();
    return new Promise((resolve) => {
      this.dialog.addEventListener("close", () => resolve(this.dialog.returnValue === "sign"), { once: true });
    });
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
  statement({ reading, proposal }) {
    // Of many statements of one kind each is told by what it is about.
    const sentence = document.createElement("p");
    sentence.className = "sentence";
    sentence.textContent = reading.title ?? this.pick(proposal.reading);
    const list = this.listed(reading, (pointer) => proposal.reading.said.find((said) => said.pointer === pointer));
    const found = this.#found(proposal.receipt?.findings_opened ?? [], "opens");
    const payload = JSON.parse(textOf(fromBase64url(proposal.signing_input.split(".")[1])));
    // Where nobody said when, the ledger did: it is read from what is signed, not from what the ledger says of it.
    list.appendChild(document.createElement("dt")).textContent = this.t("when");
    list.appendChild(document.createElement("dd")).textContent = momentIn(payload.occurred_at, reading.offset);
    return [sentence, list, ...found, this.folded(payload)];
  }

  /**
   * Many statements that differ in their times alone: the first in full, the others in a sentence each.
   * @param {string} words
   * @param {Ready[]} ready
   */
  copies(words, ready) {
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
      list.appendChild(document.createElement("li")).textContent = this.pick(proposal.reading);
      for (const finding of proposal.receipt?.findings_opened ?? []) {
        if (!known.has(finding.rule)) more.push(finding);
        known.add(finding.rule);
      }
    }
    return [count, ...this.statement(ready[0]), others, ...this.#found(more, "opens")];
  }

  /**
   * What was filled in, field by field, in the words that the ledger has for it.
   * @param {Reading} reading
   * @param {(pointer: string) => { zh: string, en: string } | undefined} wordsAt
   */
  listed(reading, wordsAt) {
    const list = document.createElement("dl");
    list.className = "pairs";
    for (const { field, parts, value } of reading.filled) {
      if (field.type === "hidden" && !field.dataset.shown) continue;
      const said = wordsAt(`/data/${parts.join("/")}`);
      const plain = field.dataset.as === "plate" ? String(value) : shownIn(field);
      list.appendChild(document.createElement("dt")).textContent = labelOf(field);
      list.appendChild(document.createElement("dd")).textContent = said ? this.pick(said) : plain;
    }
    return list;
  }

  /** The whole of what is signed, for who wants to see it. @param {object} payload */
  folded(payload) {
    const whole = document.createElement("details");
    whole.appendChild(document.createElement("summary")).textContent = this.t("whole");
    whole.appendChild(document.createElement("pre")).textContent = JSON.stringify(payload, null, 2);
    return whole;
  }

  /**
   * @param {Brief[]} findings
   * @param {"opens" | "opened" | "closed"} key
   */
  #found(findings, key) {
    if (findings.length === 0) return [];
    const title = document.createElement("p");
    title.textContent = this.t(key);
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
   * Shows what came of it; the only way on leads to where it is seen.
   * @param {Ready[]} ready
   * @param {Receipt[]} receipts
   * @param {string} then
   */
  done(ready, receipts, then) {
    const list = document.createElement("ul");
    list.setAttribute("role", "status");
    for (const receipt of receipts) {
      const item = list.appendChild(document.createElement("li"));
      const number = receipt.number ? `${this.t("number")} ${receipt.number} · ` : "";
      item.textContent = `${number}${this.t("entry").replace("{index}", String(receipt.index))}`;
    }
    const opened = this.#found(receipts.flatMap((receipt) => receipt.findings_opened), "opened");
    const closed = this.#found(receipts.flatMap((receipt) => receipt.findings_closed), "closed");
    this.content.replaceChildren(list, ...opened, ...closed);
    const onward = /** @type {HTMLAnchorElement} */ (this.dialog.querySelector("[data-onward]"));
    const ids = Object.assign({}, ...ready.map(({ proposal }) => proposal.new_ids));
    onward.href = then.replace(/\{([a-z0-9-]+)\}/g, (_, name) => ids[name] ?? "");
    this.#show("done");
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    if (!this.dialog.open) this.dialog.showModal();
    onward.focus();
  }
}
