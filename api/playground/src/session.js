// Who the playground acts as: one token a role, kept for this browser tab only.
import { createContext, useCallback, useContext, useMemo, useState } from "react";

export const ROLES = ["visitor", "member", "moderator", "operator", "approver", "analyst", "host", "advisor", "admin"];
const KEY = "marque.playground";

const read = () => {
  try {
    return JSON.parse(sessionStorage.getItem(KEY)) ?? {};
  } catch {
    return {};
  }
};

const Session = createContext(null);
export const useSession = () => useContext(Session);
export const SessionProvider = Session.Provider;

export function useNewSession() {
  const [state, setState] = useState(() => ({ role: "visitor", language: "zh-CN", tokens: {}, last: null, ...read() }));
  const change = useCallback((part) => {
    setState((before) => {
      const after = { ...before, ...(typeof part === "function" ? part(before) : part) };
      const { last, ...kept } = after;
      sessionStorage.setItem(KEY, JSON.stringify(kept));
      return after;
    });
  }, []);
  return useMemo(() => ({ ...state, token: state.tokens[state.role] ?? "", change }), [state, change]);
}
