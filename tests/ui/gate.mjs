// What scripts about the gate share: firms that register a load, people with phones, and a camera that sees another screen.

import { createPrivateKey, createPublicKey, createHash, randomBytes, sign } from "node:crypto";
import { writeFileSync } from "node:fs";
import { PHONE, insist, visitor } from "./harness.mjs";

/** How often the camera's file shows each of its pictures; it begins anew at its end. */
const FRAMES_EACH = 6;
/** Side of a code in the camera's picture, in pixels. */
const SEEN_PX = 450;

const b64 = (/** @type {string | Buffer} */ bytes) => Buffer.from(bytes).toString("base64url");

/** A firm's key file, for what is not the gate's business. */
export class Office {
  /** @param {string} base @param {string} log @param {string} pem */
  constructor(base, log, pem) {
    this.base = base;
    this.log = log;
    this.key = createPrivateKey(pem);
    const { x } = createPublicKey(this.key).export({ format: "jwk" });
    this.kid = createHash("sha256").update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest("base64url");
  }

  /** @param {string} typ @param {object} payload */
  #seal(typ, payload) {
    const input = `${b64(`{"alg":"EdDSA","kid":"${this.kid}","typ":"waste-${typ}+jws"}`)}.${b64(JSON.stringify(payload))}`;
    return this.signed(input);
  }

  /** @param {string} input */
  signed(input) {
    return `${input}.${b64(sign(null, Buffer.from(input), this.key))}`;
  }

  /** @param {string} path @param {object} [body] */
  async call(path, body) {
    const iat = Math.floor(Date.now() / 1000);
    const token = this.#seal("token", { aud: this.log, iat, exp: iat + 60, jti: b64(randomBytes(16)) });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const answer = await fetch(`${this.base}/api/v1${path}`, { method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body) });
    const said = await answer.json();
    insist(answer.ok, `${path}: ${JSON.stringify(said)}`);
    return said;
  }

  /** States something; the receipt. @param {string} kind @param {object} data */
  async state(kind, data) {
    const { signing_input } = await this.call("/events/prepare", { kind, data });
    const answer = await fetch(`${this.base}/api/v1/events`, { method: "POST", body: this.signed(signing_input) });
    const said = await answer.json();
    insist(answer.ok, `${kind}: ${JSON.stringify(said)}`);
    return said;
  }
}

/** The sandbox with its firms; a second carrier comes from the world around it. @param {string} base */
export async function world(base) {
  const { log, parties } = await (await fetch(`${base}/sandbox`)).json();
  const seat = (/** @type {string} */ label) => parties.find((/** @type {any} */ party) => party.label === label);
  const pemOf = async (/** @type {string} */ path) => (await fetch(base + path)).text();
  // The world around the sandbox is on the page where anybody sits down anywhere.
  const [, HERON = ""] = /value="(91371328MA3HERN12.)"/.exec(await (await fetch(`${base}/device`)).text()) ?? [];
  const pems = {
    acme: await pemOf("/sandbox/keys/acme-operator.pem"),
    swift: await pemOf("/sandbox/keys/swift-operator.pem"),
    driver: await pemOf("/sandbox/keys/swift-driver.pem"),
    heron: await pemOf(`/demo/keys/${HERON}`),
    phoenix: await pemOf("/sandbox/keys/phoenix-operator.pem"),
  };
  const office = (/** @type {keyof typeof pems} */ name) => new Office(base, log, pems[name]);
  const [acme, swift, heron, phoenix] = [office("acme"), office("swift"), office("heron"), office("phoenix")];
  const crewOf = async (/** @type {Office} */ firm) => {
    const { items } = await firm.call("/keys");
    const kidOf = (/** @type {string} */ role) => items.find((/** @type {any} */ key) => key.role === role).kid;
    return { driver: kidOf("driver"), escort: kidOf("escort") };
  };
  return { log, pems, acme, swift, heron, phoenix, codes: { acme: seat("acme").party, swift: seat("swift").party, heron: HERON, phoenix: seat("phoenix").party }, sites: { acme: seat("acme").sites[0].site, phoenix: seat("phoenix").sites[0].site }, crews: { swift: await crewOf(swift), heron: await crewOf(heron) } };
}

/** @typedef {Awaited<ReturnType<typeof world>>} World */

/** Waste that arises at the producer, and lies there to be loaded. @param {World} world @param {number} mass_g @param {object[]} [containers] */
export const arose = ({ acme, sites }, mass_g, containers = []) =>
  acme.state("waste.generated", { site: sites.acme, lots: [{ lot: uuid(), code: "900-041-49", quantity: { mass_g, basis: "measured" }, containers }] });

/**
 * A load by two carriers, registered, confirmed, with a driver and a vehicle on each leg; its manifest and number.
 * @param {World} world
 * @param {number} mass_g
 * @param {string[]} [carriers]
 */
export async function registered({ acme, swift, heron, phoenix, codes, sites, crews }, mass_g, carriers = [codes.swift, codes.heron]) {
  const manifest = uuid();
  const moment = (/** @type {number} */ hours) => new Date(Date.now() + hours * 3_600_000).toISOString();
  const line = { line: 1, code: "900-041-49", packaging: "drum", planned: { mass_g, basis: "measured" }, treatment: "D10" };
  const legs = carriers.map((carrier) => ({ carrier, mode: "vehicle" }));
  const data = { manifest, site: sites.acme, consignee: { party: codes.phoenix, site: sites.phoenix }, lines: [line], legs, planned_departure: moment(1), planned_arrival: moment(9) };
  const { number } = await acme.state("manifest.registered", data);
  await phoenix.state("manifest.confirmed", { manifest });
  await swift.state("manifest.assigned", { manifest, leg: 1, vehicle: "鲁Q10001", ...crews.swift });
  if (carriers.includes(codes.heron)) await heron.state("manifest.assigned", { manifest, leg: 2, vehicle: "鲁Q20001", ...crews.heron });
  return { manifest, number: String(number) };
}

/** Who holds a load, and which rules found something that is open. @param {World} world @param {string} manifest */
export async function told({ acme }, manifest) {
  const { lines, findings } = await acme.call(`/manifests/${manifest}`);
  const open = findings.filter((/** @type {any} */ one) => one.state === "open");
  return { holders: lines.flatMap((/** @type {any} */ { holder }) => holder.claims.map((/** @type {any} */ claim) => claim.party)), findings: open.map((/** @type {any} */ one) => one.rule).sort() };
}

/** A UUID of version 7. */
export function uuid() {
  const bytes = randomBytes(16);
  bytes.writeUIntBE(Date.now(), 0, 6);
  bytes[6] = 0x70 | (bytes[6] & 0x0f);
  bytes[8] = 0x80 | (bytes[8] & 0x3f);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Somebody with a phone, or at the gate with a computer. */
export class Hand {
  /** @param {import("./harness.mjs").Visitor} visitor @param {string} camera */
  constructor(visitor, camera) {
    this.visitor = visitor;
    this.camera = camera;
    this.page = visitor.page;
    this.taps = 0;
  }

  /** @param {import("playwright-core").Locator} target */
  async tap(target) {
    this.taps += 1;
    await target.click();
  }

  /** @param {string} name */
  screen(name) {
    return this.page.locator(`[data-screen=${name}]:not([hidden])`);
  }

  /** Waits until the page has found out what it is to show. */
  async ready() {
    await this.page.locator("#driver[data-ready]").waitFor();
  }

  /** Opens a load from the list. @param {string} number */
  async load(number) {
    await this.page.goto(`${this.visitor.base}/driver#`);
    await this.ready();
    await this.tap(this.screen("legs").locator("[data-part=loads] a", { hasText: number }));
    await this.screen("load").waitFor();
  }

  async sign() {
    await this.tap(this.screen("sign").locator("[data-part=go]"));
    await this.screen("show").locator("svg.qr").first().waitFor();
  }

  /** The codes on this screen, photographed into the file that every camera here looks at. */
  async hold(screen = "show") {
    const codes = this.screen(screen).locator("svg.qr");
    await codes.first().waitFor();
    const pictures = [];
    for (let n = 0; n < (await codes.count()); n += 1) pictures.push(await codes.nth(n).screenshot());
    const eye = await this.visitor.context.browser()?.newPage({ viewport: { width: 640, height: 480 } });
    insist(eye, "there is a browser");
    const frames = [];
    for (const picture of pictures) {
      await eye.setContent(`<body style="margin:0;background:#fff;display:grid;place-items:center;height:480px"><img width=${SEEN_PX} src="data:image/png;base64,${picture.toString("base64")}">`);
      frames.push(...Array(FRAMES_EACH).fill(await eye.screenshot({ type: "jpeg", quality: 92 })));
    }
    await eye.close();
    writeFileSync(this.camera, Buffer.concat(frames));
    return pictures.length;
  }

  /** Reads what another screen holds up, through the camera. @param {Hand} other @param {import("playwright-core").Locator} button */
  async scan(other, button) {
    const count = await other.hold();
    await this.tap(button);
    await this.screen("scan").waitFor();
    return count;
  }

  /** What was scanned is shown as taken from another screen. */
  async taken() {
    await this.screen("show").locator("[data-part=text]", { hasText: this.visitor.lang === "zh" ? "对方屏幕" : "other screen" }).waitFor();
  }

  /** Everything signed here is in the log, by a receipt that this device checked. @param {number} count */
  async settled(count) {
    await this.page.goto(`${this.visitor.base}/driver#queue`);
    await this.ready();
    const items = this.screen("queue").locator("[data-part=items] > li");
    const recorded = items.locator("[data-part=state]", { hasText: this.visitor.lang === "zh" ? "回执已核验" : "receipt checked" });
    await recorded.nth(count - 1).waitFor().catch(async () => insist(false, `${await this.page.locator("#driver").innerText()}`));
    insist((await items.count()) === count, `${await items.count()} items, not ${count}`);
  }
}

/**
 * Somebody with a phone of the own, with a key and what it takes along, and then without a network.
 * @param {import("playwright-core").Browser} browser
 * @param {{ base: string, lang: "zh" | "en", pictures: string }} given
 * @param {string} pem
 * @param {string} camera
 * @param {() => void} [first] what is done to each of its pages before anything else
 */
export async function hand(browser, given, pem, camera, first) {
  const one = await visitor(browser, { ...given, viewport: PHONE });
  if (first) await one.page.addInitScript(first);
  await one.go("/device?next=/driver");
  await one.page.locator("#key-file").setInputFiles({ name: "key.pem", mimeType: "application/x-pem-file", buffer: Buffer.from(pem) });
  await one.page.waitForURL("**/driver");
  const person = new Hand(one, camera);
  await person.ready();
  await one.page.evaluate(() => navigator.serviceWorker.ready);
  return person;
}
