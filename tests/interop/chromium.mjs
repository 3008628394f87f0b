#!/usr/bin/env node
// The page /verify in a headless browser, driven through the DevTools protocol over a pipe.
//
// chromium.mjs FILE   where FILE is JSON: { "origin": …, "cases": [{ "lang", "bundle", "policy", "screenshot" }] }
//
// Prints a line of JSON for every case: what came out, what the page asked the network for, what went wrong in it.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--window-size=1100,1400", "about:blank",
];

/** A browser, and one page of it. */
class Browser {
  #next = 1;
  #waiting = new Map();
  #listeners = [];
  #rest = "";

  constructor(profile) {
    this.process = spawn("chromium", [`--user-data-dir=${profile}`, ...FLAGS], {
      stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"],
    });
    this.gone = new Promise((resolve) => this.process.on("exit", resolve));
    this.process.stdio[4].setEncoding("utf8").on("data", (text) => this.#read(text));
  }

  #read(text) {
    const messages = (this.#rest + text).split("\0");
    this.#rest = messages.pop();
    for (const message of messages.map((json) => JSON.parse(json))) {
      const waiting = this.#waiting.get(message.id);
      if (waiting && message.error) waiting.reject(new Error(JSON.stringify(message.error)));
      else if (waiting) waiting.resolve(message.result);
      else this.#listeners.forEach((listen) => listen(message.method, message.params));
    }
  }

  on(listen) {
    this.#listeners.push(listen);
  }

  send(method, params = {}) {
    const id = this.#next++;
    this.process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId: this.session })}\0`);
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  once(method) {
    return new Promise((resolve) => this.on((seen) => seen === method && resolve()));
  }

  async openPage() {
    const { targetId } = await this.send("Target.createTarget", { url: "about:blank" });
    this.session = (await this.send("Target.attachToTarget", { targetId, flatten: true })).sessionId;
    for (const domain of ["Page", "Network", "Runtime", "Log", "DOM"]) await this.send(`${domain}.enable`);
  }

  /** What an expression, or the promise it gives, comes to. */
  async evaluate(expression) {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    });
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  async choose(input, file) {
    const { root } = await this.send("DOM.getDocument");
    const { nodeId } = await this.send("DOM.querySelector", { nodeId: root.nodeId, selector: input });
    await this.send("DOM.setFileInputFiles", { nodeId, files: [file] });
  }

  offline(offline) {
    return this.send("Network.emulateNetworkConditions", { offline, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
  }
}

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
const profile = mkdtempSync(join(tmpdir(), "liandan-chromium-"));
const browser = new Browser(profile);
try {
  browser.on((method, params) => browser.seen?.(method, params));
  await browser.openPage();
  for (const given of cases) process.stdout.write(`${JSON.stringify(await check(browser, origin, given))}\n`);
  browser.session = undefined;
  await browser.send("Browser.close");
} finally {
  browser.process.kill();
  await browser.gone;
  rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
}
