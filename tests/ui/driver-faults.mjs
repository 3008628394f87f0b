#!/usr/bin/env node
// What goes wrong with a phone in a cab: the tab dies, the memory is full, a new version of the page comes with the queue full, the line answers
// with half an answer or a lie, two people hold one phone. Nothing that was signed is lost, and nothing is signed twice.
//
// driver-faults.mjs URL FOLDER LANG   pictures go to FOLDER

import { createServer, request as ask } from "node:http";
import { join } from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { insist, withBrowser } from "./harness.mjs";
import { arose, hand, registered, told, uuid, world } from "./gate.mjs";

const [base, pictures, lang] = process.argv.slice(2);
mkdirSync(pictures, { recursive: true });
const camera = join(pictures, `camera-faults-${lang}.mjpeg`);
writeFileSync(camera, "");

/**
 * Stands between phone and ledger: it can hand out the pages as a newer version would, and answer events as a bad line or a liar would.
 */
class Between {
  version = 1;
  /** What becomes of what is sent: all goes well; nothing comes through; answers to events get lost; somebody else answers them. @type {"fair" | "down" | "lost" | "lying"} */
  line = "fair";

  /** @param {string} to */
  constructor(to) {
    this.to = new URL(to);
    this.server = createServer((asked, answer) => this.#pass(asked, answer));
  }

  close() {
    this.server.close();
    this.server.closeAllConnections();
  }

  async listen() {
    await new Promise((resolve) => this.server.listen(0, "127.0.0.1", () => resolve(undefined)));
    const address = this.server.address();
    insist(address && typeof address === "object", "it listens");
    return `http://127.0.0.1:${address.port}`;
  }

  /** @param {import("node:http").IncomingMessage} asked @param {import("node:http").ServerResponse} answer */
  #pass(asked, answer) {
    // A browser that lost a process may forget that it has no network.
    if (this.line === "down") return void answer.destroy();
    const path = (asked.url ?? "").replace(/\.v\d+\//, "/");
    const headers = { ...asked.headers, host: this.to.host, "accept-encoding": "identity", ...(asked.headers.origin && { origin: this.to.origin }) };
    const isEvent = asked.method === "POST" && path === "/api/v1/events";
    const onward = ask({ host: this.to.hostname, port: this.to.port, path, method: asked.method, headers }, (came) => {
      /** @type {Buffer[]} */
      const chunks = [];
      came.on("data", (chunk) => chunks.push(chunk));
      came.on("end", () => {
        if (isEvent && this.line === "lost") return void answer.destroy();
        let text = Buffer.concat(chunks);
        const kind = came.headers["content-type"] ?? "";
        // Another version has other addresses.
        if (/html|javascript/.test(kind)) text = Buffer.from(text.toString().replaceAll(/(\/assets\/scripts\.[0-9a-f]+)\//g, `$1.v${this.version}/`));
        if (path === "/worker.js") text = Buffer.concat([text, Buffer.from(`\n// ${this.version}\n`)]);
        if (isEvent && this.line === "lying" && /json/.test(kind)) text = Buffer.from(text.toString().replace(/"recorded_at":"\d/, '"recorded_at":"1'));
        const { "content-length": _, "transfer-encoding": __, ...rest } = came.headers;
        answer.writeHead(came.statusCode ?? 502, rest);
        answer.end(text);
      });
    });
    onward.on("error", () => answer.destroy());
    asked.pipe(onward);
  }
}

const between = new Between(base);
const given = { base: await between.listen(), pictures, lang: /** @type {"zh" | "en"} */ (lang) };
const all = await world(base);
await arose(all, 10_000_000);
const loads = [];
for (let n = 0; n < 5; n += 1) loads.push(await registered(all, 1_000_000 + n, [all.codes.swift]));

/** Holds something alone; the id of what was signed. @param {import("./gate.mjs").Hand} person @param {string} number */
async function takeAlone(person, number) {
  await person.load(number);
  await person.tap(person.screen("load").locator("[data-part=steps] a", { hasText: lang === "zh" ? "无法签名" : "cannot sign" }).first());
  await person.screen("sign").waitFor();
}

/** @param {import("./gate.mjs").Hand} person */
async function waitingOf(person) {
  await person.page.goto(`${given.base}/driver#queue`);
  await person.ready();
  return person.screen("queue").locator("[data-part=items] > li").count();
}

/** Opens it anew; a browser that lost a process may need a moment for that. @param {import("./gate.mjs").Hand} person */
async function again(person) {
  for (let tries = 3; ; tries -= 1) {
    person.page = person.visitor.page = await person.visitor.context.newPage();
    try {
      return void (await person.page.goto(`${given.base}/driver`));
    } catch (why) {
      if (tries === 0) throw why;
      await person.page.close();
    }
  }
}

await withBrowser(async (browser) => {
  const driver = await hand(browser, given, all.pems.driver, camera);
  const { page, context } = driver.visitor;
  await driver.screen("legs").locator("[data-part=loads] a", { hasText: loads[4].number }).waitFor();
  await context.setOffline(true);
  between.line = "down";

  // The tab dies right after the signature, and before it.
  await takeAlone(driver, loads[0].number);
  await driver.sign();
  await takeAlone(driver, loads[1].number);
  const dies = page.waitForEvent("crash");
  (await context.newCDPSession(page)).send("Page.crash").catch(() => undefined);
  await dies;
  await page.close();
  await again(driver);
  insist((await waitingOf(driver)) === 1, "what was signed is there, what was not is not");

  // The memory is full: nothing is shown that is not kept; with room again the same signature is kept, and no second one.
  await takeAlone(driver, loads[1].number);
  await driver.page.evaluate(() => {
    const { put } = IDBObjectStore.prototype;
    // As a browser says it; the photo was put before.
    IDBObjectStore.prototype.put = function (value, key) {
      if (/** @type {any} */ (window).isFull && this.name === "envelopes") throw new DOMException("full", "QuotaExceededError");
      return put.call(this, value, key);
    };
    /** @type {any} */ (window).isFull = true;
  });
  await driver.screen("sign").locator("[name=photos]").setInputFiles({ name: "load.jpg", mimeType: "image/jpeg", buffer: Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(3_000_000, 7)]) });
  await driver.tap(driver.screen("sign").locator("[data-part=go]"));
  await driver.screen("sign").locator("[data-part=stop]:not([hidden])").waitFor();
  await driver.visitor.look("driver-full");
  await driver.page.evaluate(() => void (/** @type {any} */ (window).isFull = false));
  await driver.sign();
  insist((await waitingOf(driver)) === 2, "it was kept once");

  // A new version comes while two wait.
  between.version = 2;
  between.line = "lost";
  await context.setOffline(false);
  await driver.page.reload();
  await driver.ready();
  await driver.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration("/driver");
    await registration?.update();
    const worker = registration?.installing ?? registration?.waiting;
    if (worker) await new Promise((resolve) => worker.addEventListener("statechange", () => worker.state === "activated" && resolve(undefined)));
  });
  await context.setOffline(true);
  await driver.page.reload();
  await driver.ready();
  const scripts = await driver.page.evaluate(() => [...document.scripts].map(({ src }) => src));
  insist(scripts.every((src) => src.includes(".v2/")), `the new version opens without a network: ${scripts}`);
  insist((await waitingOf(driver)) === 2, "the queue is what it was");

  // The answer gets lost, then somebody lies, then the line is fair: each event is one.
  await context.setOffline(false);
  for (const line of /** @type {const} */ (["lost", "lying"])) {
    between.line = line;
    await driver.page.goto(`${given.base}/driver#queue`);
    await driver.page.reload();
    await driver.ready();
    await driver.tap(driver.screen("queue").locator("[data-do=again]"));
    const expected = line === "lying" ? driver.screen("queue").locator("[data-part=troubles] li").first() : driver.page.locator("[data-part=state].warn");
    await expected.first().waitFor();
    insist((await driver.screen("queue").locator("[data-part=state]", { hasText: lang === "zh" ? "回执已核验" : "receipt checked" }).count()) === 0, `nothing is done on a ${line} line`);
  }
  await driver.visitor.look("driver-lied-to");
  between.line = "fair";
  await driver.tap(driver.screen("queue").locator("[data-do=again]"));
  await driver.settled(2);
  await driver.page.locator("[data-part=state].good").waitFor();

  // Somebody else takes the phone: both keys are there, each signs as itself.
  await driver.page.goto(`${given.base}/device?next=/driver`);
  await driver.page.locator("#key-file").setInputFiles({ name: "key.pem", mimeType: "application/x-pem-file", buffer: Buffer.from(all.pems.swift) });
  await driver.page.waitForURL("**/driver");
  await driver.ready();
  await driver.page.goto(`${given.base}/driver#`);
  await driver.tap(driver.page.locator("[data-do=change]"));
  await driver.visitor.look("driver-who");
  insist((await driver.screen("who").locator("button").count()) === 2, "both are asked for");
  await driver.tap(driver.screen("who").locator("button", { hasText: lang === "zh" ? "驾驶员" : "driver" }));
  await driver.screen("legs").waitFor();

  // A key that ended: what it signed says so in words, holds up nothing, and stays until somebody has read it.
  await takeAlone(driver, loads[2].number);
  await driver.sign();
  await driver.settled(3);

  // A clock that is ten minutes fast: its tokens are made by the ledger's time, and whoever holds it is told.
  const fast = await hand(browser, given, all.pems.driver, camera, () => {
    const { now } = Date;
    Date.now = () => now() + 600_000;
  });
  await fast.screen("legs").locator("[data-part=loads] a", { hasText: loads[4].number }).waitFor();
  insist((await fast.screen("legs").locator("[data-part=skew]").innerText()).includes("10"), "the clock is told of");
  await fast.visitor.look("driver-fast-clock");

  // What is forged, spoilt or lacks what it must say is told of and not kept, and what comes behind it is read as ever.
  const { page: road } = fast;
  const seal = (/** @type {string} */ typ, /** @type {object} */ payload) => {
    const b64 = (/** @type {string} */ text) => Buffer.from(text).toString("base64url");
    return all.acme.signed(`${b64(`{"alg":"EdDSA","kid":"${all.acme.kid}","typ":"waste-${typ}+jws"}`)}.${b64(JSON.stringify(payload))}`);
  };
  const spoilt = (/** @type {string} */ compact) => compact.replace(/\.[^.]+$/, `.${"A".repeat(86)}`);
  const { manifest } = loads[3];
  const at = new Date().toISOString();
  const passage = { manifest, from: all.codes.acme, to: all.codes.swift };
  const offer = { v: 1, log: all.log, step: "collected", ...passage, lines: [{ line: 1, mass_g: 1_000_003 }], prev: [], at };
  const event = { v: 1, log: all.log, kind: "waste.collected", act: uuid(), for: all.codes.acme, prev: [], occurred_at: at };
  const good = { ...event, data: { ...passage, lines: [{ line: 1, code: "900-041-49", quantity: { mass_g: 1, basis: "measured" } }] } };
  const bad = {
    "forged offer": spoilt(seal("offer", offer)),
    "forged event": spoilt(seal("event", good)),
    "event without data": seal("event", event),
    "event without lines": seal("event", { ...event, data: passage }),
    "event of nobody's side": seal("event", { ...good, for: all.codes.phoenix }),
    "offer of too much": seal("offer", { ...offer, lines: [{ line: 1, mass_g: 2 ** 53 }] }),
    "offer that draws more than it weighs": seal("offer", { ...offer, lines: [{ line: 1, mass_g: 10, drawn: [{ lot: uuid(), mass_g: 11 }] }] }),
    "offer with a member more": seal("offer", { ...offer, extra: 1 }),
    "offer of another ledger": seal("offer", { ...offer, log: "other.example/log" }),
  };
  for (const [what, compact] of Object.entries(bad)) {
    await road.goto(`${given.base}/driver#`);
    await fast.screen("legs").waitFor();
    await road.goto(`${given.base}/driver#paper=${compact}`);
    await road.locator("[data-part=trouble]:not([hidden])").waitFor().catch(() => insist(false, `${what} was taken`));
  }
  insist((await waitingOf(fast)) === 0, "nothing of it was kept");
  await road.goto(`${given.base}/driver#paper=${seal("offer", offer)}`);
  await fast.screen("sign").locator("[data-part=marks] .good").waitFor();
  // Twice pressed is once signed.
  await fast.screen("sign").locator("[data-part=go]").dblclick();
  await fast.screen("show").waitFor();
  await fast.settled(1);
}, camera);
between.close();

/** Each of them was taken over once. */
const held = await Promise.all(loads.slice(0, 3).map(({ manifest }) => told(all, manifest)));
insist(held.every(({ holders }) => holders.length === 1 && holders[0] === all.codes.swift), JSON.stringify(held));
process.stdout.write("done\n");
