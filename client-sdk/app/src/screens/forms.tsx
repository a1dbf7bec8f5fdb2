// Forms: filled in at leisure, kept encrypted on this device, sent when there is a network.

import { BASE, go, plain } from "musubi-shared";
import { Unreachable } from "musubi-sdk";
import type { Gateway } from "musubi-shared/gateway";
import { useEffect, useState } from "preact/hooks";
import type { Answers, Form, Item, Offered } from "../forms";
import { useGateway, useHere, useKnown } from "../here";
import { useSpeech } from "../speech";
import { draftName as nameOf, formText, type Kept, onSent, sendWaiting } from "../sending";
import { keep, kept } from "../store";
import { Nothing, Shown } from "./shown";

/** The municipality's list where it is known, else what the app brings. */
async function listed(gateway: Gateway, subject: string): Promise<Offered[]> {
  const { FORM_IDS, brought } = await import("../forms");
  try { return (await gateway.get<{ forms: Offered[] }>("/v1/forms", subject)).forms; } catch (error) {
    if (error instanceof Unreachable) throw error;
    const forms = await Promise.all(FORM_IDS.map(brought));
    return forms.flatMap((form) => (form ? [{ id: form.id, title: { ja: form.title }, answeredBy: "family" }] : []));
  }
}

export function Forms() {
  const { say } = useSpeech();
  const { device, child } = useHere();
  const gateway = useGateway();
  const [forms, again] = useKnown(device, `forms ${child.subject}`, () => listed(gateway, child.subject));
  return <div class="stack"><h1>{say("nav.forms")}</h1><p>{say("forms.lead")}</p><Shown state={forms} again={again}>{(all) => <Listed all={all} />}</Shown></div>;
}

function Listed({ all }: { all: Offered[] }) {
  const { say } = useSpeech();
  const { device, child } = useHere();
  const [drafts, setDrafts] = useState(new Map<string, Kept>());
  useEffect(() => {
    const load = async () => {
      const found = await Promise.all(all.map(async ({ id }) => [id, await kept<Kept>(device.keys, nameOf(child.subject, id))] as const));
      setDrafts(new Map(found.flatMap(([id, draft]) => (draft ? [[id, draft] as const] : []))));
    };
    void load();
    return onSent(() => void load());
  }, [all]);
  const day = new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10);
  const now = all.filter(({ from, until }) => (from ?? day) <= day && day < (until ?? "9999"));
  const others = all.filter((one) => !now.includes(one));
  return (
    <div class="stack">
      {now.length === 0 ? <Nothing>{say("forms.none")}</Nothing> : <Ways forms={now} drafts={drafts} />}
      {others.length > 0 && <details><summary>{say("forms.others")}</summary><Ways forms={others} drafts={drafts} /></details>}
    </div>
  );
}

function Ways({ forms, drafts }: { forms: Offered[]; drafts: Map<string, Kept> }) {
  const { say, language } = useSpeech();
  const tag = { ja: "ja", "ja-Hira": "ja-x-easy", en: "en" }[language];
  return (
    <ul class="choices">
      {forms.map(({ id, title }) => {
        const draft = drafts.get(id);
        return <li><a class="choice-link" href={`${BASE}forms/${id}`}><strong>{title[tag] ?? title["ja"] ?? id}</strong>{draft && <span class={`badge ${draft.sent ? "good" : draft.refused ? "bad" : "warn"}`}>{say(draft.sent ? "forms.sent" : draft.refused ? "forms.returned" : draft.waiting ? "forms.waiting" : "forms.draft")}</span>}</a></li>;
      })}
    </ul>
  );
}

interface Ready { form: Form; draft: Kept; lib: typeof import("../forms") }

export function FormScreen({ id }: { id: string }) {
  const { say, language } = useSpeech();
  const { device, child } = useHere();
  const gateway = useGateway();
  const [loaded, setLoaded] = useState<Ready | "none">();
  useEffect(() => {
    const load = async () => {
      const [lib, form] = await Promise.all([import("../forms"), formText(device.keys, gateway, id)]);
      return form ? { lib, form, draft: (await kept<Kept>(device.keys, nameOf(child.subject, id))) ?? { answers: {}, saved: 0 } } : ("none" as const);
    };
    void load().then(setLoaded);
  }, [id, child.subject]);
  if (!loaded) return <p class="soft" role="status">{say("loading")}</p>;
  if (loaded === "none") return <Nothing>{say("empty")}</Nothing>;
  return <Filled key={`${id} ${child.subject}`} {...loaded} title={loaded.lib.translated(language, loaded.form.title, loaded.form._title)} />;
}

function Filled({ form, draft, lib, title }: Ready & { title: string }) {
  const { say, language } = useSpeech();
  const { device, child } = useHere();
  const gateway = useGateway();
  const [now, setNow] = useState(draft);
  const [part, setPart] = useState(0);
  const [busy, setBusy] = useState(false);
  const name = nameOf(child.subject, form.id);
  const put = (next: Kept) => { setNow(next); void keep(device.keys, name, next); };
  const set = (linkId: string, answer: Answers[string]) => put({ answers: { ...now.answers, [linkId]: answer }, saved: Date.now() });
  const parts = form.item.filter((item) => lib.isAsked(item, now.answers));
  const missing = lib.open(form.item, now.answers);
  const reload = async () => setNow((await kept<Kept>(device.keys, name)) ?? now);
  // The app sends what waits, from whichever screen; this one only shows what became of it.
  useEffect(() => onSent(() => void reload()), [name]);
  const send = async () => {
    setBusy(true);
    await keep(device.keys, name, { answers: now.answers, saved: now.saved, waiting: Date.now() } satisfies Kept);
    await sendWaiting(device.keys, gateway).catch(() => true);
    await reload();
    setBusy(false);
  };
  const last = part >= parts.length;
  return (
    <div class="stack narrow-page">
      <p class="soft"><a href={`${BASE}forms`}>{say("nav.forms")}</a> · {last ? say("forms.check") : say("step", { step: part + 1, of: parts.length + 1 })}</p>
      <h1>{title}</h1>
      <progress value={part} max={parts.length} aria-label={plain(title)} />
      {!last && <Part item={parts[part]!} answers={now.answers} set={set} lib={lib} />}
      {last && (
        <div class="stack">
          {missing.length > 0 && <div class="banner warn"><p>{say("forms.missing", { count: missing.length })}</p><ul>{missing.slice(0, 5).map((item) => <li>{lib.translated(language, item.text, item._text)}</li>)}</ul></div>}
          {now.sent ? <p class="banner good" role="status">{say("forms.sentMore")}</p> : <button class="first wide" disabled={busy || missing.length > 0} onClick={() => void send()}>{say("forms.send")}</button>}
          {now.waiting && !busy && <div class="banner warn" role="alert" data-waiting={form.id}><p>{say("forms.later")}</p></div>}
          {now.refused && <div class="banner bad" role="alert"><p>{say("forms.refused")}</p><p class="soft" lang="en">{now.refused}</p></div>}
        </div>
      )}
      <div class="row spread">
        {part > 0 ? <button onClick={() => setPart(part - 1)}>{say("back")}</button> : <button onClick={() => go(`${BASE}forms`)}>{say("forms.close")}</button>}
        {!last && <button class="first" onClick={() => { setPart(part + 1); document.getElementById("main")?.scrollTo(0, 0); }}>{say("next")}</button>}
      </div>
      <p class="soft" role="status">{now.saved ? say("forms.saved") : say("forms.where")}</p>
    </div>
  );
}

type Setting = { item: Item; answers: Answers; set: (linkId: string, answer: Answers[string]) => void; lib: typeof import("../forms") };

function Part({ item, answers, set, lib }: Setting) {
  const { language } = useSpeech();
  const said = lib.translated(language, item.text, item._text);
  if (item.type !== "group") return <Question {...{ item, answers, set, lib }} />;
  return <section class="stack"><h2>{said}</h2>{item.item?.filter((inner) => lib.isAsked(inner, answers)).map((inner) => <Part key={inner.linkId} {...{ item: inner, answers, set, lib }} />)}</section>;
}

function Question({ item, answers, set, lib }: Setting) {
  const { say, language } = useSpeech();
  const said = lib.translated(language, item.text, item._text);
  const answer = answers[item.linkId];
  const mark = item.required ? <span class="badge plain">{say("required")}</span> : null;
  const inner = item.item?.filter((one) => lib.isAsked(one, answers)).map((one) => <Part key={one.linkId} {...{ item: one, answers, set, lib }} />);
  if (item.type === "boolean") {
    return <fieldset class="card stack"><legend>{said} {mark}</legend><div class="choice"><button aria-pressed={answer === true} onClick={() => set(item.linkId, true)}>{say("yes")}</button><button aria-pressed={answer === false} onClick={() => set(item.linkId, false)}>{say("no")}</button></div>{inner}</fieldset>;
  }
  if (item.answerOption) {
    const chosen = Array.isArray(answer) ? answer : answer === undefined ? [] : [String(answer)];
    return (
      <fieldset class="card stack"><legend>{said} {mark}</legend>
        {item.answerOption.map(({ valueCoding: { code, display, _display } }) => <label class="check"><input type={item.repeats ? "checkbox" : "radio"} name={item.linkId} checked={chosen.includes(code)} onChange={(event) => set(item.linkId, item.repeats ? (event.currentTarget.checked ? [...chosen, code] : chosen.filter((one) => one !== code)) : code)} />{lib.translated(language, display, _display)}</label>)}
        {inner}
      </fieldset>
    );
  }
  const type = { integer: "number", decimal: "number", date: "date", time: "time" }[item.type] ?? "text";
  const value = typeof answer === "string" ? answer : "";
  return (
    <div class="card stack"><label><span class="said">{said} {mark}</span>
      {item.type === "text" ? <textarea rows={3} maxLength={item.maxLength} value={value} onInput={(event) => set(item.linkId, event.currentTarget.value)} /> : <input type={type} inputMode={type === "number" ? "decimal" : undefined} step={item.type === "decimal" ? "any" : undefined} maxLength={item.maxLength} value={value} onInput={(event) => set(item.linkId, event.currentTarget.value)} />}
    </label>{inner}</div>
  );
}
