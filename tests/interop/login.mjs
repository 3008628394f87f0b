#!/usr/bin/env node
// The page /login in a headless browser: a key file is chosen, the page signs with it, and somebody is signed in or told why not.
//
// login.mjs FILE   where FILE is JSON: { "origin": …, "next": …, "keys": [FILE…] }
//
// Prints a line of JSON for every key: where the browser ended, what stands there, what was sent, which cookies it holds.

import { readFileSync } from "node:fs";
import { browse } from "./devtools.mjs";

/** Resolves once the page says that the file is no good. */
const TROUBLE = `new Promise((resolve) => {
  const trouble = document.getElementById("trouble");
  if (!trouble.hidden) resolve();
  new MutationObserver(() => trouble.hidden || resolve()).observe(trouble, { attributes: true });
})`;
const SEEN = `({ path: location.pathname, text: document.body.innerText, script: document.cookie })`;

async function signIn(browser, origin, next, key) {
  const sent = [];
  const wrong = [];
  browser.seen = (method, params) => {
    if (method === "Network.requestWillBeSent" && params.request.method === "POST") sent.push(params.request.postData);
    if (method === "Runtime.exceptionThrown") wrong.push(params.exceptionDetails.exception?.description);
    // Chromium tells of every answer that is an error; the first visit is answered 401 as it should be.
    if (method === "Log.entryAdded" && params.entry.source === "security") wrong.push(params.entry.text);
  };
  await browser.send("Network.clearBrowserCookies");
  const page = browser.once("Page.loadEventFired");
  await browser.send("Page.navigate", { url: `${origin}/login?next=${next}&lang=en` });
  await page;
  const entered = browser.once("Page.loadEventFired");
  await browser.choose("#key", key);
  await Promise.race([entered, browser.evaluate(TROUBLE).catch(() => entered)]);
  const { cookies } = await browser.send("Network.getCookies");
  return { ...(await browser.evaluate(SEEN)), sent, wrong, cookies };
}

const { origin, next, keys } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const seen = await browse(async (browser) => {
  const seen = [];
  for (const key of keys) seen.push(await signIn(browser, origin, next, key));
  return seen;
});
for (const what of seen) process.stdout.write(`${JSON.stringify(what)}\n`);
