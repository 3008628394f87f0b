#!/usr/bin/env node
// Drums at the gate: each is scanned against what the other side signed, a missing one stops the handover until somebody says why; a load is refused
// at the gate and goes home; and an officer at the road reads a pass without a network.
//
// driver-containers.mjs URL FOLDER LANG   pictures go to FOLDER

import { join } from "node:path";
import { mkdirSync, writeFileSync } from "node:fs";
import { PHONE, insist, visitor, withBrowser } from "./harness.mjs";
import { arose, hand, registered, told, uuid, world } from "./gate.mjs";

const [base, pictures, lang] = process.argv.slice(2);
const given = { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) };
const say = (/** @type {string} */ zh, /** @type {string} */ en) => (lang === "zh" ? zh : en);
const DRUMS = 3;
const DRUM_G = 200_000;

mkdirSync(pictures, { recursive: true });
const camera = join(pictures, `camera-containers-${lang}.mjpeg`);
writeFileSync(camera, "");
const all = await world(base);
const { labels } = await all.acme.call("/label-blocks", { lease: uuid(), code: "900-041-49", on: new Date().toISOString().slice(0, 10), count: DRUMS });
const containers = labels.map((/** @type {string} */ label) => ({ container: uuid(), label, litres: 200, mass_g: DRUM_G }));
await arose(all, DRUMS * DRUM_G, containers);
await arose(all, 500_000);
const drums = await registered(all, DRUMS * DRUM_G, [all.codes.swift]);
const refused = await registered(all, 500_000, [all.codes.swift]);

await withBrowser(async (browser) => {
  const [acme, driver, phoenix] = [await hand(browser, given, all.pems.acme, camera), await hand(browser, given, all.pems.driver, camera), await hand(browser, given, all.pems.phoenix, camera)];
  for (const person of [acme, driver, phoenix]) {
    await person.screen("legs").locator("[data-part=loads] a", { hasText: refused.number }).waitFor();
    await person.visitor.context.setOffline(true);
  }

  // The gate chooses all drums from its store; the driver scans each, and one is not there.
  await acme.load(drums.number);
  await acme.tap(acme.screen("load").locator("[data-part=steps] a").first());
  await acme.tap(acme.screen("sign").locator("[data-act=see-all]"));
  await acme.sign();
  await driver.page.goto(`${base}/driver#`);
  await driver.scan(acme, driver.screen("legs").locator(".big a"));
  const counted = driver.screen("sign").locator("[data-part=counted]");
  await counted.filter({ hasText: "3" }).waitFor();
  await driver.tap(driver.screen("sign").locator("[data-act=see-each]"));
  const typed = driver.screen("scan").locator("[name=code]");
  for (const label of [labels[0], ` ${labels[1].toLowerCase()} `, "NOT-ONE-OF-THEM"]) {
    await typed.fill(label);
    await driver.page.keyboard.press("Enter");
  }
  await driver.screen("scan").locator("[data-part=told]", { hasText: "2" }).waitFor();
  await driver.visitor.look("driver-scanning");
  await driver.tap(driver.screen("scan").locator("[data-part=enough]"));
  const differs = driver.screen("sign").locator("[data-part=differs]:not([hidden])");
  await differs.waitFor();
  const named = await differs.innerText();
  insist(named.includes(labels[2]) && named.includes("NOT-ONE-OF-THEM"), `what differs is named: ${named}`);
  const go = driver.screen("sign").locator("[data-part=go]");
  insist(await go.isDisabled(), "it stops");
  await driver.visitor.look("driver-stopped");
  await driver.screen("sign").locator("[name=note]").fill(say("一桶渗漏，留在库里", "one drum leaks and stays in the store"));
  insist(await go.isEnabled(), "a reason lets it go on");
  await driver.sign();
  await acme.scan(driver, acme.screen("show").locator("[data-part=answer]"));
  await acme.taken();

  // Another load is refused at the gate and comes home, all of it without a network.
  await acme.load(refused.number);
  await acme.tap(acme.screen("load").locator("[data-part=steps] a").first());
  await acme.sign();
  await driver.page.goto(`${base}/driver#`);
  await driver.scan(acme, driver.screen("legs").locator(".big a"));
  await driver.screen("sign").waitFor();
  await driver.sign();
  // The gate has not seen that it was taken: it learns so from the driver's screen.
  await phoenix.page.goto(`${base}/driver#`);
  await phoenix.scan(driver, phoenix.screen("legs").locator(".big a"));
  await phoenix.taken();
  await phoenix.load(refused.number);
  await phoenix.tap(phoenix.screen("load").locator("[data-part=steps] a", { hasText: say("拒收", "Refuse") }));
  await phoenix.screen("sign").locator("[name=note]").fill(say("与样品不符", "it is not what the sample was"));
  await phoenix.visitor.look("driver-refusing");
  await phoenix.sign();
  await driver.page.goto(`${base}/driver#`);
  await driver.scan(phoenix, driver.screen("legs").locator(".big a"));
  await driver.taken();
  await driver.load(refused.number);
  await driver.tap(driver.screen("load").locator("[data-part=steps] a").first());
  await driver.sign();
  await acme.page.goto(`${base}/driver#`);
  await acme.scan(driver, acme.screen("legs").locator(".big a"));
  await acme.screen("sign").waitFor();
  await acme.sign();

  for (const [person, count] of /** @type {const} */ ([[acme, 2], [driver, 3], [phoenix, 2]])) {
    await person.visitor.context.setOffline(false);
    await person.settled(count);
  }

  // At the road: what the ledger said last, read on a phone that only ever opened the page.
  await driver.page.goto(`${base}/driver#pass=${drums.manifest}`);
  await driver.screen("pass").locator("svg.qr").first().waitFor();
  await driver.visitor.look("driver-pass");
  const officer = await visitor(browser, { ...given, viewport: PHONE });
  await officer.go("/q");
  await officer.page.evaluate(() => navigator.serviceWorker.ready);
  await officer.context.setOffline(true);
  await driver.hold("pass");
  await officer.page.locator("[data-part=camera]").click();
  await officer.page.locator("[data-part=marks] .good").waitFor();
  const read = await officer.page.locator("[data-part=facts]").innerText();
  insist(read.includes(drums.number), `the officer reads which load it is: ${read}`);
  await officer.look("driver-pass-read");
}, camera);

process.stdout.write(`${JSON.stringify({ drums: await told(all, drums.manifest), refused: await told(all, refused.manifest), codes: all.codes })}\n`);
