// What this device knows of a load, what it saw happen to it since, what may be done with it next, and the statements that say so.
// Nothing here asks the browser or the ledger.

import { newId } from "../desk/device.js";
import { stepOf } from "./shape.js";

/** @typedef {{ container: string, label: string | null }} Container */
/** @typedef {{ line: number, code: string | null, name: string | null, planned_g: number | null, shipped_g: number, rejected_g: number, unreturned_g: number, holder: string | null, rejected_holder: string | null, containers: Container[], lots: { lot: string, mass_g: number }[] }} Line */
/** @typedef {{ party: string, site: string }} End */
/** A load as the ledger told it (`GET /loads`). @typedef {{ manifest: string, number: string | null, status: string, consignor: End | null, consignee: End | null, legs: { carrier: string, vehicle: string | null, driver: string | null, escort: string | null }[], planned_departure: string | null, head: string | null, handovers: number, lines: Line[] }} Load */
/** @typedef {import("./shape.js").Step} Step */
/** Custody passing as it comes next. @typedef {{ step: Step, from: string, to: string }} Passage */
/** A line as it changes hands. @typedef {{ line: number, code: string, mass_g: number, containers: string[], drawn: { lot: string, mass_g: number }[] }} Handed */
/** What every statement of this device says. @typedef {{ log: string, party: string, at: Date, prev: string[], anchor: import("./head.js").Head | null, place?: Place }} Setting */
/** @typedef {{ lat_udeg: number, lon_udeg: number, accuracy_m: number, source: "gps" }} Place */

/** Who carries it, in order. @param {Load} load */
export const carriersOf = ({ legs }) => legs.map(({ carrier }) => carrier);

/** The vehicle of a carrier's leg. @param {Load | undefined} load @param {string} carrier */
export const vehicleOf = (load, carrier) => load?.legs.find((leg) => leg.carrier === carrier)?.vehicle ?? null;

/** Who holds it, where one holds all that moves. @param {Load} load */
export const holderOf = (load) => load.lines.find(({ holder }) => holder !== null)?.holder ?? null;

/** Who has what was refused. @param {Line} line */
const hasRejected = (line) => (line.unreturned_g > 0 ? (line.rejected_holder ?? line.holder) : null);

/**
 * The load after an event of the gate that this device saw and the ledger had not told of yet.
 * @param {Load} load
 * @param {{ id: string, said: any }} event
 * @returns {Load}
 */
export function advance(load, { id, said }) {
  const { kind, data } = said;
  const step = stepOf(kind);
  const lines = load.lines.map((line) => {
    const told = data.lines.find((/** @type {any} */ other) => other.line === line.line);
    if (!told) return line;
    return step ? handedOn(line, told, step, data.to) : received(line, told);
  });
  return { ...load, lines, head: id, handovers: load.handovers + (step ? 1 : 0) };
}

/** @param {Line} line @param {any} told @param {Step} step @param {string} to @returns {Line} */
function handedOn(line, told, step, to) {
  if (step === "returned") return { ...line, rejected_holder: to, holder: line.holder === line.rejected_holder ? to : line.holder };
  // Whoever comes in later never saw it leave: what was handed on is what there is.
  if (step !== "collected") return { ...line, holder: to, shipped_g: line.shipped_g || told.quantity.mass_g, lots: [] };
  const loaded = new Set(told.containers ?? []);
  return { ...line, holder: to, shipped_g: told.quantity.mass_g, containers: line.containers.filter(({ container }) => loaded.has(container)), lots: [] };
}

/** @param {Line} line @param {any} told @returns {Line} */
function received(line, told) {
  const rejected = told.rejected?.mass_g ?? 0;
  return rejected > 0 ? { ...line, rejected_g: rejected, unreturned_g: rejected, rejected_holder: line.holder } : line;
}

/**
 * Events in the order in which they happened: each behind those that it names as known, else by its time. Clocks of phones differ.
 * @template {{ id: string, said: any }} Event
 * @param {Event[]} events
 */
export function inOrder(events) {
  const rest = [...events].sort((a, b) => Date.parse(a.said.occurred_at) - Date.parse(b.said.occurred_at));
  /** @type {Event[]} */
  const ordered = [];
  while (rest.length > 0) {
    const first = rest.findIndex(({ said }) => !rest.some(({ id }) => said.prev?.includes(id)));
    ordered.push(...rest.splice(Math.max(first, 0), 1));
  }
  return ordered;
}

/**
 * What a party may have a part in next, as the manifest plans it.
 * @param {Load} load
 * @param {string} party
 * @returns {Passage[]}
 */
export function passages(load, party) {
  const { consignor, consignee } = load;
  const carriers = carriersOf(load);
  if (!consignor || !consignee || carriers.length === 0) return [];
  const holder = holderOf(load);
  /** @type {Passage[]} */
  const all = [];
  if (holder === null) all.push({ step: "collected", from: consignor.party, to: carriers.includes(party) ? party : carriers[0] });
  const back = load.lines.map(hasRejected).find((holds) => holds !== null && holds !== consignor.party) ?? null;
  if (back !== null) {
    // From the receiver to who drives it, and from there home.
    const to = back === consignee.party ? carriers[carriers.length - 1] : consignor.party;
    all.push({ step: "returned", from: back, to });
  } else if (holder !== null && carriers.includes(holder)) {
    const next = carriers[carriers.indexOf(holder) + 1];
    const taker = carriers.includes(party) && party !== holder ? party : next;
    if (taker) all.push({ step: "transferred", from: holder, to: taker });
    all.push({ step: "delivered", from: holder, to: consignee.party });
  }
  return all.filter(({ from, to }) => from === party || to === party);
}

/** True when a party stands at its gate before what is brought, and may refuse it. @param {Load} load @param {string} party */
export function mayRefuse(load, party) {
  const holder = holderOf(load);
  return load.consignee?.party === party && holder !== null && holder !== party && load.lines.every(({ unreturned_g }) => unreturned_g === 0);
}

/**
 * The lines that a passage moves, with how much of each as far as is known.
 * @param {Load} load
 * @param {Passage} passage
 */
export function moving(load, { step, from }) {
  return load.lines.flatMap((line) => {
    const held = step === "returned" ? hasRejected(line) : line.holder;
    const mass_g = step === "collected" ? (line.planned_g ?? 0) : step === "returned" ? line.unreturned_g : line.shipped_g;
    return mass_g > 0 && (step === "collected" || held === from) ? [{ ...line, mass_g }] : [];
  });
}

/**
 * The payload of an offer: who lets go says who may take what.
 * @param {Setting} setting
 * @param {string} manifest
 * @param {Passage} passage
 * @param {Handed[]} lines
 * @param {{ count: number, sha256: string } | undefined} containers
 */
export function offerOf({ log, at, prev, place }, manifest, { step, from, to }, lines, containers) {
  return {
    v: 1, log, step, manifest, from, to,
    ...(containers && { containers }),
    lines: lines.map(({ line, mass_g, drawn }) => ({ line, mass_g, ...(drawn.length > 0 && { drawn }) })),
    prev, at: at.toISOString(),
    ...(place && { place }),
  };
}

/** @param {Setting} setting @param {string} kind @param {object} data */
const eventOf = ({ log, party, at, prev, anchor, place }, kind, data) =>
  ({ v: 1, log, kind, act: newId(), for: party, prev, ...(anchor && { anchor }), occurred_at: at.toISOString(), ...(place && { place }), data });

/**
 * The payload of a handover, on the other side's offer or alone.
 * @param {Setting} setting
 * @param {string} manifest
 * @param {Passage & { from_site?: string, to_site?: string }} passage
 * @param {{ lines: Handed[], offer?: string, vehicle?: string, missing: string[], extra: string[], note?: string, photos: string[] }} what
 */
export function handoverOf(setting, manifest, { step, from, to, from_site, to_site }, { lines, offer, vehicle, missing, extra, note, photos }) {
  const handed = lines.map(({ line, code, mass_g, containers, drawn }) => ({
    line, code,
    quantity: { mass_g, basis: "measured" },
    ...(drawn.length > 0 && { drawn }),
    ...(containers.length > 0 && { containers }),
  }));
  return eventOf(setting, `waste.${step}`, {
    manifest, from, ...(from_site && { from_site }), to, ...(to_site && { to_site }),
    ...(vehicle && { vehicle }), ...(offer && { offer }),
    lines: handed,
    ...(missing.length > 0 && { missing }), ...(extra.length > 0 && { extra }),
    ...(note && { note }), ...(photos.length > 0 && { photos }),
  });
}

/**
 * The payload of a refusal at the gate: nothing of it came in.
 * @param {Setting} setting
 * @param {string} manifest
 * @param {string} site
 * @param {{ lines: Handed[], note?: string, photos: string[] }} what
 */
export const refusalOf = (setting, manifest, site, { lines, note, photos }) =>
  eventOf(setting, "waste.received", {
    manifest, site,
    lines: lines.map(({ line, code, mass_g }) => ({ line, code, outcome: "rejected", rejected: { mass_g, basis: "measured" }, reason: note, at_gate: true })),
    ...(photos.length > 0 && { photos }),
  });

/**
 * Where a passage begins and ends, as far as it is a site.
 * @param {Load | undefined} load
 * @param {Passage} passage
 * @returns {{ from_site?: string, to_site?: string }}
 */
export function sitesOf(load, { step, from, to }) {
  const siteOf = (/** @type {string} */ party) => [load?.consignor, load?.consignee].find((end) => end?.party === party)?.site;
  if (step === "collected") return { from_site: siteOf(from) };
  if (step === "delivered") return { to_site: siteOf(to) };
  return step === "returned" ? { from_site: siteOf(from), to_site: siteOf(to) } : {};
}
