// Trees (RFC 6962): hashes of leaves and nodes, and proofs of inclusion checked as in RFC 9162 §2.1.3.2.

import { equal, sha256 } from "./bytes.js";
import { insist } from "./refused.js";

/** The largest tree. */
export const MAX_TREE_SIZE = (1n << 63n) - 1n;

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** @param {Uint8Array} leaf */
export const leafHash = (leaf) => sha256(LEAF, leaf);

/**
 * @param {Uint8Array} left
 * @param {Uint8Array} right
 */
export const nodeHash = (left, right) => sha256(NODE, left, right);

/**
 * Refuses a leaf that is not at this index of the tree.
 * @param {bigint} index
 * @param {bigint} size
 * @param {Uint8Array} leaf
 * @param {Uint8Array[]} path
 * @param {Uint8Array} root
 */
export async function checkInclusion(index, size, leaf, path, root) {
  insist(size > 0n && size <= MAX_TREE_SIZE && index < size, "位置不在树中", "the index is not in the tree");
  let [at, last] = [index, size - 1n];
  let hash = await leafHash(leaf);
  for (const sibling of path) {
    insist(last > 0n, "证明多出散列", "the proof has a hash too many");
    if (at & 1n || at === last) {
      hash = await nodeHash(sibling, hash);
      // Levels at which this node has no sibling.
      while (!(at & 1n) && at > 0n) [at, last] = [at >> 1n, last >> 1n];
    } else {
      hash = await nodeHash(hash, sibling);
    }
    [at, last] = [at >> 1n, last >> 1n];
  }
  insist(last === 0n && equal(hash, root), "证明通向另一个根", "the proof leads to another root");
}
