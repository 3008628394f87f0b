#!/usr/bin/env node
// A load goes from its producer over two drivers to its receiver, and nobody has a network: each screen shows a code, and the next one's camera
// reads it. Afterwards they come back in the wrong order, and the ledger knows what happened.
//
// driver.mjs URL FOLDER LANG   pictures go to FOLDER, and so does what the cameras see

import { join } from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { insist, withBrowser } from "./harness.mjs";
import { arose, hand, registered, told, world } from "./gate.mjs";

const [base, pictures, lang] = process.argv.slice(2);
const given = { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) };
/** Most taps of a driver at one stop. */
const MOST_TAPS = 3;
/** Smallest side of what is touched, in pixels. */
const TOUCHED_PX = 44;

mkdirSync(pictures, { recursive: true });
const camera = join(pictures, `camera-${lang}.mjpeg`);
writeFileSync(camera, "");
const all = await world(base);
await arose(all, 3_000_000);
const clean = await registered(all, 1_000_000);
const differing = await registered(all, 2_000_000, [all.codes.swift]);

/** What is touched is as large as a gloved thumb. @param {import("./gate.mjs").Hand} person @param {string} where */
async function insistOnThumbs(person, where) {
  const small = await person.page.locator("#driver").evaluate((root, least) => {
    const touched = [...root.querySelectorAll("a, button, input, select, summary, label.inline")].filter((one) => /** @type {HTMLElement} */ (one).checkVisibility());
    return touched.filter((one) => one.getBoundingClientRect().height < least && !one.closest("label.inline")).map((one) => `${one.outerHTML.slice(0, 80)} ${one.getBoundingClientRect().height}`);
  }, TOUCHED_PX);
  insist(small.length === 0, `${where}: ${small.join("; ")}`);
}

/** Read in the sun: seven to one (WCAG 1.4.6). @param {import("./gate.mjs").Hand} person @param {string} where */
async function insistOnContrast(person, where) {
  const found = await person.visitor.axe("#driver", ["color-contrast-enhanced"]);
  insist(found.length === 0, `${where}: ${found.join("; ")}`);
}

/** Counts what is told to hand and ear. */
function listen() {
  const count = () => void (/** @type {any} */ (window).told = (/** @type {any} */ (window).told ?? 0) + 1);
  navigator.vibrate = () => (count(), true);
  const { start } = OscillatorNode.prototype;
  OscillatorNode.prototype.start = function () {
    count();
    return start.call(this);
  };
}

/** Bytes of scripts of our own, and of others, on their way to a phone that opens the page for the first time. */
async function weighed(/** @type {import("playwright-core").Browser} */ browser) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const weight = { own: 0, others: 0 };
  page.on("response", async (response) => {
    const { pathname } = new URL(response.url());
    if (!pathname.endsWith(".js")) return;
    const { responseBodySize } = await response.request().sizes();
    weight[pathname.startsWith("/assets/npm.") ? "others" : "own"] += responseBodySize;
  });
  await page.goto(`${base}/driver`);
  await page.locator("#driver[data-ready]").waitFor();
  await context.close();
  return weight;
}
/** Most bytes of own scripts. */
const OWN_BYTES = 100_000;

await withBrowser(async (browser) => {
  const weight = await weighed(browser);
  insist(weight.own > 0 && weight.own < OWN_BYTES, JSON.stringify(weight));
  process.stdout.write(`${JSON.stringify({ weight })}\n`);
  const [acme, driver, heron, phoenix] = [
    await hand(browser, given, all.pems.acme, camera), await hand(browser, given, all.pems.driver, camera, listen),
    await hand(browser, given, all.pems.heron, camera), await hand(browser, given, all.pems.phoenix, camera),
  ];
  for (const person of [acme, driver, heron, phoenix]) {
    await person.screen("legs").locator("[data-part=loads] a", { hasText: clean.number }).waitFor();
    await person.visitor.context.setOffline(true);
  }
  await driver.visitor.look("driver-legs");
  await insistOnThumbs(driver, "legs");
  await insistOnContrast(driver, "legs");

  // The producer's gate shows what it hands over; the driver's camera reads it, the driver signs, and the gate reads that.
  await acme.load(clean.number);
  await acme.visitor.look("driver-load");
  await insistOnThumbs(acme, "load");
  await acme.tap(acme.screen("load").locator("[data-part=steps] a").first());
  await acme.visitor.look("driver-give");
  await insistOnThumbs(acme, "sign");
  await acme.sign();
  await acme.visitor.look("driver-offer");
  await driver.page.goto(`${base}/driver#`);
  driver.taps = 0;
  const codes = await driver.scan(acme, driver.screen("legs").locator(".big a"));
  insist(codes <= 2, `an offer is ${codes} codes`);
  await driver.screen("sign").waitFor();
  await driver.visitor.look("driver-take");
  await insistOnContrast(driver, "take");
  insist(await driver.page.evaluate(() => /** @type {any} */ (window).told > 1), "hand and ear are told that a code was read");
  const sentence = await driver.screen("sign").locator("[data-part=sentence]").innerText();
  insist(sentence.includes(clean.number), `what is signed is told: ${sentence}`);
  await driver.screen("sign").locator("[data-part=marks] .good").waitFor();
  await driver.sign();
  insist(driver.taps <= MOST_TAPS, `a stop took ${driver.taps} taps`);
  await driver.visitor.look("driver-taken");
  await acme.scan(driver, acme.screen("show").locator("[data-part=answer]"));
  await acme.taken();

  // It opens again where there is still no network, and knows what it has.
  await driver.page.reload();
  await driver.ready();
  await driver.load(clean.number);
  await driver.visitor.look("driver-holds");
  await driver.tap(driver.screen("load").locator("[data-part=steps] a").first());
  await driver.sign();
  await heron.scan(driver, heron.screen("legs").locator(".big a"));
  await heron.screen("sign").locator("[data-part=marks] .good").waitFor();
  await heron.sign();
  await driver.scan(heron, driver.screen("show").locator("[data-part=answer]"));
  await driver.taken();

  // The same screens at the receiver's gate.
  await heron.load(clean.number);
  await heron.tap(heron.screen("load").locator("[data-part=steps] a").first());
  await heron.sign();
  await phoenix.scan(heron, phoenix.screen("legs").locator(".big a"));
  await phoenix.screen("sign").waitFor();
  await phoenix.sign();
  await heron.scan(phoenix, heron.screen("show").locator("[data-part=answer]"));
  await heron.taken();

  // A second load: the other side cannot sign, and at the gate a third of it is missing. The ledger is to find both, and nothing else.
  await driver.load(differing.number);
  await driver.tap(driver.screen("load").locator("[data-part=steps] a", { hasText: lang === "zh" ? "无法签名" : "cannot sign" }).first());
  await driver.screen("sign").locator("[data-part=marks] .warn").first().waitFor();
  await driver.visitor.look("driver-alone");
  await driver.sign();
  await driver.load(differing.number);
  await driver.tap(driver.screen("load").locator("[data-part=steps] a").first());
  await driver.sign();
  await phoenix.page.goto(`${base}/driver#`);
  await phoenix.scan(driver, phoenix.screen("legs").locator(".big a"));
  await phoenix.screen("sign").locator("[name=mass]").fill("1333.3");
  await phoenix.sign();

  // Back in the wrong order: the last one first. What others scanned of each other is sent along, and is one event.
  for (const [person, count] of /** @type {const} */ ([[phoenix, 2], [heron, 2], [acme, 1], [driver, 3]])) {
    await person.visitor.context.setOffline(false);
    await person.settled(count);
  }
  await driver.visitor.look("driver-queue");
  await insistOnThumbs(driver, "queue");
}, camera);

// The receiver has weighed both.
for (const [{ manifest }, mass_g] of /** @type {const} */ ([[clean, 1_000_000], [differing, 1_333_300]])) {
  await all.phoenix.state("waste.received", { manifest, site: all.sites.phoenix, lines: [{ line: 1, code: "900-041-49", outcome: "accepted", accepted: { mass_g, basis: "measured" } }] });
}
process.stdout.write(`${JSON.stringify({ clean: await told(all, clean.manifest), differing: await told(all, differing.manifest), receiver: all.codes.phoenix })}\n`);
