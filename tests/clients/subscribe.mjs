// A graphql-ws client: runs an operation to its end and prints what it received.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const [url, query, token] = process.argv.slice(2);
const client = createClient({
  url,
  webSocketImpl: WebSocket,
  retryAttempts: 0,
  connectionParams: token ? { authorization: `Bearer ${token}` } : {},
});
const results = [];
try {
  for await (const result of client.iterate({ query })) results.push(result);
  console.log(JSON.stringify({ results }));
} catch (error) {
  console.log(JSON.stringify({ results, error: Array.isArray(error) ? error : { code: error.code, reason: error.reason } }));
}
await client.dispose();
process.exit(0);
