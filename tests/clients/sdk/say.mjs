// A backend that uses one of the Node SDKs as published: say.mjs SDK URL KEY PERSON [MORE]
// Each tries again by itself. Their defaults bridge a second or two, so the documented number of retries is raised to
// bridge a restart; posthog-node also gives up 30 s after shutdown() unless it is told otherwise.
const [sdk, url, key, person, more = "0"] = process.argv.slice(2);
const user = `${person}-user`;
const previous = `${person}-previous`;
const problems = [];

async function segment() {
  const { Analytics } = await import("@segment/analytics-node");
  const client = new Analytics({ writeKey: key, host: url, maxRetries: 20, flushInterval: 200 });
  client.on("error", (error) => problems.push(String(error.reason ?? error.code)));
  client.identify({ userId: user, traits: { plan: "gold" } });
  client.track({ userId: user, event: "Opened", properties: { model: "M1" } });
  client.page({ userId: user, category: "Docs", name: "Home", properties: { path: "/" } });
  client.screen({ userId: user, category: "App", name: "Garage" });
  client.group({ userId: user, groupId: `${person}-club`, traits: { size: 3 } });
  client.alias({ userId: user, previousId: previous });
  for (let number = 0; number < +more; number++) client.track({ userId: user, event: "Driven", properties: { number } });
  await client.closeAndFlush();
}

async function rudder() {
  const { default: Analytics } = await import("@rudderstack/rudder-sdk-node");
  const client = new Analytics(key, { dataPlaneUrl: url, flushInterval: 200, retryCount: 10, logLevel: "error" });
  const delivered = [];
  const say = (call, event) => delivered.push(new Promise((resolve) => client[call]({ userId: user, ...event }, resolve)));
  say("identify", { traits: { plan: "gold" } });
  say("track", { event: "Opened", properties: { model: "M1" } });
  say("page", { category: "Docs", name: "Home", properties: { path: "/" } });
  say("screen", { category: "App", name: "Garage" });
  say("group", { groupId: `${person}-club`, traits: { size: 3 } });
  say("alias", { previousId: previous });
  for (let number = 0; number < +more; number++) say("track", { event: "Driven", properties: { number } });
  problems.push(...(await Promise.all(delivered)).filter(Boolean).map(String));
}

async function posthog() {
  const { PostHog } = await import("posthog-node");
  const client = new PostHog(key, { host: url, flushInterval: 200, fetchRetryDelay: 300, fetchRetryCount: 200 });
  client.on("error", (error) => problems.push(String(error)));
  client.identify({ distinctId: user, properties: { plan: "gold" } });
  client.capture({ distinctId: user, event: "Opened", properties: { model: "M1" } });
  client.alias({ distinctId: user, alias: previous });
  client.groupIdentify({ groupType: "club", groupKey: `${person}-club`, properties: { size: 3 } });
  for (let number = 0; number < +more; number++) client.capture({ distinctId: user, event: "Driven", properties: { number } });
  await client.shutdown(120_000);
}

await { segment, rudder, posthog }[sdk]();
console.log(JSON.stringify({ problems }));
process.exit(0);
