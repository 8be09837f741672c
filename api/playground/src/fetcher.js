// Sends operations as the chosen role and notes how the last one went.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { createClient } from "graphql-ws";

export function makeFetcher(session, note) {
  const bearer = session.token ? { authorization: `Bearer ${session.token}` } : {};
  const socket = new URL("/graphql", location.href);
  socket.protocol = socket.protocol.replace("http", "ws");
  return createGraphiQLFetcher({
    url: "/graphql",
    fetch: async (url, options) => {
      const began = performance.now();
      const isIntrospection = options.body?.includes('"IntrospectionQuery"');
      const response = await fetch(url, {
        ...options,
        headers: { ...options.headers, accept: "application/json", "accept-language": session.language, ...bearer },
      });
      if (!isIntrospection) {
        const answer = await response.clone().json().catch(() => ({}));
        note({
          status: response.status,
          ms: Math.round(performance.now() - began),
          cost: answer.extensions?.cost,
          codes: [...new Set((answer.errors ?? []).map((error) => error.extensions?.code ?? "ERROR"))],
          requestId: response.headers.get("x-request-id"),
        });
      }
      return response;
    },
    wsClient: createClient({ url: socket.href, lazy: true, retryAttempts: 0, connectionParams: () => bearer }),
  });
}
