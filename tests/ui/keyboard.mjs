#!/usr/bin/env node
// A load is confirmed without a mouse: keys of the keyboard alone from the seat to the receipt, the focus always in sight.
//
// keyboard.mjs URL FOLDER LANG

import { insist, visitor, withBrowser } from "./harness.mjs";

const [base, pictures, lang] = process.argv.slice(2);
const { parties } = await (await fetch(`${base}/sandbox`)).json();
const phoenix = parties.find((/** @type {any} */ one) => one.label === "phoenix").party;
await fetch(`${base}/sandbox/act`, { method: "POST", body: JSON.stringify({ kind: "manifest.registered" }) });

/** Most presses of the tabulator until something is reached. */
const MOST_TABS = 60;

await withBrowser(async (browser) => {
  const who = await visitor(browser, { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) });
  const { page } = who;
  const press = (/** @type {string} */ key) => page.keyboard.press(key);

  /** Goes on from focus to focus until one fits, which must be seen to have it. @param {string} selector */
  async function tabTo(selector) {
    for (let tabs = 0; tabs < MOST_TABS; tabs += 1) {
      await press("Tab");
      const seen = await page.evaluate((wanted) => {
        const at = document.activeElement;
        if (!at?.matches(wanted)) return undefined;
        const { outlineStyle, outlineWidth } = getComputedStyle(at);
        return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
      }, selector);
      if (seen !== undefined) return insist(seen, `the focus on ${selector} is not seen`);
    }
    throw new Error(`${selector} is not reached in ${MOST_TABS} presses on ${page.url()}`);
  }

  await who.go(`/device?seat=${phoenix}`);
  await tabTo("#seat button");
  await Promise.all([page.waitForURL("**/tasks"), press("Enter")]);
  // To the first task by its key, and there by Enter.
  await page.locator("main table tbody a").first().waitFor();
  await press("j");
  await Promise.all([page.waitForURL("**/manifests/*"), press("Enter")]);
  await tabTo("details.act > summary");
  await press("Enter");
  await tabTo("form[data-kind='manifest.confirmed'] button");
  await press("Enter");
  await page.locator("#review[open]").waitFor();
  await who.look("keyboard-review");
  await tabTo("#review button[value=sign]");
  await press("Enter");
  await page.locator("#review [data-onward]").waitFor({ state: "visible" });
  insist(await page.evaluate(() => document.activeElement?.matches("[data-onward]")), "the way on has the focus");
  await Promise.all([page.waitForEvent("load"), press("Enter")]);
  await who.look("keyboard-confirmed");
});
process.stdout.write("done\n");
