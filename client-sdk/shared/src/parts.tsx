// Small parts: how loading stands, and that there is nothing.

import { Unreachable } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import type { Load } from "./load";
import { useCommon } from "./say";

/** Shows what was loaded, or how that stands and what to do. */
export function Loaded<T>({ state, again, children }: { state: Load<T>; again: () => void; children: (value: T) => ComponentChildren }) {
  const { say } = useCommon();
  if (state.kind === "ready") return <>{children(state.value)}</>;
  if (state.kind === "loading") return <p class="soft" role="status">{say("loading")}</p>;
  const away = state.error instanceof Unreachable;
  return (
    <div class="banner warn" role="alert">
      <p>{say(away ? "offline" : "failed")}</p>
      {!away && <p class="soft">{state.error.message}</p>}
      <button onClick={again}>{say("again")}</button>
    </div>
  );
}

export function Empty() {
  const { say } = useCommon();
  return <p class="card soft">{say("empty")}</p>;
}
