// A headless Chromium, driven through the DevTools protocol over a pipe.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
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

/**
 * Starts a browser, does something with a page of it, and leaves nothing behind.
 * @param {(browser: Browser) => Promise<void>} act
 */
export async function browse(act) {
  const profile = mkdtempSync(join(tmpdir(), "liandan-chromium-"));
  const browser = new Browser(profile);
  try {
    browser.on((method, params) => browser.seen?.(method, params));
    await browser.openPage();
    await act(browser);
    browser.session = undefined;
    await browser.send("Browser.close");
  } finally {
    browser.process.kill();
    await browser.gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
  }
}
