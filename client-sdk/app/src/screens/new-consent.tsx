// A new consent, one question a screen; then a code for the counter, and here the very words that the card will sign.

import { BASE, fromBase64, Machine, Spoken } from "musubi-shared";
import { type Id, Refused } from "musubi-sdk";
import { type Line, loadConsent } from "musubi-sdk/consent";
import { useEffect, useState } from "preact/hooks";
import { type Consent, type Draft, type HandOver, stateOf } from "../chain";
import { useGateway, useHere, useMember } from "../here";
import { Qr } from "../qr";
import { useSpeech } from "../speech";
import { Steps } from "./shown";

const PURPOSES = ["child-care", "checkup", "consultation", "emergency"];
const CATEGORIES = ["immunization", "checkup", "questionnaire", "growth", "emergency-summary"];
const DAYS = [30, 90, 365];
const STEPS = ["recipient", "purpose", "categories", "days", "send"] as const;
/** Languages of statements, by those of the app. */
const SPOKEN = { ja: "ja", "ja-Hira": "ja-x-easy", en: "en" } as const;

export function NewConsent() {
  const { say, text, name, language } = useSpeech();
  const { about, child, offline } = useHere();
  const member = useMember();
  const gateway = useGateway();
  const [step, setStep] = useState(0);
  const [draft, setDraft] = useState<Partial<Draft>>({ categories: ["immunization"] });
  const [handed, setHanded] = useState<HandOver>();
  const [failed, setFailed] = useState<string>();
  const answer = (some: Partial<Draft>) => { setDraft({ ...draft, ...some }); setStep(step + 1); };
  const send = async () => {
    setFailed(undefined);
    const whole = { subject: child.subject, label: text("label.child"), language: SPOKEN[language], ...draft } as Draft;
    try { setHanded(await gateway.post<HandOver>("/v1/hand-overs", whole)); } catch (error) { setFailed((error as Error).message); }
  };
  if (handed) return <AtCounter first={handed} again={() => setHanded(undefined)} />;
  const asked = STEPS[step]!;
  const others = about.members.filter((one) => one.member !== about.home);
  return (
    <div class="stack narrow-page">
      <p class="soft" role="status">{say("step", { step: step + 1, of: STEPS.length })}</p>
      <h1>{say(`new.${asked}`)}</h1>
      {asked === "recipient" && <ul class="choices">{others.map((one) => <li><button onClick={() => answer({ recipient: one.member })}>{member(one.member)}</button></li>)}</ul>}
      {asked === "purpose" && <ul class="choices">{PURPOSES.map((one) => <li><button onClick={() => answer({ purpose: one })}><Spoken sentence={name("purpose", one)} /></button></li>)}</ul>}
      {asked === "categories" && (
        <form class="stack" onSubmit={(event) => { event.preventDefault(); setStep(step + 1); }}>
          {CATEGORIES.map((one) => <label class="check card"><input type="checkbox" checked={draft.categories?.includes(one)} onChange={(event) => setDraft({ ...draft, categories: event.currentTarget.checked ? CATEGORIES.filter((other) => other === one || draft.categories?.includes(other)) : (draft.categories ?? []).filter((other) => other !== one) })} /><Spoken sentence={name("category", one)} /></label>)}
          <button class="first wide" disabled={!draft.categories?.length}>{say("next")}</button>
        </form>
      )}
      {asked === "days" && <ul class="choices">{DAYS.map((one) => <li><button onClick={() => answer({ days: one })}>{say("days", { days: one })}</button></li>)}</ul>}
      {asked === "send" && (
        <div class="stack">
          <dl class="card facts"><dt>{say("new.recipient")}</dt><dd>{member(draft.recipient)}</dd><dt>{say("new.purpose")}</dt><dd><Spoken sentence={name("purpose", draft.purpose)} /></dd><dt>{say("new.categories")}</dt><dd>{draft.categories?.map((one, at) => <>{at > 0 && "・"}<Spoken sentence={name("category", one)} /></>)}</dd><dt>{say("new.days")}</dt><dd>{say("days", { days: draft.days ?? 0 })}</dd></dl>
          <p class="banner plain">{say("new.where")}</p>
          {failed && <div class="banner bad" role="alert"><p>{say("new.failed")}</p><Machine>{failed}</Machine></div>}
          {offline && <p class="banner warn">{say("new.offline")}</p>}
          <button class="first wide" disabled={offline} onClick={() => void send()}>{say("new.code")}</button>
        </div>
      )}
      {step > 0 && <button onClick={() => setStep(step - 1)}>{say("back")}</button>}
    </div>
  );
}

const PAUSE = 2_000;

function AtCounter({ first, again }: { first: HandOver; again: () => void }) {
  const { say, text } = useSpeech();
  const gateway = useGateway();
  const member = useMember();
  const [handed, setHanded] = useState(first);
  const [gone, setGone] = useState(false);
  const [signed, setSigned] = useState(false);
  useEffect(() => {
    let stopped = false;
    let timer: ReturnType<typeof setTimeout>;
    const ask = async () => {
      try {
        const next = await gateway.get<HandOver>(`/v1/hand-overs/${first.code}`);
        setHanded(next);
        if (next.statement && (await isInForce(next))) { setSigned(true); return; }
      } catch (error) { if (error instanceof Refused && error.code === 404) { setGone(true); return; } }
      if (!stopped) timer = setTimeout(() => void ask(), PAUSE);
    };
    void ask();
    return () => { stopped = true; clearTimeout(timer); };
  }, [first.code]);
  /** The consent that the statement names is on the chain, and its card's signature was vouched for. */
  const isInForce = async ({ statement, draft }: HandOver) => {
    const { Statement } = await loadConsent();
    const { consent } = new Statement(fromBase64(statement!)).fields();
    const all = await gateway.get<Consent[]>(`/v1/family/${draft.subject}/consents`);
    return all.some((one) => one.consent === consent && stateOf(one) === "effective");
  };
  const code = `${first.code.slice(0, 4)} ${first.code.slice(4)}`;
  if (signed) return <div class="stack narrow-page"><h1>{say("counter.signed")}</h1><p class="banner good" role="status" data-signed={first.code}>{say("counter.inForce", { who: member(first.draft.recipient) })}</p><a class="button first wide" href={`${BASE}consents`}>{say("counter.see")}</a></div>;
  return (
    <div class="stack narrow-page">
      <h1>{say("counter")}</h1>
      {gone ? <div class="banner warn" role="alert"><p>{say("counter.gone")}</p><button onClick={again}>{say("again")}</button></div> : (
        <>
          {!handed.statement && <div class="card center stack"><p>{say("counter.code")}</p><p class="code" data-code={first.code}>{code}</p><Qr text={`musubi-consent:1:${first.code}`} label={text("counter.qr")} /></div>}
          {!handed.statement && <Steps>{[say("counter.step1"), say("counter.step2"), say("counter.step3")]}</Steps>}
          {!handed.statement && <p class="banner plain" role="status">{say("counter.waiting")}</p>}
          {handed.statement && <Words bytes={handed.statement} subject={first.draft.subject} />}
        </>
      )}
    </div>
  );
}

/** The statement in words, made on this device from the bytes that the card signs. */
export function Words({ bytes, subject }: { bytes: string; subject: Id }) {
  const { say, language } = useSpeech();
  const [shown, setShown] = useState<{ lines: Line[]; reference: string } | { failed: string }>();
  useEffect(() => {
    const read = async () => {
      const { Statement } = await loadConsent();
      const statement = new Statement(fromBase64(bytes));
      if (statement.fields().subject !== subject) throw new Error("the statement is about somebody else");
      return { lines: statement.lines(SPOKEN[language]), reference: statement.reference() };
    };
    read().then(setShown, (error: unknown) => setShown({ failed: error instanceof Error ? error.message : String(error) }));
  }, [bytes, language]);
  if (!shown) return <p class="soft" role="status">{say("loading")}</p>;
  if ("failed" in shown) return <div class="banner bad" role="alert"><p>{say("statement.bad")}</p><Machine>{shown.failed}</Machine></div>;
  return (
    <div class="stack">
      <p class="banner good" role="status">{say("statement.exact")}</p>
      <article class="card statement" data-statement={shown.reference}>
        {shown.lines.map((line) => {
          if (line.is === "title") return <h2>{line.text}</h2>;
          if (line.is === "heading") return <h3>{line.text}</h3>;
          if (line.is === "note") return <p>{line.text}</p>;
          return line.is === "field" ? <p class="field"><span>{line.label}</span><strong>{line.value}</strong></p> : <hr />;
        })}
      </article>
      <div class="card center"><p>{say("statement.compare")}</p><p class="code">{shown.reference.replace(/(.{4})(?=.)/g, "$1 ")}</p></div>
      <p class="banner plain">{say("statement.card")}</p>
    </div>
  );
}
