import "./csp.js";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { useGraphiQLActions } from "@graphiql/react";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { useEffect, useMemo, useRef } from "react";
import { createRoot } from "react-dom/client";
import "graphiql/style.css";
import "@graphiql/plugin-explorer/style.css";
import "./playground.css";
import { Bar } from "./bar.jsx";
import { makeFetcher } from "./fetcher.js";
import { home, savedOperations, variablesOf } from "./operations.jsx";
import { SessionProvider, useNewSession } from "./session.js";

const plugins = [savedOperations, explorerPlugin(), HISTORY_PLUGIN];
const welcome = `# Choose whom you act as, above, and paste a token:
#   marque token --role operator
# Saved operations are in the side panel.
# Ctrl-Enter runs the operation of this tab.

query Hello {
  __typename
}
`;

// The schema that a visitor may see can differ from the staff's: read it again when somebody else acts.
function ReadSchemaAgain({ who }) {
  const { introspect } = useGraphiQLActions();
  const known = useRef(who);
  useEffect(() => {
    if (known.current !== who) {
      known.current = who;
      introspect();
    }
  }, [who, introspect]);
  return null;
}

function Playground() {
  const session = useNewSession();
  const { token, language, change } = session;
  const fetcher = useMemo(
    () => makeFetcher({ token, language }, (last) => change({ last })),
    [token, language, change],
  );
  const first = home(session.role) ?? home("member");
  return (
    <SessionProvider value={session}>
      <Bar />
      <main>
        <GraphiQL
          fetcher={fetcher}
          plugins={plugins}
          visiblePlugin={savedOperations}
          defaultQuery={welcome}
          defaultTabs={first && [{ query: first.query, variables: variablesOf(first) }]}
          defaultEditorToolsVisibility="variables"
          isHeadersEditorEnabled={false}
          showPersistHeadersSettings={false}
          inputValueDeprecation
          schemaDescription
        >
          <GraphiQL.Logo>
            <span />
          </GraphiQL.Logo>
          <ReadSchemaAgain who={token} />
        </GraphiQL>
      </main>
    </SessionProvider>
  );
}

createRoot(document.getElementById("playground")).render(<Playground />);
