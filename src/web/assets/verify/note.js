// Signed notes (C2SP signed-note), their keys, cosignatures (C2SP tlog-cosignature) and checkpoints (C2SP tlog-checkpoint).

import { base64, equal, fromBase64, hex, sha256, utf8 } from "./bytes.js";
import { checkKey, verifyStrict } from "./ed25519.js";
import { MAX_TREE_SIZE } from "./merkle.js";
import { Refused, insist } from "./refused.js";

const MAX_NOTE_BYTES = 64 * 1024;
const MAX_SIGNATURES = 100;

/** Signature type of a log's key. */
export const TYPE_ED25519 = 1;
/** Signature type of a witness's key: it signs a time too. */
export const TYPE_COSIGNATURE = 4;

/** A trusted key. @typedef {{ name: string, type: number, key: Uint8Array, id: string }} NoteKey */
/** What a trusted key signed; the time is there for cosignatures, in seconds since 1970. @typedef {{ key: NoteKey, at?: bigint }} Signed */

/** @param {string} name */
const isKeyName = (name) => name !== "" && !/[\p{White_Space}\p{Cc}+]/u.test(name);

/**
 * Reads a verifier key `<name>+<id>+<base64 of type and key>` of a type.
 * @param {string} text
 * @param {number} type
 * @returns {Promise<NoteKey>}
 */
export async function readKey(text, type) {
  const [name, , ...rest] = text.split("+");
  insist(isKeyName(name) && rest.length > 0, "不是验证公钥", "it is not a verifier key");
  const bytes = fromBase64(rest.join("+"));
  insist(bytes[0] === type, "验证公钥的签名类型不符", "the verifier key is of another signature type");
  const key = bytes.slice(1);
  checkKey(key);
  const id = hex((await sha256(utf8(`${name}\n`), bytes)).slice(0, 4));
  insist(`${name}+${id}+${base64(bytes)}` === text, "验证公钥的标识不符", "the verifier key's id is not that of the key");
  return { name, type, key, id };
}

/** Nobody who is trusted has signed. */
export const unsigned = () => new Refused("没有受信任公钥的签名", "no trusted key has signed it").named("unsigned");

/** @param {string} line */
function readLine(line) {
  const [, name, blob] = /^\u2014 ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  insist(name !== undefined && isKeyName(name), "签名行有误", "a signature line is malformed");
  const bytes = fromBase64(blob);
  insist(bytes.length > 4, "签名行有误", "a signature line is malformed");
  return { name, id: hex(bytes.slice(0, 4)), signature: bytes.slice(4) };
}

/**
 * @param {NoteKey} key
 * @param {string} text
 * @param {Uint8Array} signature
 * @returns {Promise<Signed | undefined>}
 */
async function signedBy(key, text, signature) {
  if (key.type === TYPE_ED25519) {
    return (await verifyStrict(key.key, utf8(text), signature)) ? { key } : undefined;
  }
  if (signature.length !== 72) return undefined;
  const at = signature.slice(0, 8).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
  const message = utf8(`cosignature/v1\ntime ${at}\n${text}`);
  return at <= MAX_TREE_SIZE && (await verifyStrict(key.key, message, signature.slice(8))) ? { key, at } : undefined;
}

/**
 * The text of a note and which of the keys signed it. Lines of other keys are read and not judged; a wrong or second line of
 * one of the keys refuses it all.
 * @param {string} note
 * @param {NoteKey[]} keys
 */
export async function open(note, keys) {
  insist(utf8(note).length <= MAX_NOTE_BYTES, "签名文本过长", "the note is too long");
  insist(!/[\u0000-\u0009\u000b-\u001f]/.test(note), "签名文本含控制字符", "the note holds control characters");
  const end = note.lastIndexOf("\n\n");
  insist(end >= 0 && note.endsWith("\n") && end + 2 < note.length, "不是签名文本", "it is not a signed note");
  const text = note.slice(0, end + 1);
  const lines = note.slice(end + 2, -1).split("\n");
  insist(lines.length <= MAX_SIGNATURES, "签名行过多", "the note has too many signature lines");
  /** @type {Signed[]} */
  const signatures = [];
  for (const line of lines.map(readLine)) {
    const known = keys.filter((key) => key.name === line.name && key.id === line.id);
    if (known.length === 0) continue;
    const [key] = known;
    const isOne = known.every((other) => other.type === key.type && equal(other.key, key.key));
    insist(isOne, `名为 ${key.name} 的公钥无法区分`, `two keys named ${key.name} cannot be told apart`);
    insist(signatures.every((signed) => signed.key !== key), `${key.name} 签名两次`, `${key.name} signs twice`);
    const signed = await signedBy(key, text, line.signature);
    insist(signed, `${key.name} 的签名有误`, `the signature of ${key.name} is wrong`);
    signatures.push(signed);
  }
  if (signatures.length === 0) throw unsigned();
  return { text, signatures };
}

/**
 * Reads the text of a checkpoint.
 * @param {string} text
 */
export async function readCheckpoint(text) {
  const lines = text.slice(0, -1).split("\n");
  const [origin, size, root] = lines;
  insist(text.endsWith("\n") && lines.length >= 3 && !lines.includes(""), "检查点的行有误", "the checkpoint's lines are wrong");
  insist(/^(0|[1-9][0-9]{0,18})$/.test(size) && BigInt(size) <= MAX_TREE_SIZE, "检查点的大小有误", "the checkpoint's size is wrong");
  const hash = fromBase64(root);
  insist(hash.length === 32, "检查点的根有误", "the checkpoint's root is wrong");
  insist(size !== "0" || equal(hash, await sha256()), "空树的根有误", "the root of the empty tree is wrong");
  return { origin, size: BigInt(size), root: hash };
}
