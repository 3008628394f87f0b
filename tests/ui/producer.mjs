#!/usr/bin/env node
// A day of a producer, in Chinese: waste arises in labelled drums, a shipment is registered, twice alike at once, and repeated from the list;
// labels and the sheet for the cab are printed. Then its plan says whom a waste is meant for, and a webhook comes and goes.
//
// producer.mjs URL FOLDER   pictures go to FOLDER; a line of JSON at the end: { "labels", "sheets", "paper" }, the last one in bytes

import { insist, visitor, withBrowser } from "./harness.mjs";

const [base, pictures] = process.argv.slice(2);
const { parties } = await (await fetch(`${base}/sandbox`)).json();
const party = parties.find((/** @type {any} */ one) => one.label === "acme").party;

/** @param {import("./harness.mjs").Visitor} acme @param {string} name */
async function checkAndSign(acme, name) {
  const { page } = acme;
  await page.getByRole("button", { name: "核对并签名" }).click();
  const [dialog, trouble] = [page.locator("#review[open]"), page.locator(".faults")];
  await dialog.or(trouble).first().waitFor();
  insist(!(await trouble.isVisible()), `${name}: ${await page.locator("main").innerText()}`);
  await acme.look(`${name}-review`);
  return acme.sign();
}

/**
 * The ledger records what is signed, but its answer is lost on the way: pressed again, it is sent again, and stands there once.
 * @param {import("./harness.mjs").Visitor} acme
 */
async function signWithoutAnswer(acme) {
  const { page } = acme;
  const sent = /** @type {(string | null)[]} */ ([]);
  const isLost = () => sent.length === 1;
  await page.route("**/api/v1/events", async (route) => {
    sent.push(route.request().postData());
    const answer = await route.fetch();
    await (isLost() ? route.abort() : route.fulfill({ response: answer }));
  });
  const before = await entries();
  await page.getByRole("button", { name: "核对并签名" }).click();
  await page.locator("#review button[value=sign]").click();
  const told = page.locator(".faults");
  await told.waitFor();
  insist((await told.innerText()).includes("不会登记两次"), `unsure: ${await told.innerText()}`);
  await acme.look("unsure");
  await page.getByRole("button", { name: "核对并签名" }).click();
  const onward = page.locator("#review [data-onward]");
  await onward.waitFor({ state: "visible" });
  insist(sent.length === 2 && sent[0] === sent[1], "the same signature is sent again");
  insist((await entries()) === before + 1, "what was sent twice is recorded once");
  await page.unroute("**/api/v1/events");
  await Promise.all([page.waitForEvent("load"), onward.click()]);
}

/** How many entries the ledger has. */
async function entries() {
  const note = await (await fetch(`${base}/api/v1/log/checkpoint`)).text();
  return Number(note.split("\n")[1]);
}

/** Six drums of spent packaging, numbered by the ledger; how many labels were printed. @param {import("./harness.mjs").Visitor} acme */
async function generate(acme) {
  const { page } = acme;
  await page.getByRole("link", { name: "登记产生" }).first().click();
  const site = page.getByLabel("场所");
  if ((await site.inputValue()) === "") await site.selectOption({ index: 1 });
  await page.getByLabel("废物代码").fill("90004149");
  await page.getByLabel("净重").first().fill("1000");
  await page.getByLabel("分装在容器中").check();
  await page.getByLabel("容器数量").fill("6");
  await page.getByRole("button", { name: "领取标签码" }).click();
  await page.locator("ol.containers li").nth(5).waitFor();
  await acme.look("generate");
  await signWithoutAnswer(acme);
  await page.getByRole("link", { name: "打印标签" }).click();
  await page.waitForLoadState();
  await acme.look("labels");
  insist((await page.locator(".label .qr").count()) === 6, "each label has a code");
  return page.locator(".label").count();
}

/** What was just filled leaves twice, a week apart. @param {import("./harness.mjs").Visitor} acme */
async function register(acme) {
  const { page } = acme;
  await acme.go("/");
  await page.getByRole("link", { name: "登记联单" }).first().click();
  const sites = page.locator("ul.choices a");
  if ((await sites.count()) > 0) await sites.first().click();
  await page.locator("fieldset", { hasText: "900-041-49" }).locator("input[type=checkbox]").last().check();
  await acme.look("register-what");
  await page.getByRole("button", { name: "下一步" }).click();
  await page.waitForLoadState();
  const carrier = page.locator("select[name='/legs']");
  if ((await carrier.inputValue()) === "") await carrier.selectOption({ index: 1 });
  await page.getByLabel("份数").fill("2");
  await page.getByLabel("每份之间").selectOption("7");
  await acme.look("register-whom");
  await checkAndSign(acme, "register");
}

/** Two clicks and the signature; the sheets for the cab, and how large they are as a file. @param {import("./harness.mjs").Visitor} acme */
async function repeat(acme) {
  const { page } = acme;
  await page.getByRole("link", { name: "再来一单" }).first().click();
  await page.waitForLoadState();
  await checkAndSign(acme, "repeat");
  await page.getByRole("link", { name: "打印随车联单" }).click();
  await page.waitForLoadState();
  await acme.look("print");
  const paper = await page.pdf({ path: `${pictures}/manifest.pdf`, preferCSSPageSize: true });
  return { sheets: await page.locator(".sheet").count(), paper: paper.length };
}

/** Whom the wastes of a plan are meant for: one is said beside an empty field, which leaves no gap. @param {import("./harness.mjs").Visitor} acme */
async function plan(acme) {
  const { page } = acme;
  await acme.go("/sites");
  await page.locator("main a[href^='/sites/']").first().click();
  await page.locator("main a[href$='/plan']").first().click();
  await page.waitForLoadState();
  const form = await acme.open("plan.amended");
  const receiver = await page.locator("#known-receivers option").first().getAttribute("value");
  await form.locator("[name='/lines/0/consignees/1']").fill(receiver ?? "");
  await acme.look("plan");
  await acme.submit(form);
  await acme.sign();
  insist((await page.locator("table", { hasText: receiver ?? "" }).count()) === 1, "the plan says whom it is meant for");
}

/** A webhook is made, seen and deleted. @param {import("./harness.mjs").Visitor} acme */
async function webhook(acme) {
  const { page } = acme;
  await acme.go("/webhooks");
  await page.getByText("只推送其中几种").click();
  await page.getByLabel("预警产生").check();
  await page.locator("input[name=url]").fill("https://receiver.invalid/told");
  await acme.look("webhooks");
  await page.getByRole("button", { name: "新增" }).click();
  insist((await page.locator("#secret").innerText()).startsWith("whsec_"), "the secret is shown");
  insist(await page.locator("[data-copy-of=secret]").isVisible(), "a browser that copies offers it");
  await acme.look("webhook-made");
  await page.getByRole("link", { name: "到这个推送的页面" }).click();
  insist((await page.getByText("whsec_").count()) === 0, "it is shown once");
  await acme.look("webhook");
  await page.locator("summary", { hasText: "删除推送" }).click();
  await page.getByRole("button", { name: "确认删除" }).click();
  insist(await page.getByText("尚未设置推送").isVisible(), "it is gone");
}

await withBrowser(async (browser) => {
  const acme = await visitor(browser, { base, pictures, lang: "zh" });
  await acme.sit(party);
  await acme.go("/");
  await acme.look("desk");
  const labels = await generate(acme);
  await register(acme);
  const printed = await repeat(acme);
  await plan(acme);
  await webhook(acme);
  process.stdout.write(`${JSON.stringify({ labels, ...printed })}\n`);
});
