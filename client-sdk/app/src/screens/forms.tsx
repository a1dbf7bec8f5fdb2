// Forms: filled in at leisure, kept encrypted on this device, sent when there is a network.

import { BASE, go, type Language, Machine, textIn } from "musubi-shared";
import { Unreachable } from "musubi-sdk";
import { FormPart } from "musubi-shared/form-parts";
import type { Gateway } from "musubi-shared/gateway";
import { useEffect, useState } from "preact/hooks";
import type { Answers, Form, Offered } from "../forms";
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

/** Every form that the municipality has for this child. */
export function useForms(): ReturnType<typeof useKnown<Offered[]>> {
  const { device, child } = useHere();
  const gateway = useGateway();
  return useKnown(device, `forms ${child.subject}`, () => listed(gateway, child.subject));
}

/** Those whose time it is on a day. */
export const timely = (all: Offered[], day: string): Offered[] => all.filter(({ from, until }) => (from ?? day) <= day && day < (until ?? "9999"));

/** A form's title in the reader's language. */
export const titleOf = ({ id, title }: Offered, language: Language): string => title[{ ja: "ja", "ja-Hira": "ja-x-easy", en: "en" }[language]] ?? title["ja"] ?? id;

export function Forms() {
  const { say } = useSpeech();
  const [forms, again] = useForms();
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
  const now = timely(all, day);
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
  return (
    <ul class="choices">
      {forms.map((form) => {
        const { id } = form, draft = drafts.get(id);
        return <li><a class="choice-link" href={`${BASE}forms/${id}`}><strong>{titleOf(form, language)}</strong>{draft && <span class={`badge ${draft.sent ? "good" : draft.refused ? "bad" : "warn"}`}>{say(draft.sent ? "forms.sent" : draft.refused ? "forms.returned" : draft.waiting ? "forms.waiting" : "forms.draft")}</span>}</a></li>;
      })}
    </ul>
  );
}

/** The part that the physician fills in at the visit, and on which the guardian's last word waits: no family is asked for it at home. */
const PHYSICIAN = "physician";

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
  const [savedAt, setSavedAt] = useState(draft.saved);
  const put = (next: Kept) => { setNow(next); void keep(device.keys, name, next).then(() => setSavedAt(next.saved)); };
  const set = (linkId: string, answer: Answers[string]) => put({ answers: { ...now.answers, [linkId]: answer }, saved: Date.now() });
  const parts = form.item.filter((item) => item.linkId !== PHYSICIAN && lib.asks(item, now.answers));
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
      <progress value={part} max={parts.length} aria-label={textIn(language, title)} />
      {!last && <FormPart item={parts[part]!} answers={now.answers} set={set} />}
      {last && (
        <div class="stack">
          {missing.length > 0 && <div class="banner warn"><p>{say("forms.missing", { count: missing.length })}</p><ul>{missing.slice(0, 5).map((item) => <li>{lib.translated(language, item.text, item._text)}</li>)}</ul></div>}
          {now.sent ? <p class="banner good" role="status">{say("forms.sentMore")}</p> : <button class="first wide" disabled={busy || missing.length > 0} onClick={() => void send()}>{say("forms.send")}</button>}
          {now.waiting && !busy && <div class="banner warn" role="alert" data-waiting={form.id}><p>{say("forms.later")}</p></div>}
          {now.refused && <div class="banner bad" role="alert"><p>{say("forms.refused")}</p><Machine>{now.refused}</Machine></div>}
        </div>
      )}
      <div class="row spread">
        {part > 0 ? <button onClick={() => setPart(part - 1)}>{say("back")}</button> : <button onClick={() => go(`${BASE}forms`)}>{say("forms.close")}</button>}
        {!last && <button class="first" onClick={() => { setPart(part + 1); document.getElementById("main")?.scrollTo(0, 0); }}>{say("next")}</button>}
      </div>
      <p class="soft" role="status" data-kept={now.saved === savedAt}>{say(savedAt ? "forms.saved" : "forms.where")}</p>
    </div>
  );
}
