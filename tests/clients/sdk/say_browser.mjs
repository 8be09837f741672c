// A website that uses @segment/analytics-next as published, in Chromium, from an origin of its own:
// say_browser.mjs URL KEY PERSON CHROMIUM PORT
import { createServer } from "node:http";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const [url, key, person, executablePath, port] = process.argv.slice(2);
const bundled = await build({
  stdin: {
    contents: 'import { AnalyticsBrowser } from "@segment/analytics-next"; window.AnalyticsBrowser = AnalyticsBrowser;',
    resolveDir: process.cwd(),
  },
  bundle: true,
  write: false,
  format: "iife",
  logLevel: "error",
});
const site = createServer((request, response) => {
  const isScript = request.url === "/sdk.js";
  response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
  response.end(isScript ? bundled.outputFiles[0].text : '<!doctype html><title>Shop</title><script src="/sdk.js"></script>');
});
await new Promise((resolve) => site.listen(+port, "127.0.0.1", resolve));

const browser = await chromium.launch({
  executablePath,
  args: ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--no-first-run"],
});
const page = await browser.newPage();
const answer = { problems: [], statuses: [] };
page.on("pageerror", (error) => answer.problems.push(String(error)));
page.on("response", (response) => {
  if (response.request().method() === "POST") answer.statuses.push(response.status());
});
await page.goto(`http://127.0.0.1:${port}/`);
await page.evaluate(
  async ({ url, key, person }) => {
    const host = url.replace("http://", "");
    const client = window.AnalyticsBrowser.load(
      { writeKey: key, cdnURL: url },
      { integrations: { "Segment.io": { apiHost: `${host}/v1`, protocol: "http" } } },
    );
    const user = `${person}-user`;
    await client.setAnonymousId(`${person}-previous`);
    await client.track("Seen", { model: "M1" });
    await client.identify(user, { plan: "gold" });
    await client.track("Opened", { model: "M1" });
    await client.page("Docs", "Home");
    await client.screen("App", "Garage");
    await client.group(`${person}-club`, { size: 3 });
    await client.alias(user, `${person}-previous`);
  },
  { url, key, person },
);
// What failed is sent again by the SDK itself: it waits in its queue (kept in localStorage should the page be left) and
// goes out after a pause that doubles, for as long as the page stays; the default is enough.
const until = Date.now() + 90000;
while (answer.statuses.filter((status) => status === 200).length < 7 && Date.now() < until) await page.waitForTimeout(100);
await page.waitForTimeout(500);
await browser.close();
site.close();
console.log(JSON.stringify(answer));
