// Opens the playground in Chromium without a way out, runs an operation, and prints what happened.
import { chromium } from "playwright-core";

const [url, executablePath, screenshot, token, role] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
const origin = new URL(url).origin;
const answer = { elsewhere: [], problems: [], title: "", response: "", saved: [], workers: 0 };
page.on("request", (request) => {
  const asked = new URL(request.url());
  if (!["data:", "blob:"].includes(asked.protocol) && asked.origin !== origin) answer.elsewhere.push(request.url());
});
page.on("worker", () => answer.workers++);
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) answer.problems.push(message.text());
});
page.on("pageerror", (error) => answer.problems.push(String(error)));
await page.addInitScript(() => {
  document.addEventListener("securitypolicyviolation", (violation) =>
    console.error(`CSP ${violation.effectiveDirective} ${violation.blockedURI} ${violation.sourceFile}:${violation.lineNumber}`),
  );
});
await page.goto(url, { waitUntil: "load" });
await page.waitForSelector(".graphiql-query-editor .view-lines", { timeout: 30000 });
answer.title = await page.title();
if (token) {
  await page.selectOption(".bar select >> nth=0", role);
  await page.fill(".bar .token input", token);
  await page.waitForTimeout(500);
}
answer.saved = await page.$$eval(".saved li strong", (found) => found.map((each) => each.textContent));
if (answer.saved.length) {
  await page.click(".saved details[open] li button >> nth=0");
  await page.waitForTimeout(500);
}
await page.click(".graphiql-execute-button");
await page.waitForFunction(
  () => /data/.test(document.querySelector(".graphiql-response .view-lines")?.textContent ?? ""),
  undefined,
  { timeout: 20000 },
);
await page.waitForTimeout(1000);
answer.response = (await page.textContent(".graphiql-response .view-lines")).replace(/\u00a0/g, " ");
answer.last = await page.textContent(".bar .last");
if (screenshot) await page.screenshot({ path: screenshot });
await browser.close();
console.log(JSON.stringify(answer));
