#!/usr/bin/env node
// The scripts of the page /verify, run by Node: the same modules, the same WebCrypto calls, without a page around them.
//
// browser.mjs bundles FOLDER   prints `NAME {report as JSON}` for every NAME.bundle, checked under NAME.policy
// browser.mjs vectors FILE     prints `SECTION NUMBER accepted|refused` for every vector of tests/vectors/ledger.json
// browser.mjs hostile FILE [yes]   the same for tests/vectors/hostile.json; yes: under a WebCrypto that verifies everything
// browser.mjs events FILE      prints `NUMBER MANIFEST…` for every event of tests/vectors/events.json
// browser.mjs optical FILE EVENTS   prints `PLACE ok|…` for every vector of tests/vectors/optical.json, made and read
// browser.mjs time FILE POLICY ROUNDS   prints how long checking takes, in milliseconds, every round

import { webcrypto } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

// Node 18 has it under this name only.
globalThis.crypto ??= webcrypto;
const verify = new URL("../../src/web/assets/verify/", import.meta.url);
const load = (name) => import(new URL(name, verify));
const { verifyBundle } = await load("bundle.js");
const { readEnvelope, checkSignature, kidOf } = await load("jws.js");
const { manifestsOf, readPayload } = await load("event.js");
const { checkKey, verifyByArithmetic, verifyStrict } = await load("ed25519.js");
const { commitment, readLeaf } = await load("leaf.js");
const { open, readCheckpoint, readKey } = await load("note.js");
const { base64url, digest, fromBase64url, utf8 } = await load("bytes.js");
const { policyOfKeys } = await load("policy.js");
const { Refused } = await load("refused.js");
const { codes, read: readCodes, Unread } = await load("../carry/optical.js");

const unhex = (text) => Uint8Array.from(Buffer.from(text, "hex"));
const say = (line) => process.stdout.write(`${line}\n`);

async function bundles(folder) {
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".bundle")).sort()) {
    const name = file.slice(0, -".bundle".length);
    const bytes = new Uint8Array(readFileSync(join(folder, file)));
    const report = await verifyBundle(bytes, policyOfKeys(readFileSync(join(folder, `${name}.policy`), "utf8")));
    say(`${name} ${JSON.stringify(report, (_, value) => (typeof value === "bigint" ? Number(value) : value))}`);
  }
}

/** Whether a check refuses nothing; anything but a refusal is a fault of the scripts. */
async function holds(check) {
  try {
    return (await check()) !== false;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return false;
  }
}

/** Both ways to verify must agree wherever the strict forms hold. */
async function signature(key, message, bytes) {
  checkKey(key);
  const verdict = await verifyStrict(key, message, bytes);
  if (verdict && !(await verifyByArithmetic(key, message, bytes))) throw new Error("WebCrypto and arithmetic differ");
  return verdict;
}

async function envelope(vector) {
  const typ = vector.typ.replace(/^waste-(.*)\+jws$/, "$1");
  const read = await readEnvelope(vector.compact ?? vector.text, typ);
  const key = fromBase64url(vector.public);
  await checkSignature(read, key);
  return signature(key, read.input, read.signature);
}

async function leaf(vector) {
  const { commitment: sealed } = readLeaf(unhex(vector.leaf_hex));
  const { hidden } = vector;
  if (!hidden) return true;
  const times = [BigInt(hidden.recorded_at_ms), BigInt(hidden.skew_ms)];
  return base64url(await commitment(digest(hidden.salt), ...times, hidden.compact)) === base64url(sealed);
}

async function vectors(file) {
  // Sizes beyond 2^53 must stay whole numbers.
  const exact = readFileSync(file, "utf8").replace(/("(?:size|index)": )([0-9]+)/g, '$1"$2"');
  const { keys, signatures, envelopes, leaves, checkpoints } = JSON.parse(exact);
  const log = await readKey(checkpoints.vkey, 1);
  const checkpoint = async ({ note }) => (await readCheckpoint((await open(note, [log])).text)).origin === log.name;
  const table = [
    ["keys.good", keys.good, async (v) => (checkKey(fromBase64url(v.public)), (await kidOf(fromBase64url(v.public))) === v.kid)],
    ["keys.refused", keys.refused, (v) => checkKey(unhex(v.public_hex))],
    ["signatures", signatures, (v) => signature(unhex(v.public_hex), utf8(v.message), fromBase64url(v.signature))],
    ["envelopes.good", envelopes.good, envelope],
    ["envelopes.refused", envelopes.refused, envelope],
    ["leaves.good", leaves.good, leaf],
    ["leaves.refused", leaves.refused, leaf],
    ["checkpoints.good", checkpoints.good, checkpoint],
    ["checkpoints.refused", checkpoints.refused, checkpoint],
  ];
  await sayVerdicts(table);
}

async function hostile(file, yes) {
  if (yes) crypto.subtle.verify = async () => true;
  const { keys, signatures } = JSON.parse(readFileSync(file, "utf8"));
  const verify = (v) => signature(unhex(v.public_hex), utf8(v.message), fromBase64url(v.signature));
  await sayVerdicts([["keys", keys, (v) => checkKey(unhex(v.public_hex))], ["signatures", signatures, verify]]);
}

async function sayVerdicts(table) {
  for (const [section, listed, check] of table) {
    for (const [number, vector] of listed.entries()) {
      say(`${section} ${number} ${(await holds(() => check(vector))) ? "accepted" : "refused"}`);
    }
  }
}

async function events(file) {
  for (const [number, { compact }] of JSON.parse(readFileSync(file, "utf8")).events.entries()) {
    const { kind, data } = readPayload(await readEnvelope(compact, "event"));
    say([number, ...manifestsOf(kind, data)].join(" "));
  }
}

async function optical(file, eventsFile) {
  const { carried, refused } = JSON.parse(readFileSync(file, "utf8"));
  const events = JSON.parse(readFileSync(eventsFile, "utf8"));
  for (const { of, codes: wanted } of carried) {
    const compact = of.split("/").slice(1).reduce((value, member) => value[member], events);
    const made = (await codes(compact)) ?? null;
    const isMade = JSON.stringify(made) === JSON.stringify(wanted);
    const isRead = wanted === null || (await readCodes([...wanted].reverse())) === compact;
    say(`${of} ${isMade ? (isRead ? "ok" : "read otherwise") : "made otherwise"}`);
  }
  for (const { why, codes: given } of refused) {
    const verdict = await readCodes(given).then(() => "accepted", (error) => (error instanceof Unread ? "ok" : String(error)));
    say(`${why}: ${verdict}`.replace(": ok", " ok"));
  }
}

async function time(file, policy, rounds) {
  const [bytes, text] = [new Uint8Array(readFileSync(file)), readFileSync(policy, "utf8")];
  for (let round = 0; round < Number(rounds); round += 1) {
    const from = performance.now();
    const { outcome, entries } = await verifyBundle(bytes, text);
    say(`${outcome} ${entries.length} records ${(performance.now() - from).toFixed(1)} ms`);
  }
}

const [what, ...given] = process.argv.slice(2);
await { bundles, vectors, hostile, events, optical, time }[what](...given);
