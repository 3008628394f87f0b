// What every script here needs: Debian's Chromium, a visitor who sits down, signs and is looked over by axe, and pictures of what was seen.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
  // A camera that nobody has to allow.
  "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream",
];
/** Longest wait for anything on a page, in milliseconds: a machine beside other work is slow. */
const PATIENCE_MS = 60_000;
export const DESKTOP = { width: 1440, height: 900 };
export const PHONE = { width: 390, height: 844 };

/** Somebody in front of a browser. */
export class Visitor {
  /**
   * @param {import("playwright-core").BrowserContext} context
   * @param {import("playwright-core").Page} page
   * @param {{ base: string, lang: "zh" | "en", pictures: string }} given
   */
  constructor(context, page, given) {
    this.context = context;
    this.page = page;
    this.base = given.base;
    this.lang = given.lang;
    this.pictures = given.pictures;
    this.steps = 0;
    /** What pages asked for that is not here, and what went wrong in them. @type {string[]} */
    this.troubles = [];
    page.on("pageerror", (error) => this.troubles.push(String(error)));
    page.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== this.base && protocol !== "data:") this.troubles.push(`asked ${request.url()}`);
    });
    page.on("console", (message) => {
      if (/Content Security Policy|Trusted Type/i.test(message.text())) this.troubles.push(message.text());
    });
  }

  /** @param {string} path */
  async go(path) {
    await this.page.goto(this.base + path);
  }

  /** One step of a task: a click, a key, a choice. @template T @param {Promise<T>} act @returns {Promise<T>} */
  async step(act) {
    this.steps += 1;
    return act;
  }

  /** Sits down in the demonstration as the firm of this code, and comes to its tasks. @param {string} party */
  async sit(party) {
    await this.go(`/device?seat=${party}`);
    await this.page.locator("#seat button").click();
    await this.page.waitForURL("**/tasks");
  }

  /** Checks what the form says and signs it; what the dialog said. */
  async sign() {
    const review = this.page.locator("#review");
    await this.step(review.locator("button[value=sign]").click());
    const onward = review.locator("[data-onward]");
    await onward.waitFor({ state: "visible" });
    const said = await review.innerText();
    await Promise.all([this.page.waitForEvent("load"), this.step(onward.click())]);
    return said;
  }

  /** Opens one thing to do on a page, by its kind of event, and gives its forms. @param {string} kind */
  async open(kind) {
    const form = this.page.locator(`form[data-kind="${kind}"]`);
    const act = this.page.locator("details.act").filter({ has: this.page.locator(`form[data-kind="${kind}"]`) });
    await this.step(act.locator("summary").first().click());
    return form.first();
  }

  /** Presses the button of a form that leads to the review. @param {import("playwright-core").Locator} form */
  async submit(form) {
    await this.step(form.locator("button:not([type=button])").last().click());
  }

  /** A picture of the whole page, and what axe says against it. @param {string} name */
  async look(name) {
    mkdirSync(this.pictures, { recursive: true });
    const file = join(this.pictures, `${name}-${this.lang}-${this.page.viewportSize()?.width}.png`);
    await this.page.screenshot({ path: file, fullPage: true });
    const found = await this.axe();
    if (found.length > 0) throw new Error(`${name}: axe found ${found.join("; ")}`);
    if (this.troubles.length > 0) throw new Error(`${name}: ${this.troubles.join("; ")}`);
    const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    if (wide > 0) throw new Error(`${name}: the page is ${wide} px wider than the screen`);
  }

  /**
   * What a part of the page is to those who hear it, held against what it was (tests/ui/aria; LIANDAN_BLESS=1 writes that anew).
   * @param {string} name
   * @param {import("playwright-core").Locator} part
   */
  async hear(name, part) {
    const file = new URL(`aria/${name}-${this.lang}.yml`, import.meta.url);
    // A sandbox lives in the machine's time.
    const heard = `${await part.ariaSnapshot()}\n`.replace(/\b20\d\d(-\d\d-\d\d)?\b/g, (day) => (day.length > 4 ? "YYYY-MM-DD" : "YYYY"));
    if (process.env.LIANDAN_BLESS === "1") writeFileSync(file, heard);
    insist(readFileSync(file, "utf8") === heard, `${name} is heard otherwise than it was:\n${heard}`);
  }

  /**
   * Serious and critical findings of axe, each with where it is.
   * @param {string} [within] a part of the page
   * @param {string[]} [rules] these alone
   */
  async axe(within, rules) {
    // The page's policy lets no script in; a world of its own is not bound by it.
    const session = await this.context.newCDPSession(this.page);
    const { frameTree } = await session.send("Page.getFrameTree");
    const { executionContextId } = await session.send("Page.createIsolatedWorld", { frameId: frameTree.frame.id, worldName: "axe" });
    const evaluate = async (/** @type {string} */ expression) => {
      const answer = await session.send("Runtime.evaluate", { expression, contextId: executionContextId, awaitPromise: true, returnByValue: true });
      if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
      return answer.result.value;
    };
    await evaluate(`${AXE};0`);
    const asked = { resultTypes: ["violations"], ...(rules && { runOnly: rules }) };
    const found = await evaluate(`axe.run(${JSON.stringify(within ?? null)} ?? document, ${JSON.stringify(asked)}).then(({ violations }) => violations
      .filter(({ impact }) => impact === "serious" || impact === "critical")
      .map(({ id, nodes }) => id + " at " + nodes.slice(0, 3).map(({ target, failureSummary }) => target.join(" ") + " (" + failureSummary.split("\\n").slice(1, 2).join("") + ")").join(", ")))`);
    await session.detach();
    return /** @type {string[]} */ (found);
  }
}

/**
 * A visitor with a browser profile of its own.
 * @param {import("playwright-core").Browser} browser
 * @param {{ base: string, lang: "zh" | "en", pictures: string, viewport?: { width: number, height: number }, dark?: boolean }} given
 */
export async function visitor(browser, given) {
  const context = await browser.newContext({
    viewport: given.viewport ?? DESKTOP,
    locale: given.lang === "zh" ? "zh-CN" : "en-GB",
    colorScheme: given.dark ? "dark" : "light",
  });
  context.setDefaultTimeout(PATIENCE_MS);
  return new Visitor(context, await context.newPage(), given);
}

/**
 * @param {(browser: import("playwright-core").Browser) => Promise<void>} act
 * @param {string} [camera] a file of pictures (MJPEG) that its cameras see, in place of one of the browser's own
 */
export async function withBrowser(act, camera) {
  const seen = camera ? [`--use-file-for-fake-video-capture=${camera}`] : [];
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: [...FLAGS, ...seen] });
  try {
    await act(browser);
  } finally {
    await browser.close();
  }
}

/** @param {unknown} holds @param {string} what @returns {asserts holds} */
export function insist(holds, what) {
  if (!holds) throw new Error(what);
}
