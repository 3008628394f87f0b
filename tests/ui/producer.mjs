#!/usr/bin/env node
// A day of a producer in a headless browser, in Chinese: waste arises in labelled drums, a shipment is registered, twice alike at once, and
// repeated from the list.
//
// producer.mjs FILE   where FILE is JSON: { "origin": …, "party": …, "pictures": FOLDER or nothing }
//
// Prints a line of JSON for every step: where the browser ended and what it saw. `wrong` holds whatever the pages complained of.

import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const { origin, party, pictures } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"];
const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", ...QUIET];

const browser = await chromium.launch({ executablePath: CHROMIUM, args });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "zh-CN" });
const page = await context.newPage();
const wrong = [];
page.on("pageerror", (error) => wrong.push(String(error)));
page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
page.on("request", (request) => request.url().startsWith(origin) || request.url().startsWith("data:") || wrong.push(request.url()));

let pictured = 0;

/** Says what became of a step. */
async function tell(step, seen = {}) {
  if (pictures) await page.screenshot({ path: `${pictures}/${String((pictured += 1)).padStart(2, "0")}-${step}.png`, fullPage: true });
  const { pathname, search } = new URL(page.url());
  process.stdout.write(`${JSON.stringify({ step, at: pathname + search, ...seen, wrong: wrong.splice(0) })}\n`);
}

/** Reads what is about to be signed, signs it, and goes on; the words of both dialogs. */
async function sign(step) {
  // By the keyboard: a click right after a picture of the whole page may miss in a headless browser.
  await page.getByRole("button", { name: "核对并签名" }).press("Enter");
  const dialog = page.getByRole("dialog");
  const trouble = page.locator(".faults");
  await dialog.or(trouble).first().waitFor();
  if (await trouble.isVisible()) throw new Error(`${step}: ${await trouble.innerText()}`);
  const read = await dialog.innerText();
  await tell(`${step}-review`);
  await dialog.getByRole("button", { name: "签名并提交" }).click();
  await page.getByRole("heading", { name: "已签名并入账" }).waitFor();
  const receipt = await dialog.innerText();
  await dialog.getByRole("link", { name: "继续" }).click();
  await page.waitForLoadState();
  return { read, receipt };
}

async function sitDown() {
  await page.goto(`${origin}/device?seat=${party}&next=/`);
  await page.locator("#seat button").click();
  await page.waitForURL(`${origin}/`);
  await tell("desk", { doors: await page.locator(".doors a strong").allInnerTexts() });
}

/** Six drums of spent packaging, numbered by the ledger. */
async function generate() {
  await page.locator(".doors a").first().click();
  const site = page.getByLabel("场所");
  if ((await site.inputValue()) === "") await site.selectOption({ index: 1 });
  await page.getByLabel("废物代码").fill("90004149");
  await page.getByLabel("净重").first().fill("1000");
  await page.getByLabel("分装在容器中").check();
  await page.getByLabel("容器数量").fill("6");
  await page.getByRole("button", { name: "领取标签码" }).click();
  await page.locator("ol.containers li").nth(5).waitFor();
  await tell("generate");
  const said = await sign("generate");
  await tell("lot", said);
  await page.getByRole("link", { name: "打印标签" }).click();
  await page.waitForLoadState();
  await tell("labels", { labels: await page.locator(".label").count(), codes: await page.locator(".label .qr").count() });
}

/** What was just filled leaves twice, a week apart. */
async function register() {
  await page.goto(`${origin}/`);
  await page.locator(".doors a").nth(1).click();
  const sites = page.locator("ul.choices a");
  if ((await sites.count()) > 0) await sites.first().click();
  await page.locator("fieldset", { hasText: "900-041-49" }).locator("input[type=checkbox]").last().check();
  await tell("what");
  await page.getByRole("button", { name: "下一步" }).click();
  await page.waitForLoadState();
  const carrier = page.locator("select[name='/legs']");
  if ((await carrier.inputValue()) === "") await carrier.selectOption({ index: 1 });
  await page.getByLabel("份数").fill("2");
  await page.getByLabel("每份之间").selectOption("7");
  await tell("whom");
  const said = await sign("register");
  await tell("registered", said);
}

/** Two clicks: the link, and the button. */
async function repeat() {
  await page.getByRole("link", { name: "再来一单" }).first().click();
  await page.waitForLoadState();
  await tell("again");
  const said = await sign("repeat");
  await tell("repeated", said);
  await page.getByRole("link", { name: "打印随车联单" }).click();
  await page.waitForLoadState();
  await tell("print", { sheets: await page.locator(".sheet").count(), codes: await page.locator(".sheet .qr").count() });
  if (pictures) await page.pdf({ path: `${pictures}/manifest.pdf`, preferCSSPageSize: true });
}

try {
  await sitDown();
  await generate();
  await register();
  await repeat();
} catch (error) {
  await tell("failed", { error: String(error), text: (await page.locator("main").innerText()).slice(0, 2000) });
  process.exitCode = 1;
} finally {
  await browser.close();
}
