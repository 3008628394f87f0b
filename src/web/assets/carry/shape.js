// Whether what another screen shows has the form that the ledger will ask for (docs/formats.md): what it would refuse is refused before anybody signs.

/** @typedef {"collected" | "transferred" | "delivered" | "returned"} Step */

/** @type {Step[]} */
export const STEPS = ["collected", "transferred", "delivered", "returned"];
const OFFER = ["v", "log", "step", "manifest", "from", "to", "containers", "lines", "prev", "at", "place"];
const MAX_LINES = 256;
const MAX_PREV = 8;
/** The highest number of a line. */
const MAX_LINE = 0xffff;
const DIGEST = /^[A-Za-z0-9_-]{43}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @param {string} kind @returns {Step | undefined} */
export const stepOf = (kind) => STEPS.find((step) => kind === `waste.${step}`);

/** @param {unknown} value @returns {value is Record<string, any>} */
const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
const isText = (/** @type {unknown} */ value) => typeof value === "string" && value !== "";
const isGrams = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && Number(value) > 0;
const isLineNumber = (/** @type {unknown} */ value) => Number.isSafeInteger(value) && Number(value) > 0 && Number(value) <= MAX_LINE;
const hasOnly = (/** @type {Record<string, unknown>} */ record, /** @type {string[]} */ names) => Object.keys(record).every((name) => names.includes(name));
const isTime = (/** @type {unknown} */ value) => typeof value === "string" && /^\d{4}-\d\d-\d\dT/.test(value) && !Number.isNaN(Date.parse(value));
const areOnce = (/** @type {unknown[]} */ values) => new Set(values).size === values.length;
const isIds = (/** @type {unknown} */ value, /** @type {RegExp} */ form) => Array.isArray(value) && areOnce(value) && value.every((one) => typeof one === "string" && form.test(one));

/** @param {unknown} lines @param {(line: Record<string, any>) => boolean} isLine */
const areLines = (lines, isLine) =>
  Array.isArray(lines) && lines.length > 0 && lines.length <= MAX_LINES && lines.every((line) => isRecord(line) && isLineNumber(line.line) && isLine(line)) && areOnce(lines.map(({ line }) => line));

/** @param {Record<string, any>} line @param {boolean} mayDraw */
function isOffered({ line: _, mass_g, drawn, ...others }, mayDraw) {
  if (!isGrams(mass_g) || Object.keys(others).length > 0) return false;
  if (drawn === undefined) return true;
  const isDraw = (/** @type {any} */ one) => isRecord(one) && hasOnly(one, ["lot", "mass_g"]) && UUID.test(one.lot) && isGrams(one.mass_g);
  return mayDraw && Array.isArray(drawn) && drawn.every(isDraw) && areOnce(drawn.map(({ lot }) => lot)) && drawn.reduce((sum, one) => sum + one.mass_g, 0) <= mass_g;
}

/** @param {unknown} set */
const isContainerSet = (set) => isRecord(set) && hasOnly(set, ["count", "sha256"]) && Number.isSafeInteger(set.count) && set.count >= 0 && DIGEST.test(set.sha256);

/** Whether an offer says what it must, and nothing that an event could not embed. @param {any} said */
export function isOffer(said) {
  const { v, log, step, manifest, from, to, containers, lines, prev, at, place } = said;
  const isNamed = v === 1 && STEPS.includes(step) && UUID.test(manifest) && [log, from, to].every(isText) && from !== to;
  const isKnown = prev === undefined || (isIds(prev, DIGEST) && prev.length <= MAX_PREV);
  const isPlaced = place === undefined || (isRecord(place) && hasOnly(place, ["lat_udeg", "lon_udeg", "accuracy_m", "source"]));
  const isCounted = containers === undefined || isContainerSet(containers);
  return isNamed && hasOnly(said, OFFER) && isKnown && isPlaced && isCounted && isTime(at) && areLines(lines, (line) => isOffered(line, step === "collected"));
}

/** Whether an event is one of the gate, and says of its lines what is read here. @param {any} said */
export function isGateEvent(said) {
  const { kind, data } = said;
  const isKnown = said.prev === undefined || isIds(said.prev, DIGEST);
  if (!isRecord(data) || !isKnown || !isTime(said.occurred_at) || ![said.log, said.for].every(isText) || !UUID.test(data.manifest)) return false;
  if (kind === "waste.received") return areLines(data.lines, ({ rejected }) => rejected === undefined || (isRecord(rejected) && isGrams(rejected.mass_g)));
  const isHanded = (/** @type {any} */ { quantity, containers }) => isRecord(quantity) && isGrams(quantity.mass_g) && (containers === undefined || isIds(containers, UUID));
  return stepOf(String(kind)) !== undefined && [data.from, data.to].every(isText) && areLines(data.lines, isHanded);
}

/**
 * Whether whoever speaks in an event of the gate has a part in it.
 * @param {any} said
 * @param {string | undefined} consignee of its load, where that is known: it alone receives
 */
export const isOfASide = ({ kind, for: party, data }, consignee) =>
  kind === "waste.received" ? consignee === undefined || party === consignee : party === data.from || party === data.to;
