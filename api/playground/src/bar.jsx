// The bar above the editor: who acts, in which language, and how the last operation went.
import { useEffect, useRef, useState } from "react";
import { ROLES, useSession } from "./session.js";

export function Bar() {
  const session = useSession();
  return (
    <header className="bar">
      <img src="/playground/icon.svg" alt="" width="24" height="24" />
      <strong className="name">Marque</strong>
      <label>
        Act as
        <select value={session.role} onChange={(change) => session.change({ role: change.target.value })}>
          {ROLES.map((role) => (
            <option key={role} value={role}>
              {role}
              {role !== "visitor" && session.tokens[role] ? " ●" : ""}
            </option>
          ))}
        </select>
      </label>
      {session.role !== "visitor" && <TokenBox key={session.role} />}
      <label>
        Language
        <select value={session.language} onChange={(change) => session.change({ language: change.target.value })}>
          <option value="zh-CN">中文</option>
          <option value="en">English</option>
        </select>
      </label>
      <Last last={session.last} />
    </header>
  );
}

function TokenBox() {
  const session = useSession();
  const [text, setText] = useState(session.token);
  const keep = (value) => {
    setText(value);
    session.change((before) => ({ tokens: { ...before.tokens, [before.role]: value.trim() } }));
  };
  return (
    <label className="token">
      Token
      <input
        type="password"
        autoComplete="off"
        spellCheck="false"
        placeholder={`marque token --role ${session.role}`}
        value={text}
        onChange={(change) => keep(change.target.value)}
      />
      {text && (
        <button type="button" onClick={() => keep("")} aria-label="Forget the token">
          Forget
        </button>
      )}
    </label>
  );
}

function Last({ last }) {
  const line = useRef(null);
  useEffect(() => {
    line.current?.animate?.([{ opacity: 0.3 }, { opacity: 1 }], 250);
  }, [last]);
  if (!last) return <span className="last quiet">Ctrl-Enter runs the operation</span>;
  return (
    <output className="last" ref={line} title={`Request ${last.requestId}`}>
      <span className={last.codes.length || last.status >= 400 ? "bad" : "good"}>{last.codes.join(", ") || "OK"}</span>
      <span>{last.ms} ms</span>
      {last.cost !== undefined && <span>cost {last.cost}</span>}
    </output>
  );
}
