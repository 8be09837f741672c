// Opens a WebSocket with a subprotocol and an origin, and prints how the server took it.
import WebSocket from "ws";

const [url, protocol, origin] = process.argv.slice(2);
const socket = new WebSocket(url, protocol ? [protocol] : [], { origin });
const say = (answer) => {
  console.log(JSON.stringify(answer));
  process.exit(0);
};
socket.on("unexpected-response", (_, response) => say({ status: response.statusCode }));
socket.on("open", () => setTimeout(() => say({ open: socket.protocol }), 500));
socket.on("close", (code) => say({ code }));
socket.on("error", () => {});
