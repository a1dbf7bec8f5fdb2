// How a screen stands: known as of when, proved or not, and what to do when it cannot be shown.

import { type Load, Loaded, Machine, minute } from "musubi-shared";
import { Refused } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import type { Known } from "../here";
import { useSpeech } from "../speech";

/** Shows what is known, and says so when that is not of just now. */
export function Shown<T>({ state, again, children }: { state: Load<Known<T>>; again: () => void; children: (value: T) => ComponentChildren }) {
  const { say, language } = useSpeech();
  if (state.kind === "failed" && state.error instanceof Refused && state.error.code === 403) return <div class="banner warn" role="alert"><p>{say("refused")}</p><Machine>{state.error.message}</Machine></div>;
  return (
    <Loaded state={state} again={again}>
      {({ value, at, fresh }) => (
        <div class="stack">
          {!fresh && <p class="banner warn" role="status" data-state="offline">{say("asOf", { time: minute(language, at) })}</p>}
          {children(value)}
        </div>
      )}
    </Loaded>
  );
}

/** Numbered steps. */
export function Steps({ children }: { children: ComponentChildren[] }) {
  return <ol class="steps">{children.map((step) => <li>{step}</li>)}</ol>;
}

/** Nothing is there yet, and why that is so. */
export function Nothing({ children }: { children: ComponentChildren }) {
  return <p class="card soft">{children}</p>;
}
