// Heads of the log that this device has seen signed, as far as it needs them: the anchor of what is signed here, and the measure of what others show.

import { base64url } from "../verify/bytes.js";
import { TYPE_ED25519, open, readCheckpoint, readKey } from "../verify/note.js";
import { insist } from "../verify/refused.js";

/** A head as events spell it (docs/formats.md, `anchor`). @typedef {{ size: number, root: string }} Head */

/**
 * What a checkpoint says, if this log signed it.
 * @param {string} note
 * @param {string} logKey the log's verifier key
 */
export async function signedHead(note, logKey) {
  const key = await readKey(logKey, TYPE_ED25519);
  const { text } = await open(note, [key]);
  const head = await readCheckpoint(text);
  insist(head.origin === key.name, "检查点属于其他日志", "the checkpoint is of another log");
  return head;
}

/** @param {{ size: bigint, root: Uint8Array }} head @returns {Head} */
export const spelled = ({ size, root }) => ({ size: Number(size), root: base64url(root) });
