#!/usr/bin/env node
// The whole story on the pages of a sandbox: waste arises, a load of it is registered, confirmed, handed over and received in part; an
// officer opens a case about what was found of it, which is answered and closed; a stranger checks the bundle. Pages that stand open keep themselves true.
//
// story.mjs URL FOLDER LANG   pictures go to FOLDER

import { join } from "node:path";
import { PHONE, insist, visitor, withBrowser } from "./harness.mjs";

const [base, pictures, lang] = process.argv.slice(2);
const given = { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) };
const { parties } = await (await fetch(`${base}/sandbox`)).json();
const code = (/** @type {string} */ label) => parties.find((/** @type {any} */ party) => party.label === label).party;

const HOUR_MS = 3_600_000;
const said = (/** @type {string} */ zh, /** @type {string} */ en) => (lang === "zh" ? zh : en);

/** @typedef {import("./harness.mjs").Visitor} Visitor */

/** Waste arises and is registered to leave by swift for phoenix; the address of its manifest. @param {Visitor} acme */
async function register(acme) {
  const { page } = acme;
  await acme.go("/lots/new");
  const site = page.locator("[name='/site']");
  if ((await site.inputValue()) === "") await site.selectOption({ index: 1 });
  await page.locator("[name='/lots/0/code']").fill("90004149");
  await page.locator("[name='/lots/0/quantity/mass_g']").fill("1200");
  await acme.submit(page.locator("form[data-kind='waste.generated']"));
  await acme.sign();

  await acme.go("/manifests/new");
  const sites = page.locator("ul.choices a");
  if ((await sites.count()) > 0) await sites.first().click();
  await page.locator("fieldset", { hasText: "900-041-49" }).locator("input[type=checkbox]").last().check();
  await acme.submit(page.locator("form[action='/manifests/new']"));
  const form = page.locator("form[data-kind='manifest.registered']");
  const receiver = form.locator(`[name='/consignee'][value*='${code("phoenix")}']`).first();
  if (!(await receiver.isVisible())) await form.locator("details", { has: receiver }).locator("summary").first().click();
  await receiver.check();
  const carrier = await form.locator(`[name='/legs'] option[value*='${code("swift")}']`).first().getAttribute("value");
  await form.locator("[name='/legs']").selectOption(carrier);
  await acme.submit(form);
  await page.locator("#review[open]").waitFor();
  await acme.look("register-review-story");
  await acme.sign();
  return new URL(page.url()).pathname;
}

/** A case about what was found of a manifest is opened, answered and closed, weeks later. @param {Visitor} bureau @param {Map<string, Visitor>} firms @param {string} page */
async function pursue(bureau, firms, page) {
  await fetch(`${base}/sandbox/clock`, { method: "POST", body: JSON.stringify({ by_ms: 40 * 24 * HOUR_MS }) });
  await bureau.go(page);
  await bureau.look("manifest-officer");
  await bureau.page.locator("main a[href^='/findings/']").first().click();
  const opening = await bureau.open("case.opened");
  const concerned = opening.locator("[name='/party']");
  await concerned.selectOption({ index: 1 });
  const firm = firms.get(await concerned.inputValue());
  insist(firm, "the finding concerns one of those who had the load");
  await opening.locator("[name='/text']").fill(said("请说明情况，并提交证明。", "Explain this, with proof."));
  await bureau.submit(opening);
  await bureau.page.locator("#review[open]").waitFor();
  await bureau.look("case-review");
  await bureau.sign();
  const about = new URL(bureau.page.url()).pathname;

  await firm.go("/");
  await firm.look("desk-with-case");
  await firm.page.locator(`main a[href='${about}']`).first().click();
  const answer = await firm.open("case.answered");
  await answer.locator("[name='/text']").fill(said("已整改，证明另行报送。", "It has been put right; proof follows."));
  await firm.submit(answer);
  await firm.sign();
  await firm.look("case-answered");

  await bureau.go(about);
  const closing = await bureau.open("case.closed");
  await closing.locator("[name='/text']").fill(said("已现场核实，整改到位。", "Seen on the spot: it has been put right."));
  await bureau.submit(closing);
  await bureau.sign();
  insist((await bureau.page.locator("form[data-kind='case.closed']").count()) === 0, "a case is closed once");
  await bureau.look("case-closed");
}

/** Somebody who has nothing but the bundle and the key of the log. @param {Visitor} phoenix @param {Visitor} stranger @param {string} page */
async function verify(phoenix, stranger, page) {
  await phoenix.go(page);
  const link = phoenix.page.locator(`a[href='${page}/bundle']`);
  const [download] = await Promise.all([phoenix.page.waitForEvent("download"), link.click()]);
  const bundle = join(pictures, `story-bundle-${lang}.json`);
  await download.saveAs(bundle);
  const key = (await (await fetch(`${base}/api/v1/log/key`)).text()).trim();
  await stranger.go("/verify");
  await stranger.page.locator("#bundle").setInputFiles(bundle);
  await stranger.page.locator("#policy-text").fill(`log ${key}\nquorum none\n`);
  await stranger.page.locator("#run").click();
  await stranger.page.locator("[data-outcome=valid]:not([hidden])").waitFor();
  await stranger.look("verified-story");
}

/** What the first page weighs with all that it asks for, in a browser that holds nothing. @param {import("playwright-core").Browser} browser */
async function weight(browser) {
  const stranger = await visitor(browser, given);
  /** @type {Promise<number>[]} */
  const weights = [];
  stranger.page.on("response", (answer) => {
    // The stream that keeps the page true never ends.
    if (new URL(answer.url()).pathname === "/live") return;
    weights.push(answer.request().sizes().then((sizes) => sizes.responseBodySize + sizes.responseHeadersSize));
  });
  await stranger.go("/");
  const sizes = await Promise.all(weights);
  return sizes.reduce((sum, size) => sum + size, 0);
}

await withBrowser(async (browser) => {
  process.stdout.write(`${JSON.stringify({ firstPageBytes: await weight(browser) })}\n`);
  const acme = await visitor(browser, given);
  const swift = await visitor(browser, { ...given, viewport: PHONE });
  const phoenix = await visitor(browser, given);
  for (const [who, label] of /** @type {const} */ ([[acme, "acme"], [swift, "swift"], [phoenix, "phoenix"]])) await who.sit(code(label));
  await acme.look("tasks-producer");
  // Somebody has the desk open, and looks on.
  const desk = await phoenix.context.newPage();
  await desk.goto(base);
  await desk.locator("[data-live-state]:not([hidden])").waitFor();
  const waiting = desk.locator("[data-live=tasks]");
  const before = await waiting.innerText();
  const page = await register(acme);
  await desk.locator("[data-live=tasks] a[href='" + page + "']").first().waitFor();
  insist((await waiting.innerText()) !== before, "the desk shows what was registered meanwhile");
  await desk.close();

  await phoenix.go(page);
  await phoenix.submit(await phoenix.open("manifest.confirmed"));
  await phoenix.sign();

  await swift.go(page);
  const assigning = await swift.open("manifest.assigned");
  await swift.submit(assigning);
  await swift.page.locator(".faults").waitFor();
  await swift.look("assign-refused");
  await swift.hear("assign-refused", assigning);
  await assigning.locator("[name='/vehicle']").fill("鲁Q·10001");
  await swift.submit(assigning);
  await swift.page.locator("#review").waitFor();
  await swift.look("assign-review");
  await swift.sign();

  // The producer states it at the gate, the carrier signs afterwards.
  await acme.go(page);
  await acme.look("manifest-producer");
  const collecting = await acme.open("waste.collected");
  await acme.step(acme.page.locator("details.act[open] details summary").first().click());
  await acme.submit(collecting);
  await acme.sign();
  await swift.go("/tasks");
  await swift.look("tasks-carrier");
  await swift.go(page);
  await swift.submit(await swift.open("handover.countersigned"));
  await swift.sign();

  await phoenix.go(page);
  const delivery = await phoenix.open("waste.delivered");
  await phoenix.submit(delivery);
  await phoenix.sign();
  await swift.go(page);
  await swift.submit(await swift.open("handover.countersigned"));
  await swift.sign();

  // 180 kg of 1,200 are not what they should be.
  const receipt = await phoenix.open("waste.received");
  await phoenix.step(receipt.locator("input[value=partly]").check());
  await receipt.locator("[name='/lines/0/accepted/mass_g']").fill("1020");
  await receipt.locator("[name='/lines/0/rejected/mass_g']").fill("180");
  await phoenix.submit(receipt);
  await phoenix.page.locator(".faults").waitFor();
  await receipt.locator("[name='/lines/0/reason']").fill(lang === "zh" ? "六只桶标签与内容不符" : "six drums are not what their labels say");
  await phoenix.look("receive");
  await phoenix.hear("receive", receipt);
  await phoenix.submit(receipt);
  await phoenix.page.locator("#review[open]").waitFor();
  await phoenix.look("receive-review");
  insist((await phoenix.sign()).length > 0, "a receipt is shown");
  await phoenix.look("manifest-consignee");
  // What the other side signed afterwards is no longer one-sided.
  insist((await phoenix.page.locator(".lanes .arrow.good").count()) === 2, "both handovers are seen to be signed by both sides");

  const [bureau, stranger] = [await visitor(browser, given), await visitor(browser, given)];
  const seats = await (await fetch(`${base}/device`)).text();
  await bureau.sit(/** @type {RegExpExecArray} */ (/<option value="([0-9A-Z]{18})"/.exec(seats))[1]);
  await pursue(bureau, new Map([[code("acme"), acme], [code("swift"), swift], [code("phoenix"), phoenix]]), page);
  await verify(phoenix, stranger, page);
});
process.stdout.write("done\n");
