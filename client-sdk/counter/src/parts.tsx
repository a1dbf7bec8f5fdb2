// Parts of pages: one decision at a time, what went wrong and what to do, somebody of the list, a paper for the family.

import { dateTime, go, Machine, Spoken } from "musubi-shared";
import { Refused, Unreachable } from "musubi-sdk";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { renderSVG } from "uqr";
import { AgentAway, AgentRefused } from "./agent";
import { kanaOf, nameOf } from "./fhir";
import { openVisit, people, type Person, readSlip, slipOf } from "./people";
import { useSpeech } from "./speech";

/** Where one is in a matter of several steps; the heading takes the focus, so that a screen reader says where it is. */
export function Step({ at, of, title, children }: { at: number; of: number; title: ComponentChildren; children: ComponentChildren }) {
  const { text } = useSpeech();
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  useEffect(() => {
    if (!first.current || at > 1) heading.current?.focus();
    first.current = false;
  }, [at]);
  return (
    <section class="card stack step">
      {of > 1 && <p class="steps" aria-label={text("step.at", { at, of })}>{Array.from({ length: of }, (_, one) => <span aria-hidden="true" class={one + 1 < at ? "done" : one + 1 === at ? "now" : ""}>{one + 1}</span>)}<span class="soft">{at} / {of}</span></p>}
      <h2 tabIndex={-1} ref={heading}>{title}</h2>
      {children}
    </section>
  );
}

/** An error as a sentence that says what to do. */
export function Trouble({ error, children }: { error: unknown; children?: ComponentChildren }) {
  const { say, language } = useSpeech();
  if (!error) return null;
  const kind = error instanceof AgentAway ? "trouble.agentAway" : error instanceof Unreachable ? "trouble.away" : error instanceof Refused ? codeOf(error) : "trouble.other";
  return (
    <div class="banner bad" role="alert">
      {error instanceof AgentRefused ? <p>{withRuby(error.sentence(language))}</p> : <p>{say(kind)}</p>}
      {children}
      {error instanceof Refused && <Machine>{error.message}</Machine>}
      {kind === "trouble.other" && !(error instanceof AgentRefused || error instanceof Refused) && <Machine>{String(error)}</Machine>}
    </div>
  );
}

function codeOf(error: Refused): "trouble.forbidden" | "trouble.unknown" | "trouble.unprocessable" | "trouble.chain" | "trouble.notOffered" | "trouble.busy" | "trouble.other" {
  if (error.code === 401 || error.code === 403) return "trouble.forbidden";
  if (error.code === 404) return "trouble.unknown";
  if (error.code === 409) return "trouble.chain";
  if (error.code === 501) return "trouble.notOffered";
  if (error.code === 429 || error.code === 503) return "trouble.busy";
  return error.code === 422 || error.code === 400 ? "trouble.unprocessable" : "trouble.other";
}

/** Documents write readings in brackets: 署名(しょめい) is shown as ruby. */
export function withRuby(text: string): ComponentChildren {
  return <Spoken sentence={text.replace(/([一-龠々]+)\(([ぁ-んァ-ヶー]+)\)/g, "〔$1|$2〕")} />;
}

/** Runs what a button asks for, once at a time; gives what went wrong. */
export function useAct(): { busy: boolean; error: unknown; act: (work: () => Promise<void>) => Promise<void>; clear: () => void } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const act = async (work: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await work();
    } catch (cause) {
      setError(cause);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, act, clear: () => setError(undefined) };
}

export function Field({ label, hint, children }: { label: ComponentChildren; hint?: ComponentChildren; children: ComponentChildren }) {
  return <label>{label}{hint && <span class="soft">{hint}</span>}{children}</label>;
}

/** A choice of few, each a large target. */
export function Choices<T extends string | number>({ legend, value, options, onChoose }: { legend: ComponentChildren; value: T | undefined; options: [T, ComponentChildren][]; onChoose: (value: T) => void }) {
  const [name] = useState(() => crypto.randomUUID());
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      {options.map(([one, words]) => <label class="choice"><input type="radio" name={name} checked={one === value} onChange={() => onChoose(one)} />{words}</label>)}
    </fieldset>
  );
}

export function Badge({ kind, mark, children }: { kind: "good" | "bad" | "warn" | "plain"; mark: string; children: ComponentChildren }) {
  return <span class={`badge ${kind}`}><span aria-hidden="true">{mark}</span>{children}</span>;
}

export function usePeople(): [Person[] | undefined, () => void] {
  const [all, setAll] = useState<Person[]>();
  const load = () => void people().then(setAll, () => setAll([]));
  useEffect(load, []);
  return [all, load];
}

export function PersonLine({ person }: { person: Person }) {
  const { say, language } = useSpeech();
  const visit = openVisit(person, Date.now());
  return (
    <span class="person">
      <span><strong>{nameOf(person.patient)}</strong> <span class="soft">{kanaOf(person.patient)}</span></span>
      <span class="soft">{person.patient.birthDate} · {say(person.isChild ? "person.child" : "person.adult")}</span>
      {visit && <Badge kind="good" mark="●">{say("person.visiting", { time: dateTime(language, visit.at).slice(-8, -3) })}</Badge>}
      {person.hasCard && <Badge kind="plain" mark="▣">{say("person.card")}</Badge>}
    </span>
  );
}

/** Chooses somebody: from the list of this desk, by a name that is typed, or by a slip that a scanner reads into the field. */
export function PersonChoice({ legend, filter, onChoose, onSlip }: { legend: ComponentChildren; filter?: (person: Person) => boolean; onChoose: (person: Person) => void; onSlip?: (slip: NonNullable<ReturnType<typeof readSlip>>) => void }) {
  const { say, text } = useSpeech();
  const [all] = usePeople();
  const [typed, setTyped] = useState("");
  if (!all) return <p class="soft" role="status">{say("loading")}</p>;
  const known = all.filter((person) => filter?.(person) ?? true);
  const found = known.filter((person) => `${nameOf(person.patient)} ${kanaOf(person.patient)} ${person.patient.id}`.includes(typed.trim())).slice(0, 20);
  const enter = (event: Event) => {
    event.preventDefault();
    const slip = readSlip(typed);
    const same = slip && known.find((person) => person.pseudonym === slip.subject);
    if (same) onChoose(same);
    else if (slip && onSlip) onSlip(slip);
    else if (found.length === 1) onChoose(found[0]!);
  };
  return (
    <form class="stack" onSubmit={enter}>
      <Field label={legend} hint={say("person.searchHint")}><input type="search" autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></Field>
      {found.length > 0
        ? <ul class="pick" aria-label={text("person.list")}>{found.map((person) => <li><button type="button" onClick={() => onChoose(person)}><PersonLine person={person} /></button></li>)}</ul>
        : <p class="soft">{say("person.none")}</p>}
    </form>
  );
}

/** A paper for the family: a scanner at the clinic finds the child by it, and it names nobody. */
export function SlipPaper({ person }: { person: Person }) {
  const { say, text } = useSpeech();
  const image = `data:image/svg+xml,${encodeURIComponent(renderSVG(slipOf(person), { border: 2 }))}`;
  return (
    <section class="card stack slip">
      <h2>{say("slip.title")}</h2>
      <p>{nameOf(person.patient)}</p>
      <img src={image} alt={text("slip.alt")} width="220" height="220" />
      <p class="soft">{say("slip.lead")}</p>
      <p class="id">{person.pseudonym}</p>
      <div class="row no-print"><button type="button" onClick={() => print()}>{say("print")}</button></div>
    </section>
  );
}

export function Done({ title, children, next }: { title: ComponentChildren; children?: ComponentChildren; next?: [path: string, words: ComponentChildren][] }) {
  const { say } = useSpeech();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <section class="card stack outcome good" data-outcome="done">
      <h2 tabIndex={-1} ref={heading}><span aria-hidden="true">✓ </span>{title}</h2>
      {children}
      <div class="row no-print">
        {next?.map(([path, words]) => <button type="button" class="first" onClick={() => go(path)}>{words}</button>)}
        <button type="button" onClick={() => go("/counter/")}>{say("nav.today")}</button>
      </div>
    </section>
  );
}
