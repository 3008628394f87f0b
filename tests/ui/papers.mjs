#!/usr/bin/env node
// What is filed and permitted, by form: a plan is amended, a declaration filed and accepted, a transfer applied for, a permit suspended, an officer
// put on duty, on the pages of a sandbox.
//
// papers.mjs URL FOLDER LANG   pictures go to FOLDER

import { insist, visitor, withBrowser } from "./harness.mjs";

const [base, pictures, lang] = process.argv.slice(2);
const given = { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) };
const { parties } = await (await fetch(`${base}/sandbox`)).json();
const code = (/** @type {string} */ label) => parties.find((/** @type {any} */ party) => party.label === label).party;
const said = (/** @type {string} */ zh, /** @type {string} */ en) => (lang === "zh" ? zh : en);

/** @typedef {import("./harness.mjs").Visitor} Visitor */

/** The plan of a site gets another mass; what cannot be read is named at its field first. @param {Visitor} acme @param {string} site */
async function plan(acme, site) {
  await acme.go(`${site}/plan`);
  const form = await acme.open("plan.amended");
  await acme.hear("plan", form);
  const mass = form.locator("[name='/lines/0/yearly_g']");
  await mass.fill("a lot");
  await acme.submit(form);
  await acme.page.locator(".faults").waitFor();
  await acme.look("plan-refused");
  await mass.fill("25");
  await acme.submit(form);
  await acme.page.locator("#review[open]").waitFor();
  await acme.look("plan-review");
  await acme.sign();
  insist((await acme.page.locator("main table").first().innerText()).includes("25.000"), "the plan says what was signed");
}

/** A declaration of a month without waste is filed, and the authority accepts it. @param {Visitor} acme @param {Visitor} bureau @param {string} site */
async function declaration(acme, bureau, site) {
  const day = new Date((await (await fetch(`${base}/sandbox`)).json()).now ?? Date.now());
  const month = new Date(Date.UTC(day.getUTCFullYear(), day.getUTCMonth() - 1, 1)).toISOString().slice(0, 10);
  const path = `${site}/declarations?period=month&from=${month}`;
  await acme.go(path);
  const form = await acme.open("declaration.filed");
  await acme.hear("declaration", form);
  await acme.submit(form);
  await acme.page.locator("#review[open]").waitFor();
  await acme.look("declaration-review");
  await acme.sign();
  await bureau.go(path);
  await bureau.look("declaration-officer");
  await bureau.submit(await bureau.open("declaration.accepted"));
  await bureau.sign();
  await acme.go(path);
  insist((await acme.page.locator("form[data-kind]").count()) === 0, "what was accepted is filed once");
  await acme.look("declaration-accepted");
}

/** A transfer to another province is applied for, and taken up. @param {Visitor} acme @param {Visitor} bureau @param {string} consignee */
async function transfer(acme, bureau, consignee) {
  await acme.go(`/parties/${code("acme")}`);
  const form = await acme.open("approval.requested");
  await acme.hear("transfer", form);
  await form.locator("[name='/consignee']").fill(consignee);
  await form.locator("[name='/methods']").fill("D10");
  await form.locator("[name='/lines/0/code']").fill("900-041-49");
  await form.locator("[name='/lines/0/yearly_g']").fill("20");
  const year = new Date().getUTCFullYear() + 1;
  await form.locator("[name='/valid_to']").fill(`${year}-12-31`);
  await acme.submit(form);
  await acme.sign();
  await bureau.go("/duties");
  await bureau.look("duties-officer");
  await bureau.page.locator("main a[href^='/papers/application/']").first().click();
  const stage = await bureau.open("approval.advanced");
  await bureau.hear("stage", stage);
  await stage.locator("[name='/stage']").selectOption("accepted");
  await bureau.submit(stage);
  await bureau.sign();
  await bureau.look("application-accepted");
}

/** A permit is suspended. @param {Visitor} bureau */
async function permit(bureau) {
  await bureau.go(`/parties/${code("phoenix")}/permits`);
  const form = await bureau.open("permit.suspended");
  await bureau.hear("permit", form);
  await form.locator("[name='/reason']").fill(said("例行检查发现台账缺失", "an inspection found the ledger wanting"));
  await bureau.submit(form);
  await bureau.sign();
  await bureau.look("permit-suspended");
}

/** An officer is on duty. @param {Visitor} bureau */
async function roster(bureau) {
  await bureau.go("/duty-roster");
  await bureau.look("duty-roster");
  await bureau.step(bureau.page.locator("main details.act summary").click());
  const form = bureau.page.locator("main details.act form");
  await bureau.hear("roster", form);
  await bureau.step(form.locator("input[type=checkbox]").first().check());
  await Promise.all([bureau.page.waitForEvent("load"), bureau.submit(form)]);
  insist((await bureau.page.locator("main table").count()) > 0, "the roster tells who is on duty");
  await bureau.look("duty-roster-arranged");
}

await withBrowser(async (browser) => {
  const [acme, bureau] = [await visitor(browser, given), await visitor(browser, given)];
  await acme.sit(code("acme"));
  const seats = await (await fetch(`${base}/device`)).text();
  /** The first party whose code begins so. @param {string} begins */
  const seat = (begins) => /** @type {RegExpExecArray} */ (new RegExp(`<option value="(${begins}[0-9A-Z]+)"`).exec(seats))[1];
  await bureau.sit(seat("11"));
  await acme.go("/sites");
  const site = await acme.page.locator("main td a[href^='/sites/'], main th a[href^='/sites/']").first().getAttribute("href");
  insist(site, "the firm has a site");
  await plan(acme, site);
  await declaration(acme, bureau, site);
  await transfer(acme, bureau, seat("91320"));
  await permit(bureau);
  await roster(bureau);
  await bureau.go("/sites/map");
  await bureau.look("site-map-empty");
});
process.stdout.write("done\n");
