// The card reader at a page: put the card there, enter the secret, leave it in place. Said aloud, in large type, one thing at a time.

import { useEffect, useRef, useState } from "preact/hooks";
import { type Agent, AgentAway, AgentRefused, type Seen } from "./agent";
import { useDesk } from "./desk";
import { Trouble, useAct } from "./parts";
import { usePrompt, useSpeech } from "./speech";

export type SecretKind = "pin" | "face" | "password" | "printed";
const LENGTH: Record<SecretKind, [min: number, max: number]> = { pin: [4, 4], face: [4, 4], password: [6, 16], printed: [14, 14] };

/** How the agent stands to this page. */
export type AgentState = { is: "looking" } | { is: "away" } | { is: "unpaired" } | { is: "here"; seen: Seen };

/** Follows the readers; tries again while the agent is away. */
export function useReaders(agent: Agent): [AgentState, () => void] {
  const [state, setState] = useState<AgentState>({ is: "looking" });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const follow = async (): Promise<void> => {
      if (!(await agent.isPaired())) return setState({ is: "unpaired" });
      await agent.watch(stop.signal, (seen) => setState({ is: "here", seen })).catch((error: unknown) => {
        if (stop.signal.aborted) return;
        setState(error instanceof AgentRefused ? { is: "unpaired" } : { is: "away" });
        if (error instanceof AgentAway) timer = setTimeout(() => void follow(), 2_000);
      });
    };
    void follow();
    return () => { stop.abort(); clearTimeout(timer); };
  }, [agent.address, turn]);
  return [state, () => setTurn((turn) => turn + 1)];
}

/** Pairs this page with the agent: the code stands on the agent's terminal. */
export function Pairing({ onPaired }: { onPaired: () => void }) {
  const { say } = useSpeech();
  const { agent } = useDesk();
  const [code, setCode] = useState("");
  const { busy, error, act } = useAct();
  const pair = (event: Event) => {
    event.preventDefault();
    void act(async () => { await agent.pair(code); onPaired(); });
  };
  return (
    <form class="stack" onSubmit={pair}>
      <p>{say("agent.pairLead")}</p>
      <label>{say("agent.code")}<input class="digits" inputMode="numeric" autocomplete="off" maxLength={9} value={code} onInput={(event) => setCode(event.currentTarget.value)} /></label>
      <Trouble error={error} />
      <div><button class="first" disabled={busy || code.replace(/\D/g, "").length !== 8}>{say("agent.pair")}</button></div>
    </form>
  );
}

/** What the reader shows now, as a sentence with a mark. */
export function ReaderState({ state, again }: { state: AgentState; again: () => void }) {
  const { say } = useSpeech();
  const { agent } = useDesk();
  if (state.is === "looking") return <p class="soft" role="status">{say("agent.looking")}</p>;
  if (state.is === "unpaired") return <Pairing onPaired={again} />;
  if (state.is === "away") return <div class="banner warn" role="status"><p>{say("agent.away", { address: agent.address })}</p><p class="id">musubi card agent --origin {location.origin}</p></div>;
  const { service, readers, card } = state.seen;
  const mute = readers.some((reader) => reader.presence === "mute");
  const key = !service ? "reader.noService" : readers.length === 0 ? "reader.none" : mute ? "reader.mute" : card ? "reader.card" : "reader.empty";
  return <p class={`reader ${key === "reader.card" ? "good" : "warn"}`} role="status" data-reader={key}><span aria-hidden="true" class="mark">{key === "reader.card" ? "▣" : "▢"}</span>{say(key)}</p>;
}

interface Asked { kind: SecretKind; prompt: string; confirm: string; onSecret: (secret: string, insist: boolean) => Promise<void> }

/** Asks for a touch of the card and its secret; `onSecret` uses both. The field is emptied whatever comes of it. */
export function CardPrompt({ kind, prompt, confirm, onSecret }: Asked) {
  const { say, text, language } = useSpeech();
  const { agent } = useDesk();
  const [state, again] = useReaders(agent);
  const [typed, setTyped] = useState("");
  const field = useRef<HTMLInputElement>(null);
  const { busy, error, act } = useAct();
  const lies = state.is === "here" && state.seen.card;
  usePrompt(lies ? prompt : text("reader.empty"));
  useEffect(() => { if (lies && !busy) field.current?.focus(); }, [lies]);
  const [min, max] = LENGTH[kind];
  const few = error instanceof AgentRefused && error.outcome === "few-tries-left";
  const use = (insist: boolean) => void act(async () => {
    const secret = typed;
    setTyped("");
    await onSecret(secret, insist);
  });
  const digits = kind !== "password";
  return (
    <form class="stack card-prompt" onSubmit={(event) => { event.preventDefault(); use(few); }}>
      <ReaderState state={state} again={again} />
      {state.is === "here" && (
        <>
          <p class="large">{prompt}</p>
          <label>{say(`secret.${kind}`)}
            <input ref={field} class="secret" type="password" name={`card-${kind}`} autocomplete="off" inputMode={digits ? "numeric" : "text"} maxLength={max} value={typed} disabled={busy}
              onInput={(event) => setTyped(digits ? event.currentTarget.value.normalize("NFKC").replace(/\D/g, "") : event.currentTarget.value)} />
          </label>
          <Trouble error={error} />
          {digits && max === 4 && <Keypad onDigit={(digit) => setTyped((old) => (old + digit).slice(0, max))} onBack={() => setTyped((old) => old.slice(0, -1))} disabled={busy} />}
          {busy && <p class="large" role="status">{say("card.leave")}</p>}
          <div class="row"><button class="first wide" disabled={busy || !lies || typed.length < min}>{few ? text("card.insist") : confirm}</button></div>
          <p class="soft" lang={language}>{say("card.privacy")}</p>
        </>
      )}
    </form>
  );
}

/** Ten large keys for fingers; the keyboard types into the field. */
function Keypad({ onDigit, onBack, disabled }: { onDigit: (digit: string) => void; onBack: () => void; disabled: boolean }) {
  const { text } = useSpeech();
  return (
    <div class="keypad" role="group" aria-label={text("card.keypad")}>
      {["1", "2", "3", "4", "5", "6", "7", "8", "9"].map((digit) => <button type="button" disabled={disabled} onClick={() => onDigit(digit)}>{digit}</button>)}
      <span /><button type="button" disabled={disabled} onClick={() => onDigit("0")}>0</button><button type="button" disabled={disabled} aria-label={text("card.back")} onClick={onBack}>⌫</button>
    </div>
  );
}
