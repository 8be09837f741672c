// A person at the playground: takes steps from standard input, one JSON line each, and does them by mouse and keyboard.
// A step {role, token, title, variables} becomes what the page showed: {status, codes, last, answer}.
import { chromium } from "playwright-core";
import { createInterface } from "node:readline";

const [url, executablePath] = process.argv.slice(2);
const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
});
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
const problems = [];
page.on("console", (message) => {
  if (["error", "warning"].includes(message.type())) problems.push(message.text());
});
page.on("pageerror", (error) => problems.push(String(error)));
await page.goto(url, { waitUntil: "load" });
await page.waitForSelector(".graphiql-query-editor .view-lines", { timeout: 30000 });

const editorHolds = (selector, text) =>
  page.waitForFunction(
    ([where, wanted]) =>
      document.querySelector(where)?.textContent.replace(/\s|\u00a0/g, "").includes(wanted.replace(/\s/g, "")),
    [selector, text],
    { timeout: 10000 },
  );

async function act({ role, token, title, variables, name }) {
  await page.selectOption(".bar select >> nth=0", role);
  await page.fill(".bar .token input", token);
  await page.fill(".saved input[type=search]", title);
  await page.click(`.saved details:has(summary:has-text("${role}")) li button:has(strong:text-is("${title}"))`);
  await editorHolds(".graphiql-query-editor .view-lines", name);
  await page.waitForFunction(
    (wanted) => document.querySelector(".graphiql-tab-active")?.textContent.includes(wanted),
    name,
    { timeout: 10000 },
  );
  await page.waitForTimeout(400); // a person looks before typing; the tab's state follows its editors
  if (variables) {
    await page.click('section[aria-label="Variables"] .monaco-editor', { position: { x: 200, y: 12 }, force: true });
    await page.keyboard.press("Control+A");
    await page.keyboard.press("Delete");
    await page.keyboard.insertText(JSON.stringify(variables));
    await page.waitForTimeout(200);
  }
  const [response] = await Promise.all([
    page.waitForResponse((each) => each.request().postData()?.includes(`"operationName":"${name}"`), { timeout: 30000 }),
    page.click(".graphiql-execute-button"),
  ]);
  const answer = await response.json();
  await page.waitForFunction(
    () => /data|errors/.test(document.querySelector(".graphiql-response .view-lines")?.textContent ?? ""),
    undefined,
    { timeout: 20000 },
  );
  const last = await page.textContent(".bar .last");
  return { sent: JSON.parse(response.request().postData()).variables ?? {}, last, answer };
}

for await (const line of createInterface({ input: process.stdin })) {
  const done = await act(JSON.parse(line)).catch((error) => ({ failed: String(error) }));
  console.log(JSON.stringify({ ...done, problems: problems.splice(0) }));
}
await browser.close();
