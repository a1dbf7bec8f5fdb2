// What a proposal asks for, as a sentence, and with the arguments that it would be done with.

import { fill } from "musubi-shared";
import { useMember } from "./chain";
import { useSpeech } from "./speech";

/** A call's name and its arguments, as the index spells them; nothing where an older index did not keep it. */
export type Action = Record<string, Record<string, unknown>> | null | undefined;

/** The action as a sentence. */
export function useAction(): (action: unknown) => string {
  const { words } = useSpeech();
  const member = useMember();
  return (action) => {
    const [kind, given] = Object.entries((action ?? {}) as Record<string, Record<string, unknown>>)[0] ?? ["unknown", {}];
    const values = Object.fromEntries(Object.entries(given).map(([field, value]) => [field, field === "member" ? member(value) : String(value)]));
    return fill(words[`action.${kind}`] ?? kind, values);
  };
}

/** The arguments as they are, for whoever compares keys and numbers before a vote. */
export function Arguments({ action }: { action: Action }) {
  const { say } = useSpeech();
  if (!action) return null;
  return <details><summary>{say("raw")}</summary><pre tabIndex={0}>{JSON.stringify(action, null, 2)}</pre></details>;
}
