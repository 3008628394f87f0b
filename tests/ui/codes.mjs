#!/usr/bin/env node
// An offer is shown as codes at the gate, and whoever scans them with any camera reads what is handed over; also with the network away.
//
// codes.mjs URL FOLDER LANG   pictures go to FOLDER

import { webcrypto } from "node:crypto";
import { PHONE, insist, visitor, withBrowser } from "./harness.mjs";
import { codes, read } from "../../src/web/assets/carry/optical.js";

// Node 18 has it under this name only.
globalThis.crypto ??= /** @type {any} */ (webcrypto);

const [base, pictures, lang] = process.argv.slice(2);
const given = { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) };
const { parties } = await (await fetch(`${base}/sandbox`)).json();
const code = (/** @type {string} */ label) => parties.find((/** @type {any} */ party) => party.label === label).party;
const act = async (/** @type {object} */ what) => (await fetch(`${base}/sandbox/act`, { method: "POST", body: JSON.stringify(what) })).json();

const { manifest } = await act({ kind: "manifest.registered" });
insist(manifest, "a manifest is registered");
for (const kind of ["manifest.confirmed", "manifest.assigned"]) await act({ manifest, kind });

await withBrowser(async (browser) => {
  const acme = await visitor(browser, given);
  await acme.sit(code("acme"));
  await acme.go(`/manifests/${manifest}`);
  await acme.step(acme.page.locator("details.act", { has: acme.page.locator("form[data-typ=offer]") }).locator("summary").first().click());
  await acme.submit(acme.page.locator("form[data-typ=offer]").first());
  await acme.step(acme.page.locator("#review button[value=sign]").click());
  await acme.page.waitForURL("**/offers/*");
  await acme.look("offer-codes");
  const compact = (await acme.page.locator("details pre").textContent()) ?? "";
  const shown = /** @type {string[]} */ (await codes(compact));
  insist(shown.length <= 2 && (await acme.page.locator(".scanned svg.qr").count()) === shown.length, "an offer is two codes at most");
  insist((await read(shown)) === compact, "the codes come back to what was signed");

  // Somebody with a camera and nothing else: what the code says comes from the address alone.
  const driver = await visitor(browser, { ...given, viewport: PHONE });
  await driver.go("/q");
  await driver.look("code-nothing");
  await driver.context.route("**/api/**", (route) => route.abort());
  const facts = driver.page.locator("[data-part=facts]:not([hidden])");
  const waiting = driver.page.locator("[data-part=incomplete]:not([hidden])");
  for (const text of shown) {
    await driver.go(`/q#${text}`);
    await facts.or(waiting).waitFor();
  }
  await facts.waitFor();
  const told = await facts.innerText();
  for (const part of [manifest, code("acme"), code("swift")]) insist(told.includes(part), `${part} is told: ${told}`);
  await driver.look("code-offer");
  insist((await driver.page.locator("[data-part=onward]").getAttribute("href")) === `/manifests/${manifest}`, "it leads to the manifest");

  // Two codes find each other, in whatever order they are scanned.
  const payload = { v: 1, log: "x", step: "collected", manifest, from: code("acme"), to: code("swift"), at: new Date(0).toISOString(), lines: Array.from({ length: 90 }, (_, n) => ({ line: n + 1, mass_g: 1_000_001 + n })) };
  const base64url = (/** @type {string | Buffer} */ bytes) => Buffer.from(bytes).toString("base64url");
  const header = `{"alg":"EdDSA","kid":"${"A".repeat(43)}","typ":"waste-offer+jws"}`;
  const long = /** @type {string[]} */ (await codes([header, JSON.stringify(payload), Buffer.alloc(64)].map(base64url).join(".")));
  insist(long.length === 2, `ninety lines are two codes, not ${long.length}`);
  await driver.go(`/q#${long[1]}`);
  await waiting.waitFor();
  await driver.look("code-incomplete");
  await driver.go(`/q#${long[0]}`);
  await driver.page.locator("[data-part=facts]:not([hidden])", { hasText: "1000.09" }).waitFor();
  // A hand scanner types the whole address. What was told before names the same firms: it must be gone, or the page is still about to change.
  await driver.page.locator("[name=code]").fill(`${base}/q#${shown[0]}`);
  await driver.page.keyboard.press("Enter");
  await driver.page.locator("[data-part=facts]:not([hidden])", { hasText: code("swift"), hasNotText: "1000.09" }).waitFor();
  // Through the camera. This browser reads no codes by itself: what stands in for that has to be handed a picture that moves, and sees the
  // code in the third one.
  await driver.page.addInitScript((seen) => {
    let looks = 0;
    const Stub = class {
      async detect(/** @type {HTMLVideoElement} */ from) {
        looks += from.videoWidth > 0 ? 1 : 0;
        return looks < 3 ? [] : [{ rawValue: seen }];
      }
    };
    /** @type {any} */ (window).BarcodeDetector = Stub;
  }, `${base}/q#${shown[0]}`);
  await driver.go("/q");
  await driver.page.reload();
  await driver.page.locator("[data-part=camera]").click();
  await driver.page.locator("[data-part=facts]:not([hidden])", { hasText: code("swift") }).waitFor();
  insist(await driver.page.locator("[data-part=seen]").isHidden(), "the camera is off again");
  await driver.go("/q#111nonsense");
  await driver.page.locator("[data-part=unread]:not([hidden])").waitFor();

  // Where there is no network the page opens all the same, also in the language that was chosen since.
  await driver.page.evaluate(() => navigator.serviceWorker.ready);
  await driver.context.setOffline(true);
  const nobody = await driver.context.newPage();
  await nobody.goto(`${base}/q#${shown[0]}`);
  await nobody.locator("[data-part=facts]:not([hidden])", { hasText: code("swift") }).waitFor();
  const [own, other] = lang === "zh" ? ["码中内容", "What this code says"] : ["What this code says", "码中内容"];
  insist((await nobody.locator("h1").innerText()) === own, "in the language of the reader");
  await driver.context.setOffline(false);
  await nobody.locator("header a[hreflang]").click();
  // The facts stand on the page that is being left, too.
  await nobody.locator("h1", { hasText: other }).waitFor();
  await nobody.locator("[data-part=facts]:not([hidden])", { hasText: code("swift") }).waitFor();
  await driver.context.setOffline(true);
  await nobody.reload();
  insist((await nobody.locator("h1").innerText()) === other, "in the other language");
  await driver.context.setOffline(false);
  await nobody.close();
  await driver.look("code-unread");
});
process.stdout.write("done\n");
