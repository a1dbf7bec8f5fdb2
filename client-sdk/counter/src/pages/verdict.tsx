// The schedule check's answer, so that nobody overlooks it: a word, a mark and a colour, the reasons, the days. It never says "safe".

import { Spoken } from "musubi-shared";
import { REASONS, reasonIn, vaccineIn } from "musubi-shared/care-words";
import type { Id } from "musubi-sdk";
import type { Countersign } from "musubi-sdk/keys";
import { useState } from "preact/hooks";
import { useDesk } from "../desk";
import type { DoseForm } from "../fhir";
import { Choices, Field, Step, Trouble, useAct } from "../parts";
import { useSpeech } from "../speech";

/** A CDS Hooks card, with our extension. */
export interface Card {
  uuid: string; summary: string; detail: string; indicator: "info" | "warning" | "critical"; source: { label: string };
  overrideReasons?: { code: string; display: string }[];
  extension: { musubi: { verdict: "conditions_met" | "not_met" | "needs_person"; earliest: string | null; latest: string | null; reasons: { reason: string; rule: string; satisfiedFrom: string | null }[]; ruleSet: { version: number }; inputs: Id; record: Id } };
}

const LOOK = { conditions_met: ["good", "○"], not_met: ["bad", "✕"], needs_person: ["warn", "？"] } as const;

/** What the card says beside its days, which stand above in large type, and without the rules' own names for doses. */
const remarksOf = (detail: string): string[] =>
  detail.split("\n").filter((line) => line.startsWith("- ") && !/^- 最も(早い|遅い)日/.test(line)).map((line) => line.slice(2).replace(/^[a-z0-9_]+（(.+)）$/, "$1"));

export function VerdictPanel({ card, dose }: { card: Card; dose: DoseForm }) {
  const { say, language } = useSpeech();
  const said = card.extension.musubi;
  const [look, mark] = LOOK[said.verdict];
  const reasons = [...new Set(said.reasons.map((one) => reasonIn(language, one.reason)))];
  const remarks = remarksOf(card.detail).filter((line) => !Object.values(REASONS).some(({ ja }) => ja === line));
  return (
    <section class={`verdict ${look}`} data-verdict={said.verdict} role="status">
      <p class="big"><span aria-hidden="true" class="mark">{mark}</span>{say(`verdict.${said.verdict}`)}</p>
      <p><Spoken sentence={vaccineIn(language, dose.product, dose.title)} /></p>
      {(said.earliest || said.latest) && <dl class="days">{said.earliest && <><dt>{say("verdict.earliest")}</dt><dd>{said.earliest}</dd></>}{said.latest && <><dt>{say("verdict.latest")}</dt><dd>{said.latest}</dd></>}</dl>}
      {reasons.length > 0 && <ul data-reasons={said.reasons.map((one) => one.reason).join(" ")}>{reasons.map((line) => <li><Spoken sentence={line} /></li>)}</ul>}
      {remarks.length > 0 && <ul class="soft" lang="ja">{remarks.map((line) => <li>{line}</li>)}</ul>}
      <p><strong>{say("verdict.decides")}</strong></p>
      <p class="soft" lang="en">{card.source.label} · v{said.ruleSet.version}</p>
    </section>
  );
}

/** A doctor goes on all the same, says why, and signs that on the chain. */
export function Override({ card, subject, onDone, onBack }: { card: Card; subject: Id; onDone: () => void; onBack: () => void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const [code, setCode] = useState<string>();
  const [words, setWords] = useState("");
  const { busy, error, act } = useAct();
  const go = () => void act(async () => {
    const feedback = [{ card: card.uuid, outcome: "overridden", overrideReason: { reason: { code }, userComment: words }, outcomeTimestamp: new Date().toISOString() }];
    const { toSign } = await desk.own.post<{ toSign: Countersign[] }>("/cds-services/musubi-immunization/feedback", { feedback }, subject);
    const { loadKeys } = await import("musubi-sdk/keys");
    const keys = await loadKeys();
    for (const call of toSign) await desk.own.submit(keys.countersignVerdict(call));
    onDone();
  });
  return (
    <Step at={3} of={4} title={say("override.title")}>
      <p class="banner bad">{say(`verdict.${card.extension.musubi.verdict}`)}</p>
      <Choices legend={say("override.reason")} value={code} options={(card.overrideReasons ?? []).map((one) => [one.code, say(`override.${one.code}` as "override.catch-up")])} onChoose={setCode} />
      <Field label={say("override.words")} hint={say("override.hint")}><textarea rows={3} maxLength={400} value={words} onInput={(event) => setWords(event.currentTarget.value)} /></Field>
      <Trouble error={error} />
      <div class="row"><button type="button" class="first" disabled={busy || !code || !words.trim()} onClick={go}>{say("override.sign")}</button><button type="button" onClick={onBack}>{say("back")}</button></div>
    </Step>
  );
}
