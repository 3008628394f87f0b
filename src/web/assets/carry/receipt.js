// Whether the ledger really took an event in: its receipt must lead from the very bytes that were signed to a head that the log signed.

import { fromBase64url } from "../verify/bytes.js";
import { readEnvelope } from "../verify/jws.js";
import { commitment, eventLeaf } from "../verify/leaf.js";
import { checkProof, readProof } from "../verify/proof.js";
import { insist } from "../verify/refused.js";
import { signedHead, spelled } from "./head.js";

/**
 * Refuses a receipt that does not prove that this event is in the log; the head that it is in.
 * @param {import("../desk/call.js").Receipt} receipt
 * @param {string} compact
 * @param {string} logKey
 */
export async function checkReceipt(receipt, compact, logKey) {
  const envelope = await readEnvelope(compact, "event");
  insist(receipt.event_id === envelope.id, "回执属于另一个事件", "the receipt is of another event");
  const proof = readProof(receipt.tlog_proof);
  insist(proof.index === BigInt(receipt.index), "回执的序号与证明不符", "index and proof of the receipt differ");
  const head = await signedHead(proof.checkpoint, logKey);
  const recordedAt = BigInt(Date.parse(receipt.recorded_at));
  const sealed = await commitment(fromBase64url(receipt.salt), recordedAt, BigInt(receipt.skew_ms), compact);
  await checkProof(proof, eventLeaf(sealed), head);
  return spelled(head);
}
