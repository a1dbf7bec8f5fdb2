// One event: a plain sentence, what it concerns, and its proof.

import { dateTime, fill, Machine, saveBlob, Spoken } from "musubi-shared";
import { useAction } from "./action";
import type { Event } from "./api";
import { useMember } from "./chain";
import { Id } from "./parts";
import type { Proved } from "./proof";
import { useSpeech } from "./speech";

const MEMBERS = new Set(["member", "by", "attester", "author", "custodian", "holder", "home", "recipient", "from", "to"]);

/** The event as a sentence, from its own words and not from its summary. */
export function useSentence(): (event: Event) => string {
  const { words, name, language } = useSpeech();
  const member = useMember();
  const spelledAction = useAction();
  const value = (field: string, value: unknown): string => {
    if (MEMBERS.has(field)) return member(value);
    if (field === "until") return dateTime(language, Number(value));
    if (field === "categories" && Array.isArray(value)) return value.map((one) => name("category", one)).join(language === "en" ? ", " : "・");
    if (field === "ending") return name("state", value);
    if (field === "action") return spelledAction(value);
    if (value && typeof value === "object") return name(field, Object.keys(value)[0]);
    return ["purpose", "reason", "category", "basis"].includes(field) ? name(field, value) : String(value);
  };
  return ({ body }) => {
    const fact = body.fact;
    const kind = typeof fact === "string" ? fact : (Object.keys(fact)[0] ?? "");
    const fields = typeof fact === "string" ? {} : (fact[kind] ?? {});
    const filled = Object.fromEntries(Object.entries(fields).map(([field, raw]) => [field, value(field, raw)]));
    return fill(words[`event.${kind}`] ?? kind, filled);
  };
}

export function EventItem({ event, proved }: { event: Event; proved: Proved }) {
  const { language, say, text, name } = useSpeech();
  const sentence = useSentence();
  return (
    <li class={event.outcome} data-event={event.id} data-kind={event.kind}>
      <div class="row">
        <ProofBadge proved={proved} />
        {event.outcome !== "done" && <span class={`badge ${event.outcome === "permitted" ? "plain" : "warn"}`}><Spoken sentence={name("outcome", event.outcome)} /></span>}
        {event.grant === "missing" && <span class="badge bad">{say("grantMissing")}</span>}
        {event.grant === "before-index" && <span class="badge warn">{say("grantBefore")}</span>}
        <span class="soft"><time dateTime={new Date(event.time).toISOString()}>{dateTime(language, event.time)}</time></span>
      </div>
      <p class="sentence"><Spoken sentence={sentence(event)} /></p>
      <div class="row soft">
        <a href={`/explorer/events?firstHeight=${event.height}&lastHeight=${event.height}`}>{text("block", { height: event.height })}</a>
        {event.subject && <Id id={event.subject} to={`/explorer/trail?subject=${event.subject}`} />}
      </div>
      <details>
        <summary>{say("details")}<span class="sr"> {event.id}</span></summary>
        <ProofMore proved={proved} event={event} />
        <p class="soft">{say("raw")}</p>
        <pre tabIndex={0}>{JSON.stringify(event.body, null, 2)}</pre>
      </details>
    </li>
  );
}

const MARKS = { good: ["good", "✓"], bad: ["bad", "✕"], old: ["warn", "!"], open: ["warn", "?"], none: ["plain", "–"], checking: ["plain", "…"] } as const;

function ProofBadge({ proved }: { proved: Proved }) {
  const { say } = useSpeech();
  const [look, mark] = MARKS[proved.is];
  return <span class={`badge ${look}`} data-proof={proved.is}><span aria-hidden="true">{mark}</span>{say(`proof.${proved.is}`)}</span>;
}

function ProofMore({ proved, event }: { proved: Proved; event: Event }) {
  const { say, language } = useSpeech();
  if (proved.is === "good") {
    const { report, bundle } = proved.proof;
    return (
      <div class="stack">
        <p>{say("proof.asOf", { time: dateTime(language, report.asOf), height: report.checkpoint.height })}</p>
        <div><button onClick={() => saveBlob(new Blob([bundle], { type: "application/json" }), `musubi-proof-${event.id}.json`)}>{say("proof.download")}</button></div>
      </div>
    );
  }
  if (proved.is === "bad") return <div class="banner bad" role="alert"><p>{say("proof.bad.more")}</p><Machine>{proved.why}</Machine></div>;
  if (proved.is === "none") return <p>{say("proof.none.more")}</p>;
  return "why" in proved ? <Machine>{proved.why}</Machine> : null;
}
