// Proofs as one text (C2SP tlog-proof): the place of an entry, the path to the root, and the signed checkpoint.

import { fromBase64, utf8 } from "./bytes.js";
import { MAX_TREE_SIZE, checkInclusion } from "./merkle.js";
import { insist } from "./refused.js";

const MAX_PROOF_BYTES = 128 * 1024;
const MAX_PATH_HASHES = 63;
const HEADER = "c2sp.org/tlog-proof@v1\n";

/** @typedef {{ index: bigint, path: Uint8Array[], checkpoint: string }} Proof */

/**
 * @param {string} text
 * @returns {Proof}
 */
export function readProof(text) {
  insist(utf8(text).length <= MAX_PROOF_BYTES, "证明过长", "the proof is too long");
  insist(text.startsWith(HEADER), "不是日志证明", "it is not a proof of a log");
  const end = text.indexOf("\n\n", HEADER.length);
  insist(end >= 0 && end + 2 < text.length, "证明缺少检查点", "the proof has no checkpoint");
  const lines = text.slice(HEADER.length, end).split("\n");
  if (lines[0].startsWith("extra")) {
    const [, extra] = /^extra (.+)$/.exec(lines.shift() ?? "") ?? [];
    insist(extra && fromBase64(extra).length > 0, "证明的附加数据有误", "the proof's extra data is wrong");
  }
  const [, index] = /^index (0|[1-9][0-9]{0,18})$/.exec(lines.shift() ?? "") ?? [];
  insist(index && BigInt(index) < MAX_TREE_SIZE, "证明的位置有误", "the proof's index is wrong");
  insist(lines.length <= MAX_PATH_HASHES, "证明的散列过多", "the proof has too many hashes");
  const path = lines.map(fromBase64);
  insist(path.every((hash) => hash.length === 32), "证明的散列有误", "a hash of the proof is wrong");
  return { index: BigInt(index), path, checkpoint: text.slice(end + 2) };
}

/**
 * Refuses a leaf that is not where the proof says in the tree of a verified checkpoint.
 * @param {Proof} proof
 * @param {Uint8Array} leaf
 * @param {{ size: bigint, root: Uint8Array }} checkpoint
 */
export const checkProof = ({ index, path }, leaf, { size, root }) => checkInclusion(index, size, leaf, path, root);
