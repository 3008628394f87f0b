// The life of the keys of a bundle, learned from proven leaves in the order of the log: who invited whom, and when each ended.

import { base64url, digest, equal, sha256, utf8 } from "./bytes.js";
import { named } from "./event.js";
import { record, string } from "./json.js";
import { checkSignature, kidOf, payloadOf, readEnvelope } from "./jws.js";
import { readLeaf } from "./leaf.js";
import { Refused, insist } from "./refused.js";

/** @typedef {import("./event.js").Opened} Opened */
/** @typedef {{ key: Uint8Array, party: string, role: string, enrolled: bigint, ended?: bigint, suspectedFrom?: bigint }} Key */
/** @typedef {{ log: string, id: string, party: string, role: string, expiresAt: number, codeDigest?: string }} Invitation */

const ROLES = ["administrator", "operator", "driver", "escort", "viewer", "registrar", "officer", "auditor"];
const TIME = /^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$/;

/**
 * @param {string} code
 * @param {string} zh
 * @param {string} en
 */
export const flaw = (code, zh, en) => new Refused(zh, en).named(code);

/** @param {Key} key @param {bigint} index */
export const isEnrolledAt = (key, index) => key.enrolled < index;
/** @param {Key} key @param {bigint} index */
export const hasEndedAt = (key, index) => key.ended !== undefined && key.ended <= index;
/** @param {Key} key @param {bigint} index */
export const isGoodAt = (key, index) => isEnrolledAt(key, index) && !hasEndedAt(key, index);
/** @param {Key} key @param {bigint} index */
export const isSuspectedAt = (key, index) => key.suspectedFrom !== undefined && key.suspectedFrom <= index;

/**
 * @param {import("./jws.js").Envelope} envelope
 * @returns {Invitation}
 */
function readInvitation(envelope) {
  const body = record(payloadOf(envelope), ["v", "log", "invitation", "party", "role", "expires_at"], ["code_sha256", "registers"]);
  const registers = body.get("registers");
  if (registers !== undefined && registers !== null) {
    record(registers, ["party", "name", "kinds", "division"], ["name_en", "aliases"]);
  }
  const [role, expiry, code] = [string(body.get("role")), string(body.get("expires_at")), body.get("code_sha256")];
  insist(body.get("v") === 1 && ROLES.includes(role) && TIME.test(expiry), "邀请无法解析", "the invitation cannot be read");
  return {
    log: string(body.get("log")),
    id: string(body.get("invitation")),
    party: string(body.get("party")),
    role,
    expiresAt: Date.parse(expiry),
    ...(code !== undefined && code !== null && { codeDigest: string(code) }),
  };
}

/** The keys a bundle shows. */
export class Keys {
  constructor() {
    /** @type {Map<string, Key>} */
    this.known = new Map();
    /** @type {Set<string>} */
    this.spent = new Set();
  }

  /** @param {string} kid */
  get(kid) {
    return this.known.get(kid);
  }

  /**
   * Learns the next entry: its leaf is proven to lie at `index`, and `opened` is the event behind it.
   * @param {bigint} index
   * @param {Uint8Array} bytes
   * @param {Opened | undefined} opened
   * @param {Uint8Array} logKey
   */
  async learn(index, bytes, opened, logKey) {
    const leaf = await named("key-leaf", () => readLeaf(bytes).key);
    if (!leaf) throw flaw("key-leaf", "不是密钥叶", "this is not the leaf of a key");
    if (!opened) return this.revoke(index, leaf);
    if (!equal(opened.leaf, bytes)) {
      throw flaw("key-leaf", "字节、盐与时间打不开密钥叶", "bytes, salt and times do not open the leaf of the key");
    }
    const key = opened.ownKey;
    if (!key || (await kidOf(key)) !== leaf.kid) {
      throw flaw("key-leaf", "吊销只出示叶", "only what brings a key comes with its event");
    }
    await named("signature", () => checkSignature(opened.envelope, key));
    if (this.known.has(leaf.kid)) throw flaw("key-twice", "同一密钥登记了两次", "the key is enrolled twice");
    const role = await this.roleGiven(index, opened, logKey);
    this.known.set(leaf.kid, { key, party: opened.party, role, enrolled: index });
  }

  /**
   * @param {bigint} index
   * @param {import("./leaf.js").KeyLeaf} leaf
   */
  revoke(index, { action, kid, suspectedFrom }) {
    if (action !== "revoked") {
      throw flaw("key-leaf", "缺少密钥登记事件", "the event that brings the key is missing");
    }
    const key = this.known.get(kid);
    if (!key) throw flaw("key-unknown", "吊销的密钥未在包中登记", "it revokes a key that the bundle does not show");
    key.ended ??= index;
    if (suspectedFrom !== undefined && (key.suspectedFrom ?? suspectedFrom) >= suspectedFrom) {
      key.suspectedFrom = suspectedFrom;
    }
  }

  /**
   * The role that founding, enrolment or rotation gives a key; what it ends is ended.
   * @param {bigint} index
   * @param {Opened} opened
   * @param {Uint8Array} logKey
   */
  async roleGiven(index, opened, logKey) {
    const { kind, data } = opened;
    if (kind === "ledger.founded") {
      if (index !== 0n) throw flaw("founding", "创世不在第 0 条", "a founding lies at index 0 only");
      if (data.get("log_key") !== base64url(logKey)) {
        const en = "the founding names another log key than the one that signed the head";
        throw flaw("founding", "创世指定的日志密钥与签署检查点的不同", en);
      }
      return "officer";
    }
    const { invitation, inviter, kid } = await this.invitation(index, opened);
    if (kind === "key.rotated") {
      const isSame = kid === data.get("replaces") && inviter.party === invitation.party && inviter.role === invitation.role;
      const en = "the key that ends must sign, for the same party and role";
      if (!isSame) throw flaw("invitation", "更换须由原密钥签署且单位、角色不变", en);
      inviter.ended ??= index;
      return invitation.role;
    }
    const isOwn = inviter.role === "administrator" && inviter.party === invitation.party;
    if (inviter.role !== "officer" && !isOwn) {
      throw flaw("invitation", "邀请人无权邀请", "whoever signed the invitation may not invite");
    }
    return invitation.role;
  }

  /**
   * The invitation inside an enrolment, good at its index, and who signed it.
   * @param {bigint} index
   * @param {Opened} opened
   */
  async invitation(index, opened) {
    const { envelope, invitation } = await named("invitation", async () => {
      const envelope = await readEnvelope(string(opened.data.get("invitation")), "invitation");
      return { envelope, invitation: readInvitation(envelope) };
    });
    const inviter = this.known.get(envelope.kid);
    if (!inviter || !isGoodAt(inviter, index)) {
      const en = "the inviting key is not shown, not enrolled yet, or had ended";
      throw flaw("invitation", "邀请人的密钥未在包中、尚未登记或已失效", en);
    }
    await named("invitation", () => checkSignature(envelope, inviter.key));
    if (!(await this.fits(invitation, opened))) {
      const en = "the invitation is for another ledger or party, had expired, or wants another code";
      throw flaw("invitation", "邀请属于其他账本或单位、已过期或邀请码不符", en);
    }
    if (this.spent.has(invitation.id)) throw flaw("invitation", "邀请已被使用", "the invitation was already used");
    this.spent.add(invitation.id);
    return { invitation, inviter, kid: envelope.kid };
  }

  /**
   * @param {Invitation} invitation
   * @param {Opened} opened
   */
  async fits(invitation, { data, party, recordedAt, envelope }) {
    const code = codeTold(data);
    const isCode =
      invitation.codeDigest === undefined ||
      (code !== undefined && equal(await sha256(utf8(code)), digest(invitation.codeDigest)));
    const log = string(payloadOf(envelope).get("log"));
    return invitation.log === log && invitation.party === party && BigInt(invitation.expiresAt) > recordedAt && isCode;
  }
}

/**
 * The code that an enrolment tells; a rotation has none.
 * @param {Map<string, import("./json.js").Json>} data
 */
function codeTold(data) {
  const code = data.get("code");
  return typeof code === "string" ? code : undefined;
}
