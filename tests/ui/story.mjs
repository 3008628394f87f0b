#!/usr/bin/env node
// The whole story on the pages of a sandbox: a load is registered, confirmed, handed over, received in part, explained and closed, and
// strangers check its bundle.
//
// story.mjs URL FOLDER LANG   pictures go to FOLDER

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PHONE, insist, visitor, withBrowser } from "./harness.mjs";

const [base, pictures, lang] = process.argv.slice(2);
const given = { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) };
const { parties } = await (await fetch(`${base}/sandbox`)).json();
const code = (/** @type {string} */ label) => parties.find((/** @type {any} */ party) => party.label === label).party;

/** The manifest that the sandbox registers for acme. */
async function registered() {
  const body = JSON.stringify({ kind: "manifest.registered" });
  return (await (await fetch(`${base}/sandbox/act`, { method: "POST", body })).json()).manifest;
}

/** What the first page weighs with all that it asks for, in a browser that holds nothing. @param {import("playwright-core").Browser} browser */
async function weight(browser) {
  const stranger = await visitor(browser, given);
  /** @type {Promise<number>[]} */
  const weights = [];
  stranger.page.on("response", (answer) => weights.push(answer.request().sizes().then((sizes) => sizes.responseBodySize + sizes.responseHeadersSize)));
  await stranger.go("/");
  await stranger.page.waitForLoadState("networkidle");
  const sizes = await Promise.all(weights);
  return sizes.reduce((sum, size) => sum + size, 0);
}

await withBrowser(async (browser) => {
  process.stdout.write(`${JSON.stringify({ firstPageBytes: await weight(browser) })}\n`);
  const manifest = await registered();
  const page = `/manifests/${manifest}`;
  const acme = await visitor(browser, given);
  const swift = await visitor(browser, { ...given, viewport: PHONE });
  const phoenix = await visitor(browser, given);
  for (const [who, label] of /** @type {const} */ ([[acme, "acme"], [swift, "swift"], [phoenix, "phoenix"]])) await who.sit(code(label));
  await acme.look("tasks-producer");

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

  writeFileSync(join(pictures, `manifest-${lang}.txt`), manifest);
});
process.stdout.write("done\n");
