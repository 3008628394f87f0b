// A headless Chromium, driven through the DevTools protocol over a pipe.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--remote-debugging-pipe", "--window-size=1100,1400", "about:blank",
];

/** How long one attempt may take. A machine that starts a browser for the first time, beside other work, is slow. */
const ATTEMPT_MS = 240_000;
/** How often a browser is started that dies or falls silent. */
const ATTEMPTS = 3;

/** The browser is gone or says nothing: that says nothing about the pages. */
class BrowserLost extends Error {}

/** A browser, and one page of it. */
class Browser {
  #next = 1;
  #waiting = new Map();
  #listeners = [];
  #rest = "";
  #complaints = "";

  constructor(profile) {
    // A home of its own: two browsers of one user otherwise meet in its folders.
    this.process = spawn("chromium", [`--user-data-dir=${profile}`, ...FLAGS], {
      stdio: ["ignore", "ignore", "pipe", "pipe", "pipe"],
      env: { ...process.env, HOME: profile, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
    });
    this.gone = new Promise((resolve) => this.process.on("exit", resolve).on("error", resolve));
    /** Rejected when nothing more can come of this browser. */
    this.lost = new Promise((_, reject) => {
      const lose = (why) => reject(new BrowserLost(`${why}. Chromium said: ${this.#complaints}`));
      const timer = setTimeout(() => lose("not done in time"), ATTEMPT_MS);
      this.gone.then((code) => (clearTimeout(timer), lose(`the browser ended (${code})`)));
      this.on((method) => method === "Inspector.targetCrashed" && lose("the page crashed"));
    });
    this.process.stderr.setEncoding("utf8").on("data", (text) => (this.#complaints = (this.#complaints + text).slice(-4000)));
    this.process.stdio[3].on("error", () => {});
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

/**
 * Starts a browser, does something with a page of it, and leaves nothing behind; begins again where the browser itself fails.
 * @template T
 * @param {(browser: Browser) => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function browse(act) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await browseOnce(act);
    } catch (why) {
      if (!(why instanceof BrowserLost) || attempt === ATTEMPTS) throw why;
      console.error(`attempt ${attempt}: ${why.message}`);
    }
  }
}

async function browseOnce(act) {
  const profile = mkdtempSync(join(tmpdir(), "liandan-chromium-"));
  const browser = new Browser(profile);
  try {
    browser.on((method, params) => browser.seen?.(method, params));
    return await Promise.race([browser.openPage().then(() => act(browser)), browser.lost]);
  } finally {
    browser.process.kill("SIGKILL");
    await browser.gone;
    await remove(profile);
  }
}

/** Removes a folder that children of the browser may still be writing to; what cannot be removed is no fault of any page. */
async function remove(folder) {
  for (let attempt = 1; attempt <= 50; attempt++) {
    try {
      return rmSync(folder, { recursive: true, force: true });
    } catch {
      await delay(100);
    }
  }
  console.error(`${folder} is left behind`);
}
