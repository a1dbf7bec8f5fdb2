// The events: filtered, in order, page by page, each as a sentence with its proof.

import { Empty, go, textIn, useAddress, useLoad } from "musubi-shared";
import { Refused } from "musubi-sdk";
import { useState } from "preact/hooks";
import { get, type Page, ROOT, save } from "../api";
import { useHere, useMember } from "../chain";
import { EventItem } from "../event";
import { Loaded } from "../parts";
import { useProofs } from "../proof";
import { useSpeech } from "../speech";
import type { Key } from "../words";

const KEPT = "musubi-saved-filters";
const DAY = 86_400_000;
const PURPOSES = ["child-care", "checkup", "move-in", "emergency", "statistics", "family-sharing", "consultation"];
const OUTCOMES = ["done", "permitted", "denied", "failed"];

/** Days are Japan's: the first moment of one. */
const startOf = (day: string) => Date.parse(`${day}T00:00:00+09:00`);
const dayOf = (at: string | null) => (at ? new Date(Number(at) + 9 * 3_600_000).toISOString().slice(0, 10) : "");

export function Events() {
  const { query } = useAddress();
  const [state, again] = useLoad(query.toString(), () => get<Page>(`/events?${query.toString()}`));
  const person = state.kind === "failed" && state.error instanceof Refused && state.error.code === 403 ? query.get("about") : null;
  return <div class="stack"><Filters query={query} />{person ? <Person subject={person} /> : <Loaded state={state} again={again}>{(page) => <Found page={page} query={query} />}</Loaded>}</div>;
}

/** A person's rows are for officers who sign for them. */
function Person({ subject }: { subject: string }) {
  const { say } = useSpeech();
  return <div class="banner warn" role="alert" data-person={subject}><p>{say("about.person")}</p><p><a href={`/explorer/trail?subject=${subject}`}>{say("nav.trail")}</a></p></div>;
}

function withValue(query: URLSearchParams, name: string, value: string): string {
  const next = new URLSearchParams(query);
  next.delete("after");
  if (value) next.set(name, value);
  else next.delete(name);
  return `/explorer/events?${next.toString()}`;
}

function Filters({ query }: { query: URLSearchParams }) {
  const { say, text, name, words, language } = useSpeech();
  const { chain } = useHere();
  const member = useMember();
  const kinds = Object.keys(words).filter((key) => key.startsWith("event.")).map((key) => key.slice(6));
  const set = (field: string) => (event: { currentTarget: { value: string } }) => go(withValue(query, field, event.currentTarget.value));
  const tick = (field: string) => (event: { currentTarget: { checked: boolean } }) => go(withValue(query, field, event.currentTarget.checked ? "true" : ""));
  const Choice = ({ field, label, options }: { field: string; label: Key; options: [string, string][] }) => (
    <label>{say(label)}<select name={field} value={query.get(field) ?? ""} onChange={set(field)}><option value="">{text("all")}</option>{options.map(([value, shown]) => <option value={value} selected={query.get(field) === value}>{shown}</option>)}</select></label>
  );
  const short = (kind: string) => textIn(language, words[`event.${kind}`] ?? kind).replace(/[（(][^）)]*[）)]|[:：].*$/g, "").replace(/「?\{\w+\}」?/g, "…").replace(/[。.]$/, "");
  return (
    <details class="card" open={innerWidth > 700}>
      <summary>{say("filter")}</summary>
      <form class="stack" onSubmit={(event) => event.preventDefault()}>
        <div class="filters">
          <Choice field="kind" label="kind" options={kinds.map((kind) => [kind, short(kind)])} />
          <Choice field="member" label="member" options={chain.members.map((one) => [String(one.member), member(one.member)])} />
          <Choice field="purpose" label="purpose" options={PURPOSES.map((one) => [one, textIn(language, name("purpose", one))])} />
          <Choice field="outcome" label="outcome" options={OUTCOMES.map((one) => [one, textIn(language, name("outcome", one))])} />
          <label>{say("from")}<input type="date" value={dayOf(query.get("from"))} onChange={(event) => go(withValue(query, "from", event.currentTarget.value && String(startOf(event.currentTarget.value))))} /></label>
          <label>{say("until")}<input type="date" value={query.get("until") ? dayOf(String(Number(query.get("until")) - DAY)) : ""} onChange={(event) => go(withValue(query, "until", event.currentTarget.value && String(startOf(event.currentTarget.value) + DAY)))} /></label>
          <label>{say("about")}<input class="id" value={query.get("about") ?? ""} placeholder="0x…" onChange={set("about")} /></label>
          <label>{say("order")}<select value={query.get("order") ?? "newest"} onChange={set("order")}><option value="newest">{text("newest")}</option><option value="oldest">{text("oldest")}</option></select></label>
          <label class="check"><input type="checkbox" checked={query.get("failed") === "true"} onChange={tick("failed")} />{say("failedOnly")}</label>
          <label class="check"><input type="checkbox" checked={query.get("withoutGrant") === "true"} onChange={tick("withoutGrant")} />{say("withoutGrant")}</label>
        </div>
        <Saved query={query} />
      </form>
    </details>
  );
}

function Saved({ query }: { query: URLSearchParams }) {
  const { say, text } = useSpeech();
  const [saved, setSaved] = useState<Record<string, string>>(() => JSON.parse(localStorage.getItem(KEPT) ?? "{}") as Record<string, string>);
  const [title, setTitle] = useState("");
  const keep = (next: Record<string, string>) => { localStorage.setItem(KEPT, JSON.stringify(next)); setSaved(next); };
  return (
    <div class="row saved">
      <button type="button" onClick={() => go("/explorer/events")}>{say("clear")}</button>
      <label>{say("saved.name")}<input value={title} maxLength={40} onInput={(event) => setTitle(event.currentTarget.value)} /></label>
      <button type="button" disabled={!title.trim()} onClick={() => { keep({ ...saved, [title.trim()]: query.toString() }); setTitle(""); }}>{say("save")}</button>
      {Object.entries(saved).map(([name, kept]) => <span class="row"><a href={`/explorer/events?${kept}`}>{name}</a><button type="button" aria-label={text("remove", { name })} onClick={() => keep(Object.fromEntries(Object.entries(saved).filter(([other]) => other !== name)))}>×</button></span>)}
    </div>
  );
}

function Found({ page, query }: { page: Page; query: URLSearchParams }) {
  const { say } = useSpeech();
  const proofs = useProofs(page.events);
  const exported = (format: string, name: string) => { const all = new URLSearchParams(query); all.delete("after"); all.set("format", format); void save(`/events/export?${all.toString()}`, name); };
  const next = new URLSearchParams(query);
  if (page.next) next.set("after", page.next);
  const rows = page.events.filter((event) => event.subject);
  const good = rows.filter((event) => proofs.get(event.id)?.is === "good").length;
  return (
    <section class="stack" data-api={ROOT}>
      <div class="row"><strong data-matches={page.matches}>{say(page.more ? "matchesMore" : "matches", { count: page.matches })}</strong>
        <button onClick={() => exported("csv", "musubi-events.csv")}>{say("exportCsv")}</button><button onClick={() => exported("json", "musubi-events.jsonl")}>{say("exportJson")}</button>
        <span role="status">{rows.length > 0 && good === rows.length && <span class="badge good">✓ {say("proof.all", { good })}</span>}</span></div>
      <p class="soft">{say("proof.notice")}</p>
      {page.events.length === 0 ? <Empty /> : <ol class="list">{page.events.map((event) => <EventItem key={event.id} event={event} proved={proofs.get(event.id) ?? { is: "checking" }} />)}</ol>}
      <div class="row">{query.get("after") && <a href={withValue(query, "after", "")}>{say("first")}</a>}{page.next && <a href={`/explorer/events?${next.toString()}`}>{say("next")} →</a>}</div>
    </section>
  );
}
