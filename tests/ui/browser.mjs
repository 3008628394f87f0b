// A headless Chromium for the checks of this folder, and what goes wrong on its pages.

import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
  "--disable-sync",
];

/** A browser with nothing in it. */
export const launch = () => chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: FLAGS });

/**
 * A device of its own: another context shares neither cookies nor keys.
 * @param {import("playwright-core").Browser} browser
 * @param {string} origin
 * @param {string[]} wrong what the pages complain of
 * @param {import("playwright-core").BrowserContextOptions} [options]
 */
export async function device(browser, origin, wrong, options) {
  const context = await browser.newContext({ baseURL: origin, locale: "en-GB", viewport: { width: 1440, height: 900 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (error) => wrong.push(String(error)));
  page.on("console", (message) => {
    // Chromium tells of every answer that is an error; those are for the pages to show.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) wrong.push(message.text());
  });
  return page;
}

/**
 * Signs in with a key file, which becomes a key of this device.
 * @param {import("playwright-core").Page} page
 * @param {string} file
 */
export async function enter(page, file) {
  await page.goto("/device");
  await page.locator("#key-file").setInputFiles(file);
  await page.waitForURL((url) => url.pathname !== "/device");
}
