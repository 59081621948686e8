// A person with Chromium at the page of a gateway: reads it without JavaScript, sends each call, and follows the trace. Usage:
// node peer.js http://HOST:PORT CHROMIUM. Prints a line for each step.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import puppeteer from "puppeteer-core";

const [url, executablePath] = process.argv.slice(2);
const browser = await puppeteer.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });

// What a page must not do: errors, and requests to elsewhere.
async function open(enabled) {
  const page = await browser.newPage();
  const wrong = [];
  page.on("pageerror", (error) => wrong.push(error.message));
  page.on("console", (message) => { if (/policy/i.test(message.text())) wrong.push(message.text()); });
  page.on("request", (request) => { if (!request.url().startsWith(url)) wrong.push(request.url()); });
  await page.setJavaScriptEnabled(enabled);
  await page.goto(url);
  return { page, wrong };
}

async function send(page, verb, path, fields) {
  const form = await page.waitForSelector(`form[data-verb="${verb}"][data-path="${path}"]`);
  for (const [name, value] of Object.entries(fields)) {
    const field = await form.waitForSelector(`[name="${name}"]`);
    await field.evaluate((it) => { it.value = ""; });
    await field.type(value);
  }
  const button = await form.waitForSelector("button");
  await button.click();
  const output = await form.evaluateHandle((it) => it.parentElement.querySelector("output"));
  // The head is there before the body.
  const isOver = (it) => /^\d/.test(it.innerText) && /[}\]]\s*$/.test(it.innerText);
  await page.waitForFunction(isOver, { timeout: 20000 }, output);
  return output.evaluate((it) => ({
    text: it.querySelector("pre").textContent,
    status: Number.parseInt(it.querySelector(".status").textContent, 10),
    trace: it.querySelector(".trace")?.href,
  }));
}

async function read() {
  const { page, wrong } = await open(false);
  const text = await page.evaluate(() => document.body.innerText);
  assert.match(text, /GET \/v1\/users\/\{user_id\}/);
  assert.match(text, /Without JavaScript this page can be read/);
  assert.deepEqual(wrong, []);
  return "read without JavaScript";
}

async function click() {
  const { page, wrong } = await open(true);
  const user = { name: "Ada Lovelace", email: `${randomUUID()}@example.com` };
  const created = await send(page, "POST", "/v1/users", { body: JSON.stringify(user) });
  assert.equal(created.status, 200, created.text);
  const { userId } = JSON.parse(created.text);
  const found = await send(page, "GET", "/v1/users/{user_id}", { user_id: userId });
  assert.equal(JSON.parse(found.text).user.email, user.email);
  assert.match(found.trace, /\/trace\/[0-9a-f]{32}$/);
  const missing = await send(page, "GET", "/v1/users/{user_id}", { user_id: "999999999" });
  assert.equal(missing.status, 404);
  assert.equal(JSON.parse(missing.text).error.status, "NOT_FOUND");
  const listed = await send(page, "GET", "/v1/users", { limit: "1" });
  assert.equal(listed.text.trim().split("\n").length, 1);
  const rows = `{"userId":"${userId}"}\n{"userId":"999999999"}`;
  const looked = await send(page, "POST", "/v1/users:batchGet", { body: rows });
  assert.equal(looked.text.trim().split("\n").length, 2);
  const body = JSON.stringify({ ...user, email: `${randomUUID()}@example.com` });
  const summary = await send(page, "POST", "/v1/users:batchCreate", { body });
  assert.equal(JSON.parse(summary.text).createdCount, "1");
  assert.deepEqual(wrong, []);
  return "each call sent by a click";
}

try {
  for (const step of [read, click]) console.log(`| Chromium | ${await step()} | ok |`);
} catch (error) {
  console.log(`| Chromium | | FAILED: ${error.stack} |`);
  process.exitCode = 1;
} finally {
  await browser.close();
}
