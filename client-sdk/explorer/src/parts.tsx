// Small parts: loading where the operators' token may be asked for, and identifiers.

import { Loaded as LoadedByAll, type Load } from "musubi-shared";
import { Refused } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { setToken } from "./api";
import { useSpeech } from "./speech";

const isForOperators = (error: Error): boolean => error instanceof Refused && error.code === 401;

/** Shows what was loaded, or how that stands and what to do. */
export function Loaded<T>(all: { state: Load<T>; again: () => void; children: (value: T) => ComponentChildren }) {
  const { state, again } = all;
  return state.kind === "failed" && isForOperators(state.error) ? <Token again={again} /> : <LoadedByAll {...all} />;
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
