// Small parts: states of loading, identifiers, badges.

import { Unreachable } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { setToken } from "./api";
import { isForOperators, type Load } from "./load";
import { useSpeech } from "./speech";

/** Shows what was loaded, or how that stands and what to do. */
export function Loaded<T>({ state, again, children }: { state: Load<T>; again: () => void; children: (value: T) => ComponentChildren }) {
  const { say } = useSpeech();
  if (state.kind === "ready") return <>{children(state.value)}</>;
  if (state.kind === "loading") return <p class="soft" role="status">{say("loading")}</p>;
  if (isForOperators(state.error)) return <Token again={again} />;
  const away = state.error instanceof Unreachable;
  return (
    <div class="banner warn" role="alert">
      <p>{say(away ? "offline" : "failed")}</p>
      {!away && <p class="soft">{state.error.message}</p>}
      <button onClick={again}>{say("again")}</button>
    </div>
  );
}

function Token({ again }: { again: () => void }) {
  const { say } = useSpeech();
  const [typed, setTyped] = useState("");
  const enter = (event: Event) => { event.preventDefault(); setToken(typed); again(); };
  return (
    <form class="card stack" onSubmit={enter}>
      <p>{say("failed.operators")}</p>
      <label>{say("token")}<input type="password" autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></label>
      <div><button class="first">{say("enter")}</button></div>
    </form>
  );
}

/** An identifier: its ends, with the whole as a title, leading to what is known about it. */
export function Id({ id, to }: { id: string; to?: string }) {
  const short = `${id.slice(0, 10)}…${id.slice(-6)}`;
  return <a class="id" href={to ?? `/explorer/events?about=${id}`} title={id}>{short}</a>;
}

export function Empty() {
  const { say } = useSpeech();
  return <p class="card soft">{say("empty")}</p>;
}
