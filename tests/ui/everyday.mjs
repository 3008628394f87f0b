#!/usr/bin/env node
// The tasks of every day, by nothing but the words on the pages, with the steps counted: each click, choice or text that somebody has to give.
//
// everyday.mjs URL FOLDER LANG   pictures go to FOLDER; a line of JSON for each task: { "task", "steps" }

import { join } from "node:path";
import { insist, visitor, withBrowser } from "./harness.mjs";

const [base, pictures, lang] = process.argv.slice(2);
const given = { base, pictures, lang: /** @type {"zh" | "en"} */ (lang) };
const HOUR_MS = 3_600_000;

/** The words of both languages, as they stand on the pages. @type {Record<string, [string, string]>} */
const WORDS = {
  manifests: ["联单", "Manifests"],
  findings: ["预警", "Findings"],
  again: ["再来一单", "Repeat"],
  copies: ["份数", "How many"],
  atOnce: ["一次办理", "At once"],
  all: ["全选", "All of them"],
  check: ["核对并签名", "Check and sign"],
  sign: ["签名并提交", "Sign and send"],
  onward: ["继续", "Go on"],
  receive: ["验收确认", "accepted or rejected"],
  partly: ["部分接收", "Partly"],
  accepted: ["接收重量", "Accepted"],
  rejected: ["拒收重量", "Rejected"],
  pieces: ["件数", "Pieces"],
  reason: ["原因", "Reason"],
  close: ["结案", "finding closed"],
  text: ["内容", "What you say"],
  bundle: ["下载可验证的证据包", "Download the evidence bundle"],
};
const word = (/** @type {string} */ key) => WORDS[key][lang === "zh" ? 0 : 1];

const { parties } = await (await fetch(`${base}/sandbox`)).json();
const code = (/** @type {string} */ label) => parties.find((/** @type {any} */ party) => party.label === label).party;

/** @param {string} path @param {object} body */
async function sandbox(path, body) {
  const answer = await fetch(`${base}/sandbox/${path}`, { method: "POST", body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

/** A manifest of acme's that has come so far. @param {string[]} kinds */
async function shipped(kinds) {
  const { manifest } = await sandbox("act", { kind: "manifest.registered" });
  for (const kind of kinds) await sandbox("act", { kind, manifest });
  return manifest;
}

const TO_THE_GATE = ["manifest.confirmed", "manifest.assigned", "waste.collected", "waste.delivered"];

/** @param {string} task @param {import("./harness.mjs").Visitor} who */
function tell(task, who) {
  process.stdout.write(`${JSON.stringify({ task, steps: who.steps })}\n`);
  who.steps = 0;
}

/** @param {import("./harness.mjs").Visitor} who @param {string} label */
async function seated(who, label) {
  await who.sit(code(label));
  who.steps = 0;
}

await withBrowser(async (browser) => {
  // 1. The same shipment twelve times.
  await shipped([]);
  const acme = await visitor(browser, given);
  await seated(acme, "acme");
  await acme.step(acme.page.getByRole("link", { name: word("manifests"), exact: true }).first().click());
  await acme.step(acme.page.getByRole("link", { name: word("again") }).first().click());
  await acme.step(acme.page.getByLabel(word("copies")).fill("12"));
  await acme.look("repeat-12");
  await acme.step(acme.page.getByRole("button", { name: word("check") }).click());
  await acme.page.getByRole("dialog").waitFor();
  await acme.look("repeat-12-review");
  await acme.step(acme.page.getByRole("button", { name: word("sign") }).click());
  await acme.step(acme.page.getByRole("link", { name: word("onward"), exact: true }).click());
  await acme.page.waitForLoadState();
  tell("repeat a shipment twelve times", acme);
  await acme.look("repeated");

  // All of them are confirmed at once.
  const phoenix = await visitor(browser, given);
  await seated(phoenix, "phoenix");
  await phoenix.step(phoenix.page.getByText(word("atOnce")).first().click());
  await phoenix.step(phoenix.page.getByLabel(word("all"), { exact: true }).first().check());
  await phoenix.look("bulk");
  await phoenix.step(phoenix.page.getByRole("button", { name: word("check") }).filter({ visible: true }).first().click());
  await phoenix.step(phoenix.page.getByRole("button", { name: word("sign") }).click());
  await phoenix.page.getByRole("link", { name: word("onward"), exact: true }).waitFor();
  insist((await phoenix.page.locator("#review [role=status] li").count()) === 13, "thirteen are recorded");
  await phoenix.step(phoenix.page.getByRole("link", { name: word("onward"), exact: true }).click());
  await phoenix.page.waitForLoadState();
  tell("confirm thirteen at once", phoenix);

  // 2. Six of forty drums are not taken.
  const arrived = await shipped(TO_THE_GATE);
  await phoenix.go(`/manifests/${arrived}`);
  await phoenix.step(phoenix.page.getByText(word("receive"), { exact: true }).first().click());
  await phoenix.step(phoenix.page.getByLabel(word("partly")).check());
  await phoenix.step(phoenix.page.getByRole("textbox", { name: word("accepted") }).fill("1020"));
  await phoenix.step(phoenix.page.getByRole("textbox", { name: word("rejected") }).fill("180"));
  await phoenix.step(phoenix.page.getByLabel(word("pieces")).last().fill("6"));
  await phoenix.step(phoenix.page.getByLabel(word("reason")).first().fill(lang === "zh" ? "六只桶标签与内容不符" : "six drums are not what they say"));
  await phoenix.step(phoenix.page.getByRole("button", { name: word("check") }).filter({ visible: true }).first().click());
  await phoenix.step(phoenix.page.getByRole("button", { name: word("sign") }).click());
  await phoenix.step(phoenix.page.getByRole("link", { name: word("onward"), exact: true }).click());
  await phoenix.page.waitForLoadState();
  tell("reject six of forty drums", phoenix);

  // 3. What is overdue in a county is found and closed with a reason.
  await shipped(TO_THE_GATE.slice(0, 3));
  await sandbox("clock", { by_ms: 40 * 24 * HOUR_MS });
  const bureau = await visitor(browser, given);
  const authority = await (await fetch(`${base}/device`)).text();
  const seat = /** @type {RegExpExecArray} */ (/<option value="([0-9A-Z]{18})"/.exec(authority))[1];
  await bureau.sit(seat);
  bureau.steps = 0;
  await bureau.step(bureau.page.getByRole("link", { name: word("findings"), exact: true }).first().click());
  await bureau.look("findings-officer");
  await bureau.step(bureau.page.locator("main table tbody a").first().click());
  await bureau.look("finding-officer");
  await bureau.step(bureau.page.getByText(word("close"), { exact: true }).first().click());
  await bureau.step(bureau.page.getByLabel(word("text")).first().fill(lang === "zh" ? "已现场核实，车辆故障，已改派。" : "Seen on the spot: the vehicle broke down, another went."));
  await bureau.step(bureau.page.getByRole("button", { name: word("check") }).filter({ visible: true }).first().click());
  await bureau.step(bureau.page.getByRole("button", { name: word("sign") }).click());
  await bureau.step(bureau.page.getByRole("link", { name: word("onward"), exact: true }).click());
  await bureau.page.waitForLoadState();
  tell("close what is overdue", bureau);

  // 4. Where a drum ended.
  const burnt = await shipped([...TO_THE_GATE, "waste.received", "waste.disposed"]);
  await phoenix.go(`/manifests/${burnt}`);
  phoenix.steps = 0;
  await phoenix.step(phoenix.page.locator("main table").first().getByRole("link").first().click());
  await phoenix.page.locator("#down").waitFor();
  await phoenix.look("trace");
  tell("trace a drum to its fate", phoenix);

  // 5. A stranger checks a bundle.
  await phoenix.go(`/manifests/${burnt}`);
  phoenix.steps = 0;
  const [download] = await Promise.all([
    phoenix.page.waitForEvent("download"),
    phoenix.step(phoenix.page.getByRole("link", { name: word("bundle") }).click()),
  ]);
  const bundle = join(pictures, `bundle-${lang}.json`);
  await download.saveAs(bundle);
  // Whom to believe is known from elsewhere: the key of the log, as the ledger publishes it.
  const policy = `log ${(await (await fetch(`${base}/api/v1/log/key`)).text()).trim()}\nquorum none\n`;
  const stranger = await visitor(browser, given);
  await stranger.go("/verify");
  await stranger.step(stranger.page.locator("#bundle").setInputFiles(bundle));
  await stranger.step(stranger.page.locator("#policy-text").fill(policy));
  await stranger.step(stranger.page.locator("#run").click());
  await stranger.page.locator("[data-outcome=valid]:not([hidden])").waitFor();
  await stranger.look("verified");
  stranger.steps += phoenix.steps;
  tell("verify a bundle", stranger);
  insist(stranger.troubles.length === 0, stranger.troubles.join("; "));
});
