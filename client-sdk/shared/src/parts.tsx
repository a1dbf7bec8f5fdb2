// Small parts: how loading stands, what went wrong and what to do, and that there is nothing.

import { NotProved, Refused, TooOld, Unreachable } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import type { Load } from "./load";
import { useCommon } from "./say";
import type { CommonKey } from "./words";

/** What to tell a person of an error: what it means here, and what to do next. */
export function sentenceOf(error: unknown): CommonKey {
  if (error instanceof Unreachable) return "offline";
  if (error instanceof NotProved) return "notProved";
  if (error instanceof TooOld) return "tooOld";
  if (!(error instanceof Refused)) return "failed";
  if (error.code === 401 || error.code === 403) return "forbidden";
  if (error.code === 404) return "unknown";
  return error.code === 429 || error.code === 503 ? "busy" : "failed";
}

/** The program's own words, which are English: folded, for whoever helps. */
export function Machine({ children }: { children: ComponentChildren }) {
  const { say } = useCommon();
  return <details class="machine"><summary>{say("machine")}</summary><p class="soft" lang="en">{children}</p></details>;
}

/** Shows what was loaded, or how that stands and what to do. */
export function Loaded<T>({ state, again, children }: { state: Load<T>; again: () => void; children: (value: T) => ComponentChildren }) {
  const { say } = useCommon();
  if (state.kind === "ready") return <>{children(state.value)}</>;
  if (state.kind === "loading") return <p class="soft" role="status">{say("loading")}</p>;
  const why = sentenceOf(state.error);
  return (
    <div class="banner warn" role="alert">
      <p>{say(why)}</p>
      <button onClick={again}>{say("again")}</button>
      {why !== "offline" && <Machine>{state.error.message}</Machine>}
    </div>
  );
}

export function Empty() {
  const { say } = useCommon();
  return <p class="card soft">{say("empty")}</p>;
}
