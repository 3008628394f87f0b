#!/usr/bin/env node
// The page /verify in a headless browser, driven through the DevTools protocol.
//
// chromium.mjs FILE   where FILE is JSON: { "origin": …, "cases": [{ "lang", "bundle", "policy", "screenshot" }] }
//
// Prints a line of JSON for every case: what came out, what the page asked the network for, what went wrong in it.

import { readFileSync, writeFileSync } from "node:fs";
import { browse } from "./devtools.mjs";

/** Resolves once an outcome is shown. */
const OUTCOME = `new Promise((resolve) => {
  const shown = () => document.querySelector("[data-outcome]:not([hidden])")?.dataset.outcome;
  if (shown()) resolve(shown());
  new MutationObserver(() => shown() && resolve(shown())).observe(document.getElementById("result"), { subtree: true, attributes: true });
})`;
const SEEN = `({
  took: document.querySelector("#took span").textContent,
  checks: [...document.querySelectorAll("[data-check]")].map((item) => [item.dataset.check, item.querySelector("[data-state]").className]),
  entries: document.querySelectorAll("#entries tbody tr").length,
  text: document.querySelector("main").innerText,
})`;

async function check(browser, origin, given) {
  const asked = [];
  const wrong = [];
  browser.seen = (method, params) => {
    if (method === "Network.requestWillBeSent") asked.push(params.request.url);
    if (method === "Runtime.exceptionThrown") wrong.push(params.exceptionDetails.exception?.description);
    if (method === "Log.entryAdded" && params.entry.level === "error") wrong.push(params.entry.text);
  };
  const loaded = browser.once("Page.loadEventFired");
  await browser.send("Page.navigate", { url: `${origin}/verify?lang=${given.lang}` });
  await loaded;
  const troubles = [...wrong];
  // The policy of the page refuses this before it becomes a request; that it is logged is as it should be.
  const reached = await browser.evaluate(`fetch("/log").then(() => "reached", () => "refused")`);
  const page = asked.splice(0);
  // Whatever happens from here on happens without a network.
  await browser.offline(true);
  await browser.choose("#bundle", given.bundle);
  await browser.choose("#policy", given.policy);
  await browser.evaluate(`document.getElementById("run").click()`);
  const outcome = await browser.evaluate(OUTCOME);
  const seen = await browser.evaluate(SEEN);
  const { data } = await browser.send("Page.captureScreenshot", { captureBeyondViewport: true });
  writeFileSync(given.screenshot, Buffer.from(data, "base64"));
  await browser.offline(false);
  return { outcome, reached, page, asked, troubles, ...seen };
}

const { origin, cases } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const seen = await browse(async (browser) => {
  const seen = [];
  for (const given of cases) seen.push(await check(browser, origin, given));
  return seen;
});
for (const what of seen) process.stdout.write(`${JSON.stringify(what)}\n`);
