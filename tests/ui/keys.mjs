#!/usr/bin/env node
// The life of a key in two browsers: one invites, the other enrols with the link and the word that was told apart, and is ended again.
//
// keys.mjs FILE   where FILE is JSON: { "origin": …, "officer": FILE.pem, "party": CODE }
//
// Prints a line of JSON for each step, with what the pages show.

import { readFileSync } from "node:fs";
import { device, enter, launch } from "./browser.mjs";

const { origin, officer, party } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const say = (step, seen) => process.stdout.write(`${JSON.stringify({ step, ...seen })}\n`);
const text = (page, selector = "main") => page.locator(selector).innerText();

const browser = await launch();
const wrong = [];
try {
  const office = await device(browser, origin, wrong);
  await enter(office, officer);
  await office.goto(`/keys?party=${party}`);
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

  const phone = await device(browser, origin, wrong, { viewport: { width: 390, height: 844 } });
  await phone.goto(link);
  await phone.getByLabel("Code").fill("0".repeat(code.length));
  await phone.getByRole("button", { name: "Make a key" }).click();
  await phone.locator("#trouble:not([hidden])").waitFor();
  say("wrong-code", { said: await text(phone, "#trouble") });
  await phone.getByLabel("Code").fill(code);
  await phone.getByRole("button", { name: "Make a key" }).click();
  await phone.waitForURL((url) => url.pathname !== "/device");
  say("enrolled", { path: new URL(phone.url()).pathname, who: await text(phone, ".account .who") });

  const again = await device(browser, origin, wrong);
  await again.goto(link);
  await again.getByLabel("Code").fill(code);
  await again.getByRole("button", { name: "Make a key" }).click();
  await again.locator("#trouble:not([hidden])").waitFor();
  say("used-twice", { said: await text(again, "#trouble") });

  await phone.goto("/keys");
  const kid = await phone.locator("main p .mono").innerText();
  await office.goto(`/keys/${kid}`);
  await office.locator("details.act summary").click();
  await office.getByLabel("Reason").selectOption("lost");
  await office.locator("form.deed > button").click();
  await office.locator("#review button[value=sign]").click();
  await office.locator("#review [data-onward]").click();
  await office.waitForURL((url) => url.pathname === `/keys/${kid}`);
  say("revoked", { kid, text: await text(office) });

  await phone.goto("/tasks");
  say("ended", { isSignedIn: (await phone.locator("form[action='/logout']").count()) > 0 });
} finally {
  await browser.close();
}
say("end", { wrong });
