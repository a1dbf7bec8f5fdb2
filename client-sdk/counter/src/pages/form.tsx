// A checkup form (健診票) at the console: chosen by the child's age, asked part by part with the physician's finding in it, and recorded.
//
// What was answered so far is sealed on this machine, so that a child that cries costs nobody the answers.

import { FormPart } from "musubi-shared/form-parts";
import { type Answers, type Form, isAsked, type Offered, open, responseOf, translated } from "musubi-shared/forms";
import type { Language } from "musubi-shared";
import { useEffect, useState } from "preact/hooks";
import { forget, seal, unsealAll } from "../database";
import { useDesk } from "../desk";
import { nameOf } from "../fhir";
import { Badge, Done, PersonChoice, PersonLine, Step, Trouble, useAct } from "../parts";
import { dayOf, type Person } from "../people";
import { sendOrKeep } from "../queue";
import { useSpeech } from "../speech";
import { useNamed } from "./consent";

interface Kept { id: string; answers: Answers }

const TAGS: Record<Language, string> = { ja: "ja", "ja-Hira": "ja-x-easy", en: "en" };
const draftsOf = (person: Person): string => `form ${person.pseudonym} `;

export function CheckupForm() {
  const { say } = useSpeech();
  const [person, setPerson] = useNamed((one) => one.isChild);
  const [form, setForm] = useState<Form>();
  if (!person) return <Step at={1} of={3} title={say("form.who")}><PersonChoice legend={say("person.search")} filter={(one) => one.isChild} onChoose={setPerson} /></Step>;
  if (!form) return <Which person={person} onForm={setForm} />;
  return <Filled key={form.id} person={person} form={form} />;
}

/** The forms that staff answer, those of the child's age first. */
function Which({ person, onForm }: { person: Person; onForm: (form: Form) => void }) {
  const { say, language } = useSpeech();
  const desk = useDesk();
  const [all, setAll] = useState<Offered[]>();
  const [begun, setBegun] = useState<string[]>([]);
  const { busy, error, act } = useAct();
  const load = () => void act(async () => {
    const { forms } = await desk.own.get<{ forms: Offered[] }>("/v1/forms", person.pseudonym);
    setAll(forms.filter((one) => one.answeredBy === "staff"));
    setBegun((await unsealAll<Kept>(draftsOf(person))).map((one) => one.id));
  });
  useEffect(load, []);
  const choose = (id: string) => void act(async () => onForm(await desk.own.get<Form>(`/v1/forms/${id}`)));
  const today = dayOf(Date.now());
  // The register may not know the child's birth date here; the chart does.
  const isNow = ({ from, until }: Offered) => from !== undefined && from <= today && today < (until ?? "9999");
  const list = (some: Offered[]) => <ul class="pick">{some.map((one) => <li><button type="button" disabled={busy} data-form={one.id} onClick={() => choose(one.id)}><strong>{one.title[TAGS[language]] ?? one.title["ja"] ?? one.id}</strong>{begun.includes(one.id) && <Badge kind="warn" mark="…">{say("form.draft")}</Badge>}</button></li>)}</ul>;
  const now = (all ?? []).filter(isNow), others = (all ?? []).filter((one) => !isNow(one));
  return (
    <Step at={2} of={3} title={say("form.which")}>
      <p class="whom"><PersonLine person={person} /></p>
      {!all && !error && <p class="soft" role="status">{say("loading")}</p>}
      <Trouble error={error}><button type="button" onClick={load}>{say("again")}</button></Trouble>
      {all?.length === 0 && <p class="soft">{say("form.none")}</p>}
      {now.length > 0 && <><h3>{say("form.now")}</h3>{list(now)}</>}
      {others.length > 0 && <details open={now.length === 0}><summary>{say("form.others")}</summary>{list(others)}</details>}
    </Step>
  );
}

function Filled({ person, form }: { person: Person; form: Form }) {
  const { say, language } = useSpeech();
  const desk = useDesk();
  const [answers, setAnswers] = useState<Answers>({});
  const [part, setPart] = useState(0);
  const [sent, setSent] = useState<boolean>();
  const { busy, error, act } = useAct();
  const name = draftsOf(person) + form.id;
  useEffect(() => { void unsealAll<Kept>(name).then(([kept]) => { if (kept) setAnswers(kept.answers); }); }, [name]);
  const set = (linkId: string, answer: Answers[string]) => {
    const next = { ...answers, [linkId]: answer };
    setAnswers(next);
    void seal(name, { id: form.id, answers: next } satisfies Kept);
  };
  const parts = form.item.filter((item) => isAsked(item, answers));
  const missing = open(form.item, answers);
  const title = translated(language, form.title, form._title);
  const send = () => void act(async () => {
    const response = { ...responseOf(form, answers, person.pseudonym, new Date()), id: crypto.randomUUID(), subject: { reference: `Patient/${person.patient.id}` } };
    const taken = await sendOrKeep(desk, { member: desk.here.node ?? desk.member, path: "/fhir/QuestionnaireResponse", subject: person.pseudonym, body: response, title: form.title, person: nameOf(person.patient) });
    await forget(name);
    setSent(taken !== undefined);
  });
  if (sent !== undefined) return <Done title={say(sent ? "form.done" : "record.kept", { name: nameOf(person.patient) })}>{!sent && <p>{say("record.keptLead")}</p>}</Done>;
  const isLast = part >= parts.length;
  return (
    <Step at={3} of={3} title={isLast ? say("form.check") : title}>
      <p class="whom"><PersonLine person={person} /></p>
      <progress value={part} max={parts.length} aria-label={title} />
      {!isLast && <FormPart item={parts[part]!} answers={answers} set={set} />}
      {isLast && missing.length > 0 && <div class="banner warn"><p>{say("form.missing", { count: missing.length })}</p><ul>{missing.slice(0, 8).map((item) => <li>{translated(language, item.text, item._text)}</li>)}</ul></div>}
      <Trouble error={error} />
      <div class="row">
        {isLast ? <button type="button" class="first wide" disabled={busy || missing.length > 0} onClick={send}>{say("form.send")}</button> : <button type="button" class="first wide" onClick={() => setPart(part + 1)}>{say("next")}</button>}
        {part > 0 && <button type="button" onClick={() => setPart(part - 1)}>{say("back")}</button>}
      </div>
    </Step>
  );
}
