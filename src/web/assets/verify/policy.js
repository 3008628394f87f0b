// Trust policies (C2SP tlog-policy): whose heads and cosignatures count, and how many of them are enough. The visitor brings the
// policy; it is never read from the bundle.

import { utf8 } from "./bytes.js";
import { TYPE_COSIGNATURE, TYPE_ED25519, open, readCheckpoint, readKey, unsigned } from "./note.js";
import { Refused, insist } from "./refused.js";

const MAX_POLICY_BYTES = 64 * 1024;
const MAX_LOGS = 32;
const MAX_WITNESSES = 64;
const MAX_GROUPS = 64;
const MAX_WORD_BYTES = 1024;

/** @typedef {import("./note.js").NoteKey} NoteKey */
/** A witness, or a group that is met by so many of its members. @typedef {{ key: NoteKey } | { threshold: number, of: string[] }} Member */

class Policy {
  constructor() {
    /** @type {NoteKey[]} */
    this.logs = [];
    /** What each name stands for, in the order of the file. @type {Map<string, Member>} */
    this.members = new Map();
    /** @type {Set<string>} */
    this.used = new Set();
    /** @type {string | undefined} */
    this.quorum = undefined;
  }

  get witnesses() {
    return [...this.members].flatMap(([name, member]) => ("key" in member ? [{ name, key: member.key }] : []));
  }

  /** @param {string[]} words */
  async line(words) {
    const [what, ...rest] = words;
    if (what === "log" && (rest.length === 1 || rest.length === 2)) return this.log(rest[0]);
    if (what === "witness" && (rest.length === 2 || rest.length === 3)) return this.witness(rest[0], rest[1]);
    if (what === "group" && rest.length >= 3) return this.group(rest[0], rest[1], rest.slice(2));
    if (what === "quorum" && rest.length === 1) return this.needs(rest[0]);
    throw new Refused("应为 log、witness、group 或 quorum 行", "expected a line log, witness, group or quorum");
  }

  /** @param {string} vkey */
  async log(vkey) {
    this.logs.push(await this.newKey(vkey, TYPE_ED25519, this.logs, MAX_LOGS));
  }

  /**
   * @param {string} name
   * @param {string} vkey
   */
  async witness(name, vkey) {
    const others = this.witnesses.map((witness) => witness.key);
    this.define(name, { key: await this.newKey(vkey, TYPE_COSIGNATURE, others, MAX_WITNESSES) });
  }

  /**
   * @param {string} vkey
   * @param {number} type
   * @param {NoteKey[]} others
   * @param {number} most
   */
  async newKey(vkey, type, others, most) {
    const key = await readKey(vkey, type);
    const isNew = others.every((other) => other.key.some((byte, at) => byte !== key.key[at]));
    insist(isNew, "公钥重复", "an earlier line has the same public key");
    insist(others.length < most, "行数过多", "there are too many such lines");
    return key;
  }

  /**
   * @param {string} name
   * @param {string} threshold
   * @param {string[]} of
   */
  group(name, threshold, of) {
    for (const member of of) {
      this.known(member);
      insist(!this.used.has(member), `${member} 已属于一个组`, `${member} is a group member already`);
      this.used.add(member);
    }
    const words = new Map([["any", 1], ["all", of.length]]);
    const number = words.get(threshold) ?? (/^[1-9][0-9]{0,4}$/.test(threshold) ? Number(threshold) : 0);
    insist(number >= 1 && number <= of.length, "门限有误", "the threshold is not 1 to the number of members");
    insist(this.members.size - this.witnesses.length < MAX_GROUPS, "行数过多", "there are too many such lines");
    this.define(name, { threshold: number, of });
  }

  /** @param {string} name */
  needs(name) {
    insist(this.quorum === undefined, "quorum 行重复", "there is a quorum line already");
    if (name !== "none") this.known(name);
    this.quorum = name;
  }

  /** @param {string} name */
  known(name) {
    insist(this.members.has(name), `名称 ${name} 未定义`, `the name ${name} is not defined on an earlier line`);
  }

  /**
   * @param {string} name
   * @param {Member} member
   */
  define(name, member) {
    insist(name !== "none" && !this.members.has(name), `名称 ${name} 不可用`, `the name ${name} is taken`);
    this.members.set(name, member);
  }

  /**
   * Verifies a signed checkpoint, and says how well it is vouched for.
   * @param {string} note
   */
  async judge(note) {
    const { text, signatures } = await open(note, [...this.logs, ...this.witnesses.map((witness) => witness.key)]);
    const logs = signatures.filter((signed) => signed.key.type === TYPE_ED25519);
    if (logs.length === 0) throw unsigned();
    const checkpoint = await readCheckpoint(text);
    const log = logs.find((signed) => signed.key.name === checkpoint.origin)?.key;
    insist(log, "检查点属于另一个账本", "it is the checkpoint of another log than the key's");
    const cosigned = this.witnesses.flatMap(({ name, key }) => {
      const at = signatures.find((signed) => signed.key === key)?.at;
      return at === undefined ? [] : [{ name, at }];
    });
    return { checkpoint, log, cosigned, level: this.level(new Set(cosigned.map(({ name }) => name))) };
  }

  /**
   * @param {Set<string>} cosigned
   * @returns {"quorum" | "witnessed" | "log-only"}
   */
  level(cosigned) {
    const met = new Set(cosigned);
    // A group names earlier members only, so one pass settles all of them.
    for (const [name, member] of this.members) {
      if ("of" in member && member.of.filter((other) => met.has(other)).length >= member.threshold) met.add(name);
    }
    if (this.quorum === "none" || met.has(this.quorum ?? "")) return "quorum";
    return cosigned.size > 0 ? "witnessed" : "log-only";
  }
}

/**
 * Reads a policy file.
 * @param {string} text
 */
export async function readPolicy(text) {
  insist(utf8(text).length <= MAX_POLICY_BYTES, "信任策略过长", "the policy is too long");
  insist(text === "" || text.endsWith("\n"), "信任策略的末行未换行", "the policy's last line does not end");
  const policy = new Policy();
  for (const [at, line] of text.split("\n").slice(0, -1).entries()) {
    try {
      insist(!/[\u0000-\u0008\u000a-\u001f\u007f]/.test(line), "含控制字符", "it holds control characters");
      const words = line.split(/[ \t]+/).filter((word) => word !== "");
      if (words.length === 0 || words[0].startsWith("#")) continue;
      insist(words.every((word) => utf8(word).length <= MAX_WORD_BYTES), "名称过长", "a name is too long");
      await policy.line(words);
    } catch (error) {
      throw error instanceof Refused ? error.of(`信任策略第 ${at + 1} 行`, `line ${at + 1} of the policy`) : error;
    }
  }
  insist(policy.quorum !== undefined, "信任策略缺少 quorum 行", "the policy has no quorum line");
  return policy;
}

/**
 * The policy that is meant by pasted text: itself, or, where only verifier keys stand there, one that trusts these logs and wants
 * all of these witnesses.
 * @param {string} text
 */
export function policyOfKeys(text) {
  const lines = text.split("\n").map((line) => line.trim()).filter((line) => line !== "" && !line.startsWith("#"));
  const isKey = lines.map((line) => /^[^ \t+]+\+[0-9a-f]{8}\+([A-Za-z0-9+/=]+)$/.exec(line));
  if (lines.length === 0 || isKey.includes(null)) return text.endsWith("\n") ? text : `${text}\n`;
  // The first byte of the key is its signature type: B… is 4 to 7, and of these only 4 is a witness.
  const witnesses = lines.filter((_, at) => isKey[at]?.[1].startsWith("B"));
  const logs = lines.filter((line) => !witnesses.includes(line));
  const names = witnesses.map((_, at) => `witness-${at + 1}`);
  return [
    ...logs.map((line) => `log ${line}`),
    ...witnesses.map((line, at) => `witness ${names[at]} ${line}`),
    ...(names.length > 0 ? [`group all-of-them all ${names.join(" ")}`, "quorum all-of-them"] : ["quorum none"]),
  ].map((line) => `${line}\n`).join("");
}
