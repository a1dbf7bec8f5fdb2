// What the family answered before the visit (予診票): first what a physician should look at, then every answer.

import { day, plain, Spoken, useLoad } from "musubi-shared";
import { useDesk } from "../desk";
import { type Answered, flagIn, flagsOf, type Item } from "../flags";
import { useSpeech } from "../speech";
import { answersOf, type Came, formOf } from "../visit";

export function FamilyAnswers({ came }: { came: Came }) {
  const { say, name } = useSpeech();
  const responses = answersOf(came);
  return (
    <section class="stack" aria-labelledby="answers" data-answers={came.is}>
      <h3 id="answers">{say("answers.title")}</h3>
      {came.is === "denied" && <p class="banner warn" role="status">{say("answers.denied", { reason: plain(name("reason", came.reason)) })}</p>}
      {came.is === "read" && responses.length === 0 && <p class="soft">{say("answers.none")}</p>}
      {responses.map((one) => <Answers response={one} />)}
    </section>
  );
}

function Answers({ response }: { response: Answered }) {
  const { say, language } = useSpeech();
  const desk = useDesk();
  const form = formOf(response);
  const [title] = useLoad(form, () => desk.own.get<{ title: string }>(`/v1/forms/${form}`));
  const flags = flagsOf(response);
  return (
    <article class="stack" data-form={form}>
      <p class="row"><strong>{title.kind === "ready" ? title.value.title : form}</strong>{response.authored && <time class="soft" dateTime={response.authored}>{say("answers.at", { at: day(language, Date.parse(response.authored)) })}</time>}</p>
      {flags.length > 0
        ? <div class="banner warn"><p><strong>{say("answers.flags", { count: flags.length })}</strong></p><ul>{flags.map((flag) => <li data-flag={flag.rule}><Spoken sentence={flagIn(language, flag)} /></li>)}</ul></div>
        : <p class="soft">{say("answers.noFlags")}</p>}
      <details><summary>{say("answers.all")}</summary><dl class="facts">{linesOf(response.item).map(([question, answer]) => <><dt>{question}</dt><dd>{answer}</dd></>)}</dl></details>
      <p class="soft">{say("answers.reminder")}</p>
    </article>
  );
}

/** Questions with their answers, as they were read and given. */
function linesOf(items: Item[] = []): [question: string, answer: string][] {
  return items.flatMap((item): [string, string][] => {
    const given = (item.answer ?? []).map((answer) => said(Object.entries(answer).find(([name]) => name.startsWith("value"))?.[1]));
    return [...(given.length > 0 ? [[item.text ?? item.linkId, given.join("・")] as [string, string]] : []), ...linesOf(item.item)];
  });
}

function said(value: unknown): string {
  if (typeof value === "boolean") return value ? "○" : "×";
  if (!value || typeof value !== "object") return String(value ?? "");
  const { display, code, value: number, unit } = value as { display?: string; code?: string; value?: number; unit?: string };
  return display ?? (number === undefined ? (code ?? "") : `${number} ${unit ?? ""}`.trim());
}
