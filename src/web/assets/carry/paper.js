// What travels from device to device: an offer, an event, or what the ledger answered at the road. Read strictly, and told by whom it is signed
// as far as this device knows the keys.

import { base64url, fromBase64url, sha256, textOf } from "../verify/bytes.js";
import { checkSignature, payloadOf, readEnvelope } from "../verify/jws.js";
import { TYPE_ED25519, readKey } from "../verify/note.js";
import { Refused } from "../verify/refused.js";

/** @typedef {import("../verify/jws.js").Envelope} Envelope */
/** @typedef {"offer" | "event" | "check"} Typ */
/** @typedef {{ typ: Typ, id: string, kid: string, compact: string, said: any, envelope: Envelope }} Paper */
/** A key that the ledger told this device of. @typedef {{ kid: string, party: string, role: string, key: string }} KnownKey */
/** Whether a signature is that of a key this device knows. @typedef {"good" | "bad" | "unknown"} Standing */

/** @type {Typ[]} */
const TYPES = ["offer", "event", "check"];

/**
 * Reads a compact envelope of whichever of these types it is; refuses every other.
 * @param {string} compact
 * @returns {Promise<Paper>}
 */
export async function readPaper(compact) {
  /** @type {unknown} */
  let refused;
  for (const typ of TYPES) {
    try {
      const envelope = await readEnvelope(compact, typ);
      // The strict reader first: it refuses what two readers would read differently.
      payloadOf(envelope);
      return { typ, id: envelope.id, kid: envelope.kid, compact, said: JSON.parse(textOf(envelope.payload)), envelope };
    } catch (why) {
      if (!(why instanceof Refused)) throw why;
      refused = why;
    }
  }
  throw refused;
}

/**
 * @param {Envelope} envelope
 * @param {Uint8Array} key
 * @returns {Promise<Standing>}
 */
async function signedWith(envelope, key) {
  try {
    await checkSignature(envelope, key);
    return "good";
  } catch (why) {
    if (!(why instanceof Refused)) throw why;
    return "bad";
  }
}

/**
 * Whether a paper is signed as it should be: an offer by a key of who lets go, an event by one of the party it speaks for, an answer by the log.
 * @param {Pick<Paper, "typ" | "said" | "envelope">} paper
 * @param {KnownKey[]} keys
 * @param {string} logKey the log's verifier key
 * @returns {Promise<Standing>}
 */
export async function standing(paper, keys, logKey) {
  if (paper.typ === "check") return signedWith(paper.envelope, (await readKey(logKey, TYPE_ED25519)).key);
  const known = keys.find(({ kid }) => kid === paper.envelope.kid);
  if (!known) return "unknown";
  const signer = paper.typ === "offer" ? paper.said.from : paper.said.for;
  return known.party === signer ? signedWith(paper.envelope, fromBase64url(known.key)) : "bad";
}

/**
 * A set of containers as an offer names it: how many, and the digest of their sorted ids.
 * @param {string[]} containers
 */
export async function containerSet(containers) {
  const sorted = [...new Set(containers)].sort();
  const bytes = sorted.flatMap((id) => (id.replaceAll("-", "").match(/../g) ?? []).map((pair) => parseInt(pair, 16)));
  return { count: sorted.length, sha256: base64url(await sha256(Uint8Array.from(bytes))) };
}

/** The manifest and the kind of event that a paper is about. @param {Pick<Paper, "typ" | "said">} paper */
export function aboutOf({ typ, said }) {
  if (typ === "offer") return { manifest: String(said.manifest), kind: `waste.${said.step}` };
  return typ === "event" ? { manifest: String(said.data?.manifest ?? ""), kind: String(said.kind) } : { manifest: "", kind: "check" };
}
