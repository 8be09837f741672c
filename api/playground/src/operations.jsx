// The saved operations of each role, in the side panel; a click loads one into a tab.
import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect, useState } from "react";
import { useSession } from "./session.js";

const saved = JSON.parse(document.getElementById("operations").textContent);
const roles = [...new Set(saved.map((operation) => operation.role))];
export const home = (role) => saved.find((operation) => operation.role === role);
export const variablesOf = (operation) =>
  Object.keys(operation.variables).length ? JSON.stringify(operation.variables, null, 2) : "";

function useLoad() {
  const { addTab, changeTab, updateActiveTabValues, setOperationName } = useGraphiQLActions();
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);
  const tabs = useGraphiQL((state) => state.tabs);
  return (operation) => {
    const open = tabs.findIndex((tab) => tab.query?.trim() === operation.query.trim());
    if (open >= 0) {
      changeTab(open);
      return;
    }
    if (queryEditor?.getValue().trim()) addTab();
    // The new tab's editors exist after React has drawn it.
    setTimeout(() => {
      queryEditor?.setValue(operation.query);
      variableEditor?.setValue(variablesOf(operation));
      updateActiveTabValues({ query: operation.query, variables: variablesOf(operation) });
      setOperationName(operation.name);
    }, 0);
  };
}

function Operations() {
  const session = useSession();
  const load = useLoad();
  const [words, setWords] = useState("");
  const [open, setOpen] = useState(roles.includes(session.role) ? session.role : roles[0]);
  useEffect(() => {
    if (roles.includes(session.role)) setOpen(session.role);
  }, [session.role]);
  const wanted = words.trim().toLowerCase();
  const matches = (operation) =>
    !wanted || `${operation.title} ${operation.explanation} ${operation.name}`.toLowerCase().includes(wanted);
  const choose = (operation) => {
    if (session.tokens[operation.role]) session.change({ role: operation.role });
    load(operation);
  };
  return (
    <section className="saved" aria-label="Saved operations">
      <h2>Saved operations</h2>
      <input
        type="search"
        placeholder="Find an operation"
        aria-label="Find an operation"
        value={words}
        onChange={(change) => setWords(change.target.value)}
      />
      {roles.length === 0 && <p className="quiet">There are no saved operations yet.</p>}
      {roles.map((role) => {
        const found = saved.filter((operation) => operation.role === role && matches(operation));
        if (!found.length) return null;
        return (
          <details key={role} open={wanted ? true : open === role || roles.length === 1}>
            <summary
              onClick={(click) => {
                click.preventDefault();
                setOpen(open === role ? null : role);
              }}
            >
              {role} <span className="count">{found.length}</span>
              {!session.tokens[role] && <span className="quiet">, no token yet</span>}
            </summary>
            <ul>
              {found.map((operation) => (
                <li key={operation.file}>
                  <button type="button" onClick={() => choose(operation)} title={operation.name}>
                    <strong>{operation.title}</strong>
                    {operation.explanation && <small>{operation.explanation}</small>}
                  </button>
                </li>
              ))}
            </ul>
          </details>
        );
      })}
    </section>
  );
}

const Icon = () => (
  <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.7" aria-hidden="true">
    <path d="M6 3h12a1 1 0 0 1 1 1v17l-7-4-7 4V4a1 1 0 0 1 1-1z" />
  </svg>
);

export const savedOperations = { title: "Saved operations", icon: Icon, content: Operations };
