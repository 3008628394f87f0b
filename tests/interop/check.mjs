#!/usr/bin/env node
// An exported log checked with npm's jose, with WebCrypto and in plain JavaScript, from docs/formats.md alone.
//
// check.mjs log FOLDER      prints `no WHAT` for everything that does not hold, then `checked …`
// check.mjs vectors FILE…   prints `TOOL SECTION NUMBER accepted|refused` for every vector that a tool can judge
// check.mjs hostile FILE    the same for tests/vectors/hostile.json

import { createHash, webcrypto } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";

// Node 18 has it under this name only, and jose asks for the global one.
globalThis.crypto ??= webcrypto;
const { compactVerify, importJWK } = await import("jose");

const ALGORITHMS = ["EdDSA", "Ed25519"];
const TILE_WIDTH = 256;
const LABEL = Buffer.from("liandan/leaf/v1\0");
// Version and kind, then what the kind has; the commitment stands last in every kind.
const LEAF_BYTES = { 1: 34, 2: 139 };
const LARGEST = (1n << 63n) - 1n;

class Wrong extends Error {}

function insist(holds, what) {
  if (!holds) throw new Wrong(what);
}

const sha256 = (...parts) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest();
};

function strict(text, encoding) {
  const bytes = Buffer.from(text, encoding);
  insist(bytes.toString(encoding) === text, `not strict ${encoding}`);
  return bytes;
}

const b64url = (text) => strict(text, "base64url");
const same = (left, right) => Buffer.compare(left, right) === 0;

async function ed25519(publicKey, message, signature) {
  try {
    const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", key, signature, message);
  } catch {
    return false;
  }
}

/** Whether jose accepts a compact JWS. */
async function byJose(compact, jwk) {
  try {
    await compactVerify(compact, await importJWK({ kty: "OKP", crv: "Ed25519", x: jwk.x }, "EdDSA"), { algorithms: ALGORITHMS });
    return true;
  } catch {
    return false;
  }
}

async function byWebCrypto(compact, jwk) {
  try {
    const end = compact.lastIndexOf(".");
    return await ed25519(b64url(jwk.x), Buffer.from(compact.slice(0, end)), b64url(compact.slice(end + 1)));
  } catch {
    return false;
  }
}

// Trees: RFC 6962 §2.1 for hashing; a proof is checked by the recursive definition it was made by, with what it lacks filled in.

const leafHash = (leaf) => sha256(Buffer.from([0]), leaf);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

/** The largest power of two below a size. */
function splitOf(size) {
  let split = 1n;
  while (split * 2n < size) split *= 2n;
  return split;
}

function rootOf(hashes) {
  if (hashes.length === 0) return sha256();
  if (hashes.length === 1) return hashes[0];
  const split = Number(splitOf(BigInt(hashes.length)));
  return nodeHash(rootOf(hashes.slice(0, split)), rootOf(hashes.slice(split)));
}

/** The root that leads from a leaf through its path (RFC 6962 §2.1.1), which is used up from its end. */
function rootFromPath(index, size, leaf, path) {
  if (size === 1n) return leaf;
  insist(path.length > 0, "too short");
  const split = splitOf(size);
  const sibling = path.pop();
  if (index < split) return nodeHash(rootFromPath(index, split, leaf, path), sibling);
  return nodeHash(sibling, rootFromPath(index - split, size - split, leaf, path));
}

function checkInclusion(index, size, leaf, proof, root) {
  insist(0n <= index && index < size && size <= LARGEST, "index or size");
  const path = [...proof];
  insist(same(rootFromPath(index, size, leaf, path), root) && path.length === 0, "another root");
}

/** Both roots from a consistency proof (RFC 6962 §2.1.2, SUBPROOF), which is used up from its end. */
function rootsFromProof(old, size, oldRoot, isWhole, path) {
  if (old === size) {
    const hash = isWhole ? oldRoot : path.pop();
    insist(hash, "too short");
    return [hash, hash];
  }
  const split = splitOf(size);
  const sibling = path.pop();
  insist(sibling, "too short");
  if (old <= split) {
    const [before, after] = rootsFromProof(old, split, oldRoot, isWhole, path);
    return [before, nodeHash(after, sibling)];
  }
  const [before, after] = rootsFromProof(old - split, size - split, oldRoot, false, path);
  return [nodeHash(sibling, before), nodeHash(sibling, after)];
}

function checkConsistency(old, oldRoot, size, root, proof) {
  insist(0n < old && old <= size && size <= LARGEST, "sizes");
  const path = [...proof];
  const [before, after] = rootsFromProof(old, size, oldRoot, true, path);
  insist(path.length === 0 && same(before, oldRoot) && same(after, root), "another root");
}

// Notes: C2SP signed-note, tlog-checkpoint.

/** Size and root of a checkpoint signed by the key; no other line is judged. */
async function openCheckpoint(note, vkey) {
  const [, name, keyId, key64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  insist(name, "verifier key");
  const key = strict(key64, "base64");
  insist(sha256(name, "\n", key).toString("hex", 0, 4) === keyId && key[0] === 1, "verifier key");
  insist(!/[\x00-\x09\x0b-\x1f]/.test(note) && note.endsWith("\n"), "characters");
  const at = note.lastIndexOf("\n\n");
  insist(at >= 0, "structure");
  const text = note.slice(0, at + 1);
  let signed = 0;
  for (const line of note.slice(at + 2, -1).split("\n")) {
    const [, by, blob64] = /^\u2014 ([^ +]+) ([^ ]+)$/.exec(line) ?? [];
    insist(by, "signature line");
    const blob = strict(blob64, "base64");
    insist(blob.length >= 5, "signature line");
    if (by !== name || blob.toString("hex", 0, 4) !== keyId) continue;
    insist(await ed25519(key.subarray(1), Buffer.from(text), blob.subarray(4)), "signature");
    signed += 1;
  }
  insist(signed === 1, "not signed once");
  const [origin, size, root64, ...extensions] = text.slice(0, -1).split("\n");
  insist(origin === name && /^(0|[1-9][0-9]*)$/.test(size) && root64 && !extensions.includes(""), "lines");
  const root = strict(root64, "base64");
  insist(root.length === 32 && BigInt(size) <= LARGEST && (size !== "0" || same(root, sha256())), "lines");
  return { size: BigInt(size), root };
}

// Leaves: docs/formats.md, Log.

function int64(number) {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(BigInt(number));
  return bytes;
}

function commitment(event) {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(Buffer.byteLength(event.event));
  return sha256(LABEL, b64url(event.salt), int64(event.recorded_at_ms), int64(event.skew_ms), length, event.event);
}

function isLeafOf(leaf, event) {
  const length = LEAF_BYTES[leaf[1]] ?? leaf.length;
  return leaf[0] === 1 && leaf.length === length && same(leaf.subarray(-32), commitment(event));
}

function tilePath(level, index, width) {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `tile/${level}/${groups.join("/")}${width === TILE_WIDTH ? "" : `.p/${width}`}`;
}

/** Number and width of every tile over so many hashes. */
const widths = (count) =>
  Array.from({ length: Math.ceil(count / TILE_WIDTH) }, (_, n) => [n, Math.min(TILE_WIDTH, count - n * TILE_WIDTH)]);

/** An exported log and what does not hold in it. */
class Log {
  faults = [];
  counts = { events: 0, tiles: 0, inclusion: 0, consistency: 0 };

  constructor(folder) {
    this.file = (name) => readFileSync(join(folder, name));
    this.text = (name) => this.file(name).toString("utf8");
  }

  no(what) {
    this.faults.push(`no ${what}`);
  }

  async check() {
    let checkpoint;
    try {
      checkpoint = await openCheckpoint(this.text("checkpoint"), this.text("vkey").trim());
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      // Nothing below it can be believed.
      return this.no("checkpoint");
    }
    this.size = Number(checkpoint.size);
    const entries = this.entries();
    if (entries.length !== this.size) this.no(`entry ${entries.length}`);
    this.hashes = entries.map(leafHash);
    await this.checkEvents(entries);
    this.checkTiles();
    if (!same(rootOf(this.hashes), checkpoint.root)) this.no("root");
    this.checkProofs(checkpoint);
  }

  entries() {
    const entries = [];
    for (const [number, width] of widths(this.size)) {
      let data = this.file(tilePath("entries", number, width));
      while (data.length > 0) {
        const length = data.readUInt16BE();
        entries.push(data.subarray(2, 2 + length));
        data = data.subarray(2 + length);
      }
    }
    return entries;
  }

  async checkEvents(entries) {
    const keys = new Map();
    for (const jwk of JSON.parse(this.text("keys.json")).keys) {
      const thumbprint = sha256(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x }));
      if (!same(b64url(jwk.kid), thumbprint)) this.no(`key ${jwk.kid}`);
      keys.set(jwk.kid, jwk);
    }
    const lines = this.text("events.ndjson").split("\n").filter((line) => line !== "");
    if (lines.length !== this.size) this.no(`event ${lines.length}`);
    const count = Math.min(lines.length, entries.length);
    for (let index = 0; index < count; index += 1) {
      const event = JSON.parse(lines[index]);
      const jwk = keys.get(JSON.parse(b64url(event.event.split(".")[0])).kid);
      const verdicts = [await byJose(event.event, jwk), await byWebCrypto(event.event, jwk)];
      if (verdicts[0] !== verdicts[1]) this.no(`agreement ${index}`);
      else if (!verdicts[0]) this.no(`signature ${index}`);
      if (!isLeafOf(entries[index], event)) this.no(`leaf ${index}`);
      this.counts.events += 1;
    }
  }

  checkTiles() {
    let below = this.hashes;
    for (let level = 0; below.length > 0; level += 1) {
      const count = Math.floor(this.size / 256 ** level);
      const tiles = widths(count).map(([number, width]) => this.file(tilePath(level, number, width)));
      this.counts.tiles += tiles.length;
      const stored = Buffer.concat(tiles);
      if (stored.length !== 32 * count) this.no(`tile ${level} ${stored.length / 32}`);
      for (let at = 0; at < Math.min(below.length, stored.length / 32); at += 1) {
        if (!same(stored.subarray(32 * at, 32 * at + 32), below[at])) this.no(`tile ${level} ${at}`);
      }
      const full = Math.floor(below.length / TILE_WIDTH);
      below = Array.from({ length: full }, (_, n) => rootOf(below.slice(n * TILE_WIDTH, (n + 1) * TILE_WIDTH)));
    }
  }

  checkProofs({ size, root }) {
    const proofs = JSON.parse(this.text("proofs.json"));
    for (const proof of proofs.inclusion.filter(({ index }) => index < this.hashes.length)) {
      const { index } = proof;
      this.expect(`inclusion ${index}`, () =>
        checkInclusion(BigInt(index), size, this.hashes[index], proof.hashes.map(b64url), root));
      this.counts.inclusion += 1;
    }
    for (const proof of proofs.consistency) {
      this.expect(`consistency ${proof.size}`, () =>
        checkConsistency(BigInt(proof.size), b64url(proof.root), size, root, proof.hashes.map(b64url)));
      this.counts.consistency += 1;
    }
  }

  expect(what, check) {
    try {
      check();
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      this.no(what);
    }
  }
}

// Vectors: the same examples that the program is held to.

async function judged(check) {
  try {
    return (await check()) !== false;
  } catch (error) {
    if (!(error instanceof Wrong)) throw error;
    return false;
  }
}

async function vectors(path) {
  // Sizes beyond 2^53 must stay whole numbers.
  const exact = readFileSync(path, "utf8").replace(/("(?:size|index|old_size|new_size)": )([0-9]+)/g, '$1"$2"');
  const sections = JSON.parse(exact);
  const { trees, checkpoints, envelopes, signatures } = sections;
  const good = (name) =>
    trees.good.flatMap((tree) =>
      tree[name].map((proof) => ({ ...proof, size: tree.size, root: tree.root, new_size: tree.size, new_root: tree.root })));

  const jose = async (v) => ({ jose: await byJose(v.compact ?? v.text, { x: v.public }) });
  const raw = async (v) => ({
    webcrypto: await judged(() =>
      ed25519(Buffer.from(v.public_hex, "hex"), Buffer.from(v.message), b64url(v.signature))),
  });
  const checkpoint = async (v) => ({ node: await judged(() => openCheckpoint(v.note, checkpoints.vkey)) });
  const hashes = (v) => v.proof.map(b64url);
  const inclusion = async (v) => ({
    node: await judged(() =>
      checkInclusion(BigInt(v.index), BigInt(v.size), b64url(v.leaf_hash), hashes(v), b64url(v.root))),
  });
  const consistency = async (v) => ({
    node: await judged(() =>
      checkConsistency(BigInt(v.old_size), b64url(v.old_root), BigInt(v.new_size), b64url(v.new_root), hashes(v))),
  });
  const table = [
    ["signatures", signatures, raw],
    ["envelopes.good", envelopes.good, jose],
    ["envelopes.refused", envelopes.refused, jose],
    ["checkpoints.good", checkpoints.good, checkpoint],
    ["checkpoints.refused", checkpoints.refused, checkpoint],
    ["trees.inclusion", good("inclusion"), inclusion],
    ["trees.consistency", good("consistency"), consistency],
    ["trees.refused_inclusion", trees.refused_inclusion, inclusion],
    ["trees.refused_consistency", trees.refused_consistency, consistency],
  ];
  await sayVerdicts(table);
}

async function hostile(path) {
  const { keys, signatures } = JSON.parse(readFileSync(path, "utf8"));
  const jwk = (v) => ({ kty: "OKP", crv: "Ed25519", x: Buffer.from(v.public_hex, "hex").toString("base64url") });
  /** Whether a key is taken at all. */
  const taken = (take) => take().then(() => true, () => false);
  const key = async (v) => ({
    webcrypto: await taken(() => crypto.subtle.importKey("raw", Buffer.from(v.public_hex, "hex"), "Ed25519", false, ["verify"])),
    jose: await taken(() => importJWK(jwk(v), "EdDSA")),
  });
  /** The raw signature; by jose too where what is signed is the head and the payload of a JWS. */
  const signature = async (v) => ({
    webcrypto: await ed25519(Buffer.from(v.public_hex, "hex"), Buffer.from(v.message), b64url(v.signature)),
    ...(v.message.includes(".") && { jose: await byJose(`${v.message}.${v.signature}`, jwk(v)) }),
  });
  await sayVerdicts([["hostile.keys", keys, key], ["hostile.signatures", signatures, signature]]);
}

async function sayVerdicts(table) {
  for (const [section, listed, verdicts] of table) {
    for (const [number, vector] of listed.entries()) {
      for (const [tool, accepted] of Object.entries(await verdicts(vector))) {
        console.log(tool, section, number, accepted ? "accepted" : "refused");
      }
    }
  }
}

const [what, ...paths] = process.argv.slice(2);
if (what === "vectors") {
  for (const path of paths) await vectors(path);
} else if (what === "hostile") {
  await hostile(...paths);
} else {
  const log = new Log(...paths);
  await log.check();
  const counts = Object.entries(log.counts).map(([name, count]) => `${name}=${count}`);
  console.log([...log.faults, `checked ${counts.join(" ")}`].join("\n"));
}
