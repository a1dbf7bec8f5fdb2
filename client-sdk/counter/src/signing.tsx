// A document on its way from the desk to the chain: a nonce, what is signed shown in large type and read aloud, the card, the evidence.

import { fromHex, LANGUAGES, type Language } from "musubi-shared";
import type { Id, Moment } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Shown, Signed } from "./agent";
import { CardPrompt } from "./card";
import { type Desk, useDesk } from "./desk";
import { Step, Trouble, useAct, withRuby } from "./parts";
import { hasVoice, sayAloud, tagOf, useSpeech } from "./speech";

interface Nonce { nonce: Id; notBefore: Moment; notAfter: Moment }
export interface Outcome { outcome: "attested" | "pending" | "disagreed"; block?: number; reason?: string }

export const nonceFor = (desk: Desk, home: number, purpose: "document" | "check-in"): Promise<Nonce> => desk.gatewayOf(home).post<Nonce>("/v1/nonces", { for: purpose });

const DAY = 24 * 3600_000;
/** Between two questions whether the authority has answered. */
const PAUSE = 1_500;

/** Hands evidence to the municipality. While the card authority's answer is out, it is asked again for a while. */
export async function give(desk: Desk, home: number, kind: string, signed: Signed): Promise<Outcome> {
  const body = { kind, about: signed.about, sealed: signed.sealed };
  for (let turn = 0; ; turn++) {
    const outcome = await desk.gatewayOf(home).post<Outcome>("/v1/evidence", body);
    if (outcome.outcome !== "pending" || turn === 8) return outcome;
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Puts a signed consent on the chain, then has the municipality vouch for it. */
export async function propose(desk: Desk, home: number, signed: Signed): Promise<Outcome> {
  if (!signed.proposal) throw new Error("the agent gave no proposal");
  await desk.gatewayOf(home).submit(fromHex(signed.proposal));
  return give(desk, home, "consent", signed);
}

/** A binding statement: this card speaks for this person, in the place of the former one's binding where there is one. */
export async function bindingFields(desk: Desk, home: number, person: Id, binding: Id, language: Language, replaces?: Id): Promise<object> {
  const { nonce } = await nonceFor(desk, home, "document");
  const now = Date.now();
  return { binding, person, home, ...(replaces && { replaces }), not_before: now, not_after: now + DAY / 2, nonce, language: tagOf(language) };
}

/** What will be signed, in three languages, as the agent made it; first in the one that it is signed in. */
export function Document({ shown, reads }: { shown: Shown; reads?: Language | undefined }) {
  const { say, language } = useSpeech();
  const [reading, setReading] = useState(reads ?? language);
  const rows = shown.said[tagOf(reading)];
  const whole = rows.map((row) => (row.is === "gap" ? "" : row.is === "field" ? `${row.label}。${row.text}` : row.text)).join("\n").replace(/([一-龠々]+)\([ぁ-んァ-ヶー]+\)/g, "$1");
  return (
    <article class="document stack" data-digest={shown.digest}>
      <div class="row no-print" role="group">
        {LANGUAGES.map((one) => <button type="button" aria-pressed={one === reading} onClick={() => setReading(one)}>{say(`language.${one}`)}</button>)}
        {hasVoice() && <button type="button" onClick={() => sayAloud(reading, whole)}>{say("document.read")}</button>}
      </div>
      <div class="words" lang={reading}>
        {rows.map((row) => row.is === "title" ? <h3>{withRuby(row.text)}</h3> : row.is === "heading" ? <h4>{withRuby(row.text)}</h4>
          : row.is === "field" ? <p class="pair"><span class="soft">{withRuby(row.label)}</span><strong>{withRuby(row.text)}</strong></p>
          : row.is === "gap" ? <hr /> : <p>{withRuby(row.text)}</p>)}
      </div>
    </article>
  );
}

interface Signature {
  at: number; of: number; title: string; kind: "consent" | "binding" | "withdrawal"; home: number; card: "signing" | "authentication"; fields: () => Promise<object>; onSigned: (signed: Signed) => Promise<void>; refuse?: () => void;
  /** Another screen that shows the same words, before anybody reads them here; and what is said of it. */
  onShown?: (fields: object, shown: Shown) => Promise<void>; note?: (shown: Shown) => ComponentChildren; reads?: Language;
}

/** Shows a document, lets the person say yes to it, and has the card sign it. */
export function SignStep({ at, of, title, kind, home, card, fields, onSigned, refuse, onShown, note, reads }: Signature) {
  const { say, text } = useSpeech();
  const desk = useDesk();
  const [shown, setShown] = useState<Shown>();
  const [agreed, setAgreed] = useState(false);
  const { error, act } = useAct();
  const load = () => void act(async () => {
    const asked = await fields();
    const made = await desk.agent.show(kind, asked);
    await onShown?.(asked, made);
    setShown(made);
  });
  useEffect(load, []);
  const sign = async (secret: string, insist: boolean) => {
    const signed = await desk.agent.sign({ digest: shown!.digest, genesis: desk.genesis, key: card, secret, sealTo: desk.neighbour(home).hpke, insist });
    await onSigned(signed);
  };
  if (!shown) return <Step at={at} of={of} title={title}>{error ? <Trouble error={error}><button type="button" onClick={load}>{say("again")}</button></Trouble> : <p class="soft" role="status">{say("loading")}</p>}</Step>;
  if (!agreed) {
    return (
      <Step at={at} of={of} title={title}>
        {note?.(shown)}
        <Document shown={shown} reads={reads} />
        <div class="row"><button type="button" class="first wide" onClick={() => setAgreed(true)}>{say("document.agree")}</button>{refuse && <button type="button" onClick={refuse}>{say("document.refuse")}</button>}</div>
      </Step>
    );
  }
  const secret = card === "signing" ? "password" : "pin";
  return (
    <Step at={at} of={of} title={title}>
      <CardPrompt kind={secret} prompt={text(card === "signing" ? "prompt.password" : "prompt.pin")} confirm={text("card.sign")} onSecret={sign} />
      <div><button type="button" onClick={() => setAgreed(false)}>{say("document.showAgain")}</button></div>
    </Step>
  );
}
