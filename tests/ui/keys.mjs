#!/usr/bin/env node
// The life of a key in two browsers: one invites, the other enrols with the link and the word that was told apart, and is ended again.
//
// keys.mjs FILE   where FILE is JSON: { "origin": …, "officer": FILE.pem, "party": CODE }
//
// Prints a line of JSON for each step, with what the pages show.

import { readFileSync } from "node:fs";
import { PHONE, visitor, withBrowser } from "./harness.mjs";

const { origin, officer, party } = JSON.parse(readFileSync(process.argv[2], "utf8"));
/** @param {string} step @param {object} seen */
const say = (step, seen) => process.stdout.write(`${JSON.stringify({ step, ...seen })}\n`);
/** @param {import("playwright-core").Page} page @param {string} [selector] */
const text = (page, selector = "main") => page.locator(selector).innerText();

await withBrowser(async (browser) => {
  /** A device of its own: another context shares neither cookies nor keys. @param {{ width: number, height: number }} [viewport] */
  const device = (viewport) => visitor(browser, { base: origin, lang: "en", pictures: "", viewport });
  const [desk, pocket, other] = [await device(), await device(PHONE), await device()];
  const [office, phone, again] = [desk.page, pocket.page, other.page];

  await desk.go("/device");
  await office.locator("#key-file").setInputFiles(officer);
  await office.waitForURL((url) => url.pathname !== "/device");
  await desk.go(`/keys?party=${party}`);
  await office.getByRole("link", { name: "Invite a key" }).click();
  await office.getByLabel("Role").selectOption("operator");
  await office.getByLabel("Good for hours").fill("0");
  await office.getByRole("button", { name: "Sign the invitation" }).click();
  say("refused", { said: await text(office, "#trouble") });
  await office.getByLabel("Good for hours").fill("24");
  await office.getByRole("button", { name: "Sign the invitation" }).click();
  await office.locator("#invited").waitFor();
  const [link, code] = [await text(office, "#link"), await text(office, "#code")];
  const scan = await office.locator("#scan").evaluate((image) => ({ wide: image.naturalWidth, isShown: !image.hidden }));
  say("invited", { link, code, scan });

  await phone.goto(link);
  await phone.getByLabel("Code").fill("0".repeat(code.length));
  await phone.getByRole("button", { name: "Make a key" }).click();
  await phone.locator("#trouble:not([hidden])").waitFor();
  say("wrong-code", { said: await text(phone, "#trouble") });
  await phone.getByLabel("Code").fill(code);
  await phone.getByRole("button", { name: "Make a key" }).click();
  await phone.waitForURL((url) => url.pathname !== "/device");
  say("enrolled", { path: new URL(phone.url()).pathname, who: await text(phone, ".account .who") });

  await again.goto(link);
  await again.getByLabel("Code").fill(code);
  await again.getByRole("button", { name: "Make a key" }).click();
  await again.locator("#trouble:not([hidden])").waitFor();
  say("used-twice", { said: await text(again, "#trouble") });

  await pocket.go("/keys");
  const kid = await phone.locator("main p .mono").innerText();
  await desk.go(`/keys/${kid}`);
  await office.locator("details.act summary").click();
  await office.getByLabel("Reason").selectOption("lost");
  await office.locator("form.deed > button").click();
  await office.locator("#review button[value=sign]").click();
  await office.locator("#review [data-onward]").click();
  await office.waitForURL((url) => url.pathname === `/keys/${kid}`);
  say("revoked", { kid, text: await text(office) });

  await pocket.go("/tasks");
  say("ended", { isSignedIn: (await phone.locator("form[action='/logout']").count()) > 0 });
  say("end", { wrong: [desk, pocket, other].flatMap(({ troubles }) => troubles) });
});
