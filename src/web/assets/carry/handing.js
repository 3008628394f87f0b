// The screen on which something is signed: what it says in plain words, what may be changed in it, what stands against it, and the signature.

import { Unfit, codeOf, drawnFrom, gramsOf, plateOf } from "../desk/form.js";
import { base64url, sha256 } from "../verify/bytes.js";
import { Containers } from "./containers.js";
import { handoverOf, holderOf, mayRefuse, moving, offerOf, passages, refusalOf, sitesOf, vehicleOf } from "./load.js";
import { containerSet } from "./paper.js";
import { kilograms } from "./words.js";

/** @typedef {import("./load.js").Handed} Handed */
/** @typedef {import("./load.js").Load} Load */
/** @typedef {import("./load.js").Passage} Passage */
/** @typedef {import("./phone.js").Phone} Phone */
/** @typedef {import("./phone.js").Read} Read */
/** What is going to be signed: taking over on an offer, offering, stating it alone, refusing at the gate. @typedef {"take" | "give" | "alone" | "refuse"} Mode */
/** @typedef {{ line: number, code: string | null, name?: string | null, mass_g: number, lots: { lot: string, mass_g: number }[] }} Moved */
/** @typedef {{ mode: Mode, manifest: string, load?: Load, passage: Passage, offer?: Read, lines: Moved[], containers: Containers }} Deal */
/** @typedef {{ class: "good" | "warn" | "bad", text: string, href?: string }} Mark */

const KILOGRAM_PLACES = 3;
/** Largest photo that the ledger takes, in bytes. */
const MAX_PHOTO_BYTES = 8 * 1024 * 1024;
/** How long the position is waited for, in milliseconds. */
const PLACE_PATIENCE_MS = 5_000;
/** Longest remark that the ledger takes, in characters. */
const MAX_NOTE = 500;
/** Shortest reason that says anything, in characters. */
const MIN_REASON = 2;
/** Whether the position is said, as it was chosen last. */
const WITH_PLACE = "liandan-place";

/** How photos begin that the ledger keeps: JPEG, PNG, WebP. */
const PHOTOS = [[0xff, 0xd8, 0xff], [0x89, 0x50, 0x4e, 0x47], [0x52, 0x49, 0x46, 0x46]];
/** Most photos of one statement. */
const MAX_PHOTOS = 16;
/** One page at a time signs. */
const LOCK = "liandan-sign";

/** A remark as the ledger takes it: no signs that nobody sees, and no longer than it may be. @param {string} text */
const plainText = (text) => [...text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ")].slice(0, MAX_NOTE).join("").trim();

/** What stands against signing; the words of the page for it. */
class Stop extends Error {}

export class Handing {
  /**
   * @param {Phone} phone
   * @param {HTMLElement} section
   * @param {import("./words.js").Words} t
   * @param {{ name: (party: string) => string, signed: (id: string, deal: Deal) => void, scan: (deal: Deal) => void }} around
   */
  constructor(phone, section, t, around) {
    this.phone = phone;
    this.section = section;
    this.t = t;
    this.around = around;
    /** @type {Deal | undefined} */
    this.deal = undefined;
    /** @type {Mark[]} */
    this.marks = [];
    /** Somebody left for the camera and comes back. */
    this.comesBack = false;
    this.isSigning = false;
    /** What of the containers differs from what should be there. @type {{ missing: string[], extra: string[] }} */
    this.difference = { missing: [], extra: [] };
    this.form = /** @type {HTMLFormElement} */ (section.querySelector("form"));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.#sign();
    });
    this.form.addEventListener("click", (event) => this.#pressed(/** @type {HTMLElement} */ (event.target)));
    this.form.addEventListener("change", (event) => this.#changed(/** @type {HTMLInputElement} */ (event.target)));
    this.form.addEventListener("input", () => void this.weigh());
    // What was signed and found no room is of the form as it was; nobody has seen it.
    for (const change of ["input", "change"]) this.form.addEventListener(change, () => (this.phone.unkept = undefined));
  }

  /** @param {string} name */
  part(name) {
    return /** @type {HTMLElement} */ (this.section.querySelector(`[data-part=${name}]`));
  }

  /** @param {string} name */
  field(name) {
    return /** @type {HTMLInputElement} */ (this.form.elements.namedItem(name));
  }

  /**
   * @param {Mode} mode
   * @param {string} of the offer's id, or manifest and step
   */
  async open(mode, of) {
    const same = this.comesBack && this.deal && this.of === `${mode}=${of}`;
    this.of = `${mode}=${of}`;
    this.comesBack = false;
    // Whoever comes back from scanning containers finds them.
    if (!same) {
      this.phone.unkept = undefined;
      this.deal = await (mode === "take" ? this.#taken(of) : this.#planned(mode, of));
    }
    if (!this.deal) return false;
    if (!same) await this.#show(this.deal);
    await this.weigh();
    return true;
  }

  /** Somebody else has the device. */
  forget() {
    this.deal = undefined;
    this.comesBack = false;
    this.phone.unkept = undefined;
  }

  /** On an offer that was scanned. @param {string} id @returns {Promise<Deal | undefined>} */
  async #taken(id) {
    const offer = this.phone.papers.find((paper) => paper.id === id && paper.typ === "offer");
    if (!offer) return undefined;
    const { manifest, step, from, to, lines, containers } = offer.said;
    const load = this.phone.load(manifest);
    const known = new Map(load?.lines.map((line) => [line.line, line]));
    const moved = lines.map((/** @type {any} */ { line, mass_g, drawn }) => ({ line, mass_g, code: known.get(line)?.code ?? null, name: known.get(line)?.name, lots: drawn ?? [] }));
    return { mode: "take", manifest, load, passage: { step, from, to }, offer, lines: moved, containers: await this.#containers(load, moved, containers) };
  }

  /** As the manifest plans it. @param {Mode} mode @param {string} of @returns {Promise<Deal | undefined>} */
  async #planned(mode, of) {
    const [manifest, step] = of.split("/");
    const load = this.phone.load(manifest);
    const { party } = this.phone;
    if (!load || (mode === "refuse" && !mayRefuse(load, party))) return undefined;
    /** @type {Passage | undefined} */
    const passage = mode === "refuse" ? { step: "delivered", from: holderOf(load) ?? "", to: party } : passages(load, party).find((one) => one.step === step && (mode === "alone" || one.from === party));
    if (!passage) return undefined;
    const lines = moving(load, passage).map((line) => ({ ...line, lots: passage.from === party ? line.lots : [] }));
    return { mode, manifest, load, passage, lines, containers: await this.#containers(load, lines, undefined) };
  }

  /**
   * @param {Load | undefined} load
   * @param {Moved[]} lines
   * @param {{ count: number, sha256: string } | undefined} offered
   */
  async #containers(load, lines, offered) {
    const of = (/** @type {Load} */ one) => one.lines.flatMap((line) => line.containers.map((container) => ({ ...container, line: line.line })));
    const moved = new Set(lines.map(({ line }) => line));
    const others = [...this.phone.loads.values()].filter(({ manifest }) => manifest !== load?.manifest).flatMap(of);
    const containers = await new Containers(load ? of(load).filter(({ line }) => moved.has(line)) : [], offered, others).compare();
    // What is loaded first is chosen from the store; what is under way is all of it.
    if (containers.isListed && (offered || (load && load.handovers > 0))) containers.seeAll();
    return containers;
  }

  /** @param {Deal} deal */
  async #show(deal) {
    const { t } = this;
    const { step, from, to } = deal.passage;
    const title = deal.mode === "refuse" ? t("refuse") : t(`waste.${step}`);
    this.part("title").textContent = title;
    const names = { from: this.around.name(from), to: this.around.name(to), manifest: deal.load?.number ?? deal.manifest };
    this.part("sentence").textContent = t(deal.mode === "alone" ? (from === this.phone.party ? "say-gave" : "say-took") : `say-${deal.mode}`, names);
    this.part("lines").replaceChildren(...deal.lines.map((line) => this.#line(line)));
    // A vehicle takes over on its way, a site does not.
    const takesVehicle = (deal.mode === "take" || deal.mode === "alone") && step !== "delivered" && !sitesOf(deal.load, deal.passage).to_site;
    this.part("vehicle").hidden = !takesVehicle;
    this.field("vehicle").required = takesVehicle;
    this.field("vehicle").value = vehicleOf(deal.load, to) ?? "";
    this.part("photo").hidden = deal.mode === "give";
    this.field("photos").value = "";
    this.field("note").value = "";
    this.field("place").checked = localStorage.getItem(WITH_PLACE) !== null;
    this.#sites(deal);
    this.part("go").textContent = t(`go-${deal.mode}`);
    this.marks = await this.#marks(deal);
    this.part("marks").replaceChildren(...this.marks.map((mark) => this.#mark(mark)));
  }

  /** Where a load is unknown here, its taker says to which of its sites it came. @param {Deal} deal */
  #sites({ load, passage: { step, to } }) {
    const own = load || step !== "delivered" || to !== this.phone.party ? [] : (this.phone.facts?.sites ?? []);
    this.part("site").hidden = own.length === 0;
    /** @type {HTMLSelectElement} */ (/** @type {unknown} */ (this.field("site"))).replaceChildren(...own.map(({ site, name }) => new Option(name, site)));
  }

  /** @param {Moved} line */
  #line(line) {
    const item = /** @type {HTMLElement} */ (/** @type {HTMLTemplateElement} */ (this.section.querySelector("template[data-name=line]")).content.cloneNode(true));
    const set = /** @type {HTMLElement} */ (item.querySelector("fieldset"));
    set.dataset.line = String(line.line);
    /** @type {HTMLElement} */ (set.querySelector("legend")).textContent = this.t("line", { line: line.line, code: [line.code, line.name].filter(Boolean).join(" ") });
    /** @type {HTMLInputElement} */ (set.querySelector("[name=mass]")).value = kilograms(line.mass_g);
    const code = /** @type {HTMLElement} */ (set.querySelector("[data-part=code]"));
    code.hidden = line.code !== null;
    /** @type {HTMLInputElement} */ (code.querySelector("input")).required = line.code === null;
    return item;
  }

  /** What speaks for it and against it. @param {Deal} deal @returns {Promise<Mark[]>} */
  async #marks({ mode, offer, manifest, load, passage, lines }) {
    const { t } = this;
    /** @type {Mark[]} */
    const marks = [];
    const alone = `#alone=${manifest}/${passage.step}`;
    const { from_site, to_site } = sitesOf(load, passage);
    const lacksSite = (passage.step === "collected" && !from_site) || (passage.step === "delivered" && !to_site && this.part("site").hidden);
    if (mode === "take" && lacksSite) marks.push({ class: "bad", text: t("site-unknown") });
    if (mode === "alone") marks.push({ class: "warn", text: t("one-sided", { other: this.around.name(passage.from === this.phone.party ? passage.to : passage.from) }) });
    else if (mode !== "refuse" && load && !passages(load, this.phone.party).some(({ step }) => step === passage.step)) marks.push({ class: "warn", text: t("not-planned") });
    if (!load) marks.push({ class: "warn", text: t("load-unknown") });
    if (lines.length === 0) marks.push({ class: "bad", text: t("no-lines") });
    if (!offer) return marks;
    if (offer.said.log !== this.phone.log) marks.push({ class: "bad", text: t("other-log") });
    else if (passage.to !== this.phone.party) marks.push({ class: "bad", text: t("not-for-you", { to: this.around.name(passage.to) }), href: load ? alone : undefined });
    const standing = await this.phone.standing(offer);
    const words = { good: "signature-good", bad: "signature-bad", unknown: "signature-unknown" };
    const classes = /** @type {const} */ ({ good: "good", bad: "bad", unknown: "warn" });
    marks.push({ class: classes[standing], text: t(words[standing], { from: this.around.name(passage.from) }), href: standing === "bad" && load ? alone : undefined });
    const taken = this.phone.takenOn(offer.compact);
    if (taken) marks.push({ class: "bad", text: t("taken-before"), href: `#show=${taken.id}` });
    return marks;
  }

  /** @param {Mark} mark */
  #mark({ class: kind, text, href }) {
    const item = document.createElement("li");
    item.className = `check ${kind}`;
    item.textContent = text;
    if (href) {
      const link = item.appendChild(document.createElement("a"));
      link.href = href;
      link.className = "button second";
      link.textContent = this.t(href.startsWith("#alone") ? "state-alone" : "look");
    }
    return item;
  }

  /** Says how the containers stand, and whether it may be signed. */
  async weigh() {
    const { deal, t } = this;
    if (!deal) return;
    const { containers, mode } = deal;
    const wanted = containers.wanted;
    this.part("containers").hidden = wanted === undefined || mode === "refuse";
    const state = mode === "refuse" ? "good" : await containers.count();
    // Before anything is loaded there is nothing that it could differ from, but for what is not of this load.
    const isChosen = mode === "give" || (deal.load?.handovers === 0 && !containers.offered);
    const isOther = containers.extra.length + containers.strangers.size > 0;
    const differs = state === "differs" && (!isChosen || isOther);
    this.difference = differs ? { missing: isChosen ? [] : containers.missing, extra: containers.extra } : { missing: [], extra: [] };
    this.part("counted").textContent = isChosen
      ? t("counted-chosen", { seen: containers.seen.size })
      : t(state === "unlisted" ? "counted-unlisted" : "counted", { seen: containers.seen.size, wanted: wanted ?? 0 });
    this.part("differs").hidden = !differs;
    const labels = (/** @type {string[]} */ ids) => ids.map((id) => containers.expected.find(({ container }) => container === id)?.label ?? id);
    const { missing, extra } = this.difference;
    this.part("differs").textContent = differs ? t("differs", { missing: labels(missing).join(t("list")) || t("none"), extra: [...labels(extra), ...containers.strangers].join(t("list")) || t("none") }) : "";
    this.part("listed").replaceChildren(...containers.expected.map((one) => this.#container(one)));
    const needsReason = differs || mode === "refuse";
    this.part("reason").hidden = !needsReason && mode !== "alone";
    this.field("note").required = needsReason;
    const isStopped = this.marks.some((mark) => mark.class === "bad") || (needsReason && this.field("note").value.trim().length < MIN_REASON) || this.isSigning;
    /** @type {HTMLButtonElement} */ (this.part("go")).disabled = isStopped;
  }

  /** @param {import("./containers.js").Expected} one */
  #container({ container, label }) {
    const item = document.createElement("li");
    const name = item.appendChild(document.createElement("label"));
    name.className = "inline";
    const box = name.appendChild(document.createElement("input"));
    box.type = "checkbox";
    box.name = "container";
    box.value = container;
    box.checked = this.deal?.containers.seen.has(container) ?? false;
    name.append(` ${label ?? container}`);
    return item;
  }

  /** @param {HTMLElement} target */
  #pressed(target) {
    const act = target.closest("button")?.dataset.act;
    if (!this.deal || !act) return;
    if (act === "see-all") this.deal.containers.seeAll();
    if (act === "see-each") {
      this.comesBack = true;
      this.deal.containers.seeNone();
      this.around.scan(this.deal);
    }
    void this.weigh();
  }

  /** @param {HTMLInputElement} field */
  #changed(field) {
    if (field.name === "place") field.checked ? localStorage.setItem(WITH_PLACE, "1") : localStorage.removeItem(WITH_PLACE);
    if (field.name !== "container" || !this.deal) return;
    const { seen } = this.deal.containers;
    field.checked ? seen.add(field.value) : seen.delete(field.value);
    void this.weigh();
  }

  /** The lines as they stand in the form. @param {Deal} deal @returns {Handed[]} */
  #handed({ lines, containers, passage, mode }) {
    return lines.map((line) => {
      const set = /** @type {HTMLElement} */ (this.form.querySelector(`[data-line="${line.line}"]`));
      const value = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (set.querySelector(`[name=${name}]`)).value;
      const mass_g = gramsOf(value("mass"), KILOGRAM_PLACES);
      // What was loaded is named once; later handovers name only what differs.
      const loaded = passage.step === "collected" && mode !== "give" ? containers.of(line.line) : [];
      return { line: line.line, code: line.code ?? codeOf(value("code")), mass_g, containers: loaded, drawn: drawnFrom(line.lots, mass_g) };
    });
  }

  /** Where it is, where somebody wants that said and the device knows. @returns {Promise<import("./load.js").Place | undefined>} */
  #place() {
    if (!this.field("place").checked || !navigator.geolocation) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const found = (/** @type {GeolocationPosition} */ { coords }) =>
        resolve({ lat_udeg: Math.round(coords.latitude * 1e6), lon_udeg: Math.round(coords.longitude * 1e6), accuracy_m: Math.ceil(coords.accuracy), source: "gps" });
      navigator.geolocation.getCurrentPosition(found, () => resolve(undefined), { timeout: PLACE_PATIENCE_MS, maximumAge: PLACE_PATIENCE_MS, enableHighAccuracy: true });
    });
  }

  async #sign() {
    const { deal } = this;
    const button = /** @type {HTMLButtonElement} */ (this.part("go"));
    if (!deal || button.disabled || this.isSigning) return;
    const trouble = this.part("stop");
    this.isSigning = button.disabled = trouble.hidden = true;
    try {
      const act = () => this.#signedOnce(deal);
      const id = navigator.locks ? await navigator.locks.request(LOCK, act) : await act();
      this.deal = undefined;
      this.around.signed(id, deal);
    } catch (why) {
      trouble.textContent = this.#wordsFor(why);
      trouble.hidden = false;
      trouble.focus();
    } finally {
      this.isSigning = false;
      await this.weigh();
    }
  }

  /** Another page of this browser may have signed meanwhile, and the ledger may have told something new. @param {Deal} deal */
  async #signedOnce(deal) {
    if (this.phone.unkept) return this.phone.keepSigned();
    await this.phone.recall();
    this.marks = await this.#marks(deal);
    const against = this.marks.find((mark) => mark.class === "bad");
    if (against) throw new Stop(against.text);
    return this.#signed(deal);
  }

  /** @param {unknown} why */
  #wordsFor(why) {
    if (why instanceof Stop) return why.message;
    if (why instanceof Unfit) return this.t(why.key === "mass" ? "unfit-mass" : "unfit-code");
    if (why instanceof DOMException && why.name === "QuotaExceededError") return this.t("full");
    console.error(why);
    return this.t("fault");
  }

  /** The digests of photos that the ledger takes. @param {File[]} files */
  async #digests(files) {
    if (files.length > MAX_PHOTOS) throw new Stop(this.t("photo-many", { most: MAX_PHOTOS }));
    if (files.some(({ size }) => size > MAX_PHOTO_BYTES)) throw new Stop(this.t("photo-large"));
    const contents = await Promise.all(files.map(async (file) => new Uint8Array(await file.arrayBuffer())));
    if (!contents.every((bytes) => PHOTOS.some((begins) => begins.every((byte, at) => bytes[at] === byte)))) throw new Stop(this.t("photo-kind"));
    return Promise.all(contents.map(async (bytes) => base64url(await sha256(bytes))));
  }

  /** @param {Deal} deal */
  async #signed(deal) {
    const { mode, manifest, load, passage, offer, containers } = deal;
    const lines = this.#handed(deal);
    const files = [...(this.field("photos").files ?? [])];
    const photos = await this.#digests(files);
    const known = offer?.said.prev?.length > 0 ? offer?.said.prev : load?.head ? [load.head] : [];
    const setting = { log: this.phone.log, party: this.phone.party, at: this.phone.now(), prev: known, anchor: this.phone.anchor, place: await this.#place() };
    const said = [this.field("note").value.trim(), ...[...containers.strangers].map((label) => this.t("stranger", { label }))].filter(Boolean).join(" ");
    const note = plainText(said) || undefined;
    if (mode === "give") {
      const named = containers.seen.size > 0 ? await containerSet([...containers.seen]) : undefined;
      return this.phone.sign("offer", offerOf(setting, manifest, passage, lines, named), manifest);
    }
    if (mode === "refuse") return this.phone.sign("event", refusalOf(setting, manifest, load?.consignee?.site ?? "", { lines, note, photos }), manifest, files, photos);
    const sites = sitesOf(load, passage);
    if (!load && passage.step === "delivered") sites.to_site = this.field("site").value || undefined;
    const vehicle = this.part("vehicle").hidden ? undefined : plateOf(this.field("vehicle").value);
    const what = { lines, offer: offer?.compact, vehicle, ...this.difference, note, photos };
    return this.phone.sign("event", handoverOf(setting, manifest, { ...passage, ...sites }, what), manifest, files, photos);
  }
}
