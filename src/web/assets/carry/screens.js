// The screens of the page /driver, filled with what the device knows. Each lies in the page by its name; what cannot be shown is told by `false`.

import { draw } from "./draw.js";
import { carriersOf, holderOf, mayRefuse, passages, vehicleOf } from "./load.js";
import { codes } from "./optical.js";
import { aboutOf } from "./paper.js";
import { isChinese, kilograms, momentOf } from "./words.js";

/** @typedef {import("./load.js").Load} Load */
/** @typedef {import("./phone.js").Phone} Phone */
/** @typedef {import("./phone.js").Read} Read */

/** A clock that is off by more is told of, in milliseconds. */
const SKEW_TOLD_MS = 60_000;
const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

/** @param {HTMLElement} within @param {string} name */
export const part = (within, name) => /** @type {HTMLElement} */ (within.querySelector(`[data-part=${name}]`));

/** @param {import("./phone.js").PartyName[]} parties @param {string} code */
function nameIn(parties, code) {
  const party = parties.find((one) => one.party === code);
  return (!isChinese() && party?.name_en) || party?.name || code;
}

/** @param {Load} load */
const titleOf = (load) => load.number ?? `…${load.manifest.slice(-8)}`;

/** @param {Load} load */
const massOf = (load) => load.lines.reduce((sum, line) => sum + (line.shipped_g || line.planned_g || 0), 0);

export class Screens {
  /**
   * @param {HTMLElement} root
   * @param {Phone} phone
   * @param {import("./words.js").Words} t
   */
  constructor(root, phone, t) {
    this.root = root;
    this.phone = phone;
    this.t = t;
    this.zone = root.dataset.zone;
    this.encoder = root.dataset.encoder;
    this.nameOf = this.nameOf.bind(this);
  }

  /** @param {string} name */
  of(name) {
    return /** @type {HTMLElement} */ (this.root.querySelector(`[data-screen=${name}]`));
  }

  /** @param {string} name */
  template(name) {
    return /** @type {HTMLElement} */ (/** @type {HTMLTemplateElement} */ (this.root.querySelector(`template[data-name=${name}]`)).content.firstElementChild?.cloneNode(true));
  }

  /** @param {string} code */
  nameOf(code) {
    return nameIn(this.phone.facts?.parties ?? [], code);
  }

  /** How long ago, in words. @param {number} at */
  ago(at) {
    const minutes = Math.max(0, Math.round((Date.now() - at) / MINUTE_MS));
    if (minutes < 2 * HOUR_MINUTES) return this.t("minutes", { n: minutes });
    return minutes < 2 * DAY_MINUTES ? this.t("hours", { n: Math.round(minutes / HOUR_MINUTES) }) : this.t("days", { n: Math.round(minutes / DAY_MINUTES) });
  }

  /** What waits, on every screen. */
  async state() {
    const { waiting, refused } = this.phone;
    const photos = await this.phone.photos();
    const state = part(this.root, "state");
    state.hidden = this.phone.key === undefined;
    state.className = refused.length + photos.refused > 0 ? "state bad" : waiting.length + photos.waiting > 0 ? "state warn" : "state good";
    const oldest = waiting[0];
    const words = [
      refused.length > 0 ? this.t("state-refused", { n: refused.length }) : "",
      oldest ? this.t("state-waiting", { n: waiting.length, age: this.ago(oldest.keptAt) }) : "",
      photos.waiting > 0 ? this.t("state-photos", { n: photos.waiting }) : "",
      photos.refused > 0 ? this.t("state-photos-refused", { n: photos.refused }) : "",
    ].filter(Boolean);
    state.textContent = words.join(this.t("separator")) || this.t("state-none");
  }

  async people() {
    const list = part(this.of("who"), "people");
    const people = await this.phone.people();
    part(this.of("who"), "nobody").hidden = people.length > 0;
    list.replaceChildren(
      ...people.map(({ key, facts }) => {
        const item = this.template("person");
        const button = /** @type {HTMLButtonElement} */ (item.querySelector("button"));
        button.dataset.kid = key.kid;
        button.textContent = facts ? `${nameIn(facts.parties, facts.party)} · ${this.t(`role.${facts.role}`)} · …${key.kid.slice(-4)}` : `…${key.kid.slice(-8)}`;
        return item;
      }),
    );
  }

  /** What comes next with a load, in a line. @param {Load} load */
  nextOf(load) {
    const next = passages(load, this.phone.party)[0];
    if (!next) return this.t("next-none");
    return next.from === this.phone.party ? this.t("next-give", { to: this.nameOf(next.to) }) : this.t("next-take", { from: this.nameOf(next.from) });
  }

  legs() {
    const at = this.of("legs");
    part(at, "who").textContent = `${this.nameOf(this.phone.party)} · …${this.phone.key?.kid.slice(-4)}`;
    const loads = [...this.phone.loads.keys()].map((manifest) => /** @type {Load} */ (this.phone.load(manifest)));
    // What is on the vehicle comes first, then what is fetched next.
    const rank = (/** @type {Load} */ load) => (holderOf(load) === this.phone.party ? 0 : passages(load, this.phone.party).length > 0 ? 1 : 2);
    loads.sort((a, b) => rank(a) - rank(b) || String(a.planned_departure).localeCompare(String(b.planned_departure)));
    part(at, "loads").replaceChildren(
      ...loads.map((load) => {
        const item = this.template("load");
        const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
        link.href = `#load=${load.manifest}`;
        part(item, "title").textContent = titleOf(load);
        part(item, "what").textContent = `${load.lines.map(({ code, name }) => [code, name].filter(Boolean).join(" ")).join(this.t("list"))} · ${kilograms(massOf(load))} ${this.t("kg")}`;
        part(item, "next").textContent = this.nextOf(load);
        return item;
      }),
    );
    part(at, "none").hidden = loads.length > 0;
    const { facts } = this.phone;
    part(at, "fetched").textContent = facts ? this.t("fetched", { age: this.ago(facts.fetchedAt) }) : this.t("never-fetched");
    const skew = part(at, "skew");
    skew.hidden = Math.abs(facts?.skewMs ?? 0) < SKEW_TOLD_MS;
    skew.textContent = this.t((facts?.skewMs ?? 0) > 0 ? "skew-ahead" : "skew-behind", { n: Math.round(Math.abs(facts?.skewMs ?? 0) / MINUTE_MS) });
  }

  /** @param {string} manifest */
  load(manifest) {
    const at = this.of("load");
    const load = this.phone.load(manifest);
    if (!load) return false;
    const holder = holderOf(load);
    part(at, "title").textContent = titleOf(load);
    const facts = {
      from: load.consignor && this.nameOf(load.consignor.party),
      to: load.consignee && this.nameOf(load.consignee.party),
      carriers: carriersOf(load).map(this.nameOf).join(" → "),
      vehicle: load.legs.map(({ vehicle }) => vehicle).filter(Boolean).join(" → "),
      lines: load.lines.map((line) => this.t("line-mass", { line: line.line, code: [line.code, line.name].filter(Boolean).join(" "), mass: kilograms(line.shipped_g || line.planned_g || 0) })).join(this.t("list")),
      holder: holder ? this.nameOf(holder) : this.t("not-left"),
      leaves: load.planned_departure && momentOf(load.planned_departure, this.zone),
    };
    for (const [name, text] of Object.entries(facts)) {
      part(at, name).hidden = !text;
      if (text) /** @type {HTMLElement} */ (part(at, name).querySelector("[data-value]")).textContent = text;
    }
    const steps = part(at, "steps");
    steps.replaceChildren();
    const add = (/** @type {string} */ href, /** @type {string} */ text, isSecond = false) => {
      const link = steps.appendChild(document.createElement("a"));
      link.href = href;
      link.className = isSecond ? "button second" : "button";
      link.textContent = text;
    };
    const all = passages(load, this.phone.party);
    const gives = all.filter(({ from }) => from === this.phone.party);
    const takes = all.filter(({ to }) => to === this.phone.party);
    for (const { step, to } of gives) add(`#give=${manifest}/${step}`, this.t("do-give", { to: this.nameOf(to) }));
    for (const { id, said } of this.phone.offersOf(manifest)) add(`#take=${id}`, this.t("do-take-offer", { from: this.nameOf(said.from), step: this.t(`waste.${said.step}`) }));
    if (takes.length > 0) add("#scan", this.t("do-take", { from: this.nameOf(takes[0].from) }));
    if (mayRefuse(load, this.phone.party)) add(`#refuse=${manifest}`, this.t("do-refuse"), true);
    for (const { step, from, to } of all) add(`#alone=${manifest}/${step}`, this.t("do-alone", { other: this.nameOf(from === this.phone.party ? to : from), step: this.t(`waste.${step}`) }), true);
    if (holder === this.phone.party) add(`#pass=${manifest}`, this.t("do-pass"), true);
    part(at, "papers").replaceChildren(...this.phone.papers.filter((paper) => paper.manifest === manifest).map((paper) => this.paper(paper)));
  }

  /** @param {Read} paper */
  paper(paper) {
    const item = this.template("paper");
    const link = /** @type {HTMLAnchorElement} */ (item.querySelector("a"));
    link.href = `#show=${paper.id}`;
    const { kind } = aboutOf(paper);
    link.textContent = `${this.t(paper.typ)} · ${this.t(kind)} · ${momentOf(paper.said.occurred_at ?? paper.said.at, this.zone)}`;
    part(item, "state").textContent = this.stateOf(paper);
    return item;
  }

  /** @param {Read} paper */
  stateOf({ state, recorded, keptAt }) {
    if (state === "recorded") return this.t("is-recorded", { index: recorded?.index ?? 0 });
    return state === "waiting" ? this.t("is-waiting", { age: this.ago(keptAt) }) : state === "refused" ? this.t("is-refused") : this.t("is-shown");
  }

  /** What the ledger found at it, each leading to what is meant by that. @param {Read} paper */
  findings({ recorded }) {
    return (recorded?.findings ?? []).map(({ rule, zh, en }) => {
      const item = document.createElement("li");
      const link = item.appendChild(document.createElement("a"));
      link.href = `/rules/${rule}`;
      link.textContent = isChinese() ? zh : en;
      return item;
    });
  }

  /** The codes of something signed, and what comes next. @param {string} id */
  async codes(id) {
    const at = this.of("show");
    const paper = this.phone.papers.find((one) => one.id === id);
    if (!paper) return false;
    const { kind, manifest } = aboutOf(paper);
    const load = this.phone.load(manifest);
    part(at, "title").textContent = paper.typ === "check" ? this.t("pass") : `${this.t(paper.typ)} · ${this.t(kind)}`;
    part(at, "text").textContent = this.t(paper.isOwn ? `show-${paper.typ}` : "show-scanned", { to: paper.typ === "offer" ? this.nameOf(paper.said.to) : "", manifest: load ? titleOf(load) : manifest });
    part(at, "state").textContent = this.stateOf(paper);
    part(at, "findings").replaceChildren(...this.findings(paper));
    part(at, "answer").hidden = paper.typ !== "offer" || !paper.isOwn;
    const alone = /** @type {HTMLAnchorElement} */ (part(at, "alone"));
    alone.hidden = paper.typ !== "offer" || !paper.isOwn || !load;
    alone.href = `#alone=${manifest}/${paper.said.step}`;
    /** @type {HTMLTextAreaElement} */ (part(at, "compact").querySelector("textarea")).value = paper.compact;
    await this.drawCodes(at, paper.compact);
  }

  /** @param {HTMLElement} at @param {string} compact */
  async drawCodes(at, compact) {
    const place = part(at, "codes");
    place.replaceChildren();
    const texts = (await codes(compact)) ?? [];
    const undrawn = part(at, "undrawn");
    undrawn.hidden = true;
    try {
      const drawn = await Promise.all(texts.map((text, n) => draw(`${location.origin}/q#${text}`, this.t("code", { n: n + 1, count: texts.length }), this.encoder)));
      place.append(...drawn.map((svg, n) => {
        const figure = document.createElement("figure");
        figure.append(svg, Object.assign(document.createElement("figcaption"), { textContent: texts.length > 1 ? this.t("code", { n: n + 1, count: texts.length }) : "" }));
        return figure;
      }));
      undrawn.hidden = drawn.length > 0;
    } catch {
      undrawn.hidden = false;
    }
  }

  async queue() {
    const at = this.of("queue");
    const known = this.phone.papers.filter(({ typ }) => typ === "event").reverse();
    part(at, "none").hidden = known.length > 0;
    part(at, "items").replaceChildren(
      ...known.map((paper) => {
        const item = this.paper(paper);
        const troubles = part(item, "troubles");
        for (const { code, pointer, zh, en } of paper.troubles) {
          const line = troubles.appendChild(document.createElement("li"));
          const help = this.t(`help.${code}`);
          const said = `${isChinese() ? zh : en}${pointer ? ` (${pointer})` : ""}`.replace(/[.。]$/, "");
          line.textContent = `${said}${isChinese() ? "。" : ". "}${help === `help.${code}` ? this.t("help.other") : help}`;
        }
        const button = /** @type {HTMLButtonElement} */ (item.querySelector("button"));
        part(item, "findings").replaceChildren(...this.findings(paper));
        button.hidden = paper.state !== "refused";
        button.dataset.id = paper.id;
        return item;
      }),
    );
    part(at, "persisted").hidden = (await navigator.storage?.persisted?.()) ?? false;
  }

  /** The road pass: what the ledger said last, and what was signed at the last handover. @param {string} manifest */
  async pass(manifest) {
    const at = this.of("pass");
    const load = this.phone.load(manifest);
    if (!load) return false;
    part(at, "title").textContent = `${this.t("pass")} · ${titleOf(load)}`;
    const said = () => this.phone.papers.filter((paper) => paper.typ === "check" && paper.manifest === manifest).at(-1);
    if (navigator.onLine) await this.phone.askAtRoad(load.number ? `number=${encodeURIComponent(load.number)}` : `plate=${encodeURIComponent(vehicleOf(load, this.phone.party) ?? "")}`, manifest).catch((why) => console.warn(why));
    const check = said();
    part(at, "text").textContent = check ? this.t("pass-said", { at: momentOf(check.said.at, this.zone) }) : this.t("pass-none");
    const taken = this.phone.papers.filter(({ typ, said: what, manifest: of }) => typ === "event" && of === manifest && what.data.to === this.phone.party).at(-1);
    const handing = /** @type {HTMLAnchorElement} */ (part(at, "handing"));
    handing.hidden = !taken;
    handing.href = `#show=${taken?.id}`;
    part(at, "codes").replaceChildren();
    if (check) await this.drawCodes(at, check.compact);
  }
}
