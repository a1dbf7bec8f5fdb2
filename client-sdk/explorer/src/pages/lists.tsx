// The lists beside the events.

import { dateTime, Empty, go, Spoken, textIn, useAddress, useLoad } from "musubi-shared";
import type { ComponentChildren } from "preact";
import { type BreakGlass, type Consent, type Erasure, get, type Proposal } from "../api";
import { useHere, useMember } from "../chain";
import { Arguments, useAction } from "../action";
import { Id, Loaded } from "../parts";
import { useSpeech } from "../speech";
import type { Key } from "../words";

function List<T>({ path, lead, children }: { path: string; lead: Key; children: (one: T) => ComponentChildren }) {
  const { say } = useSpeech();
  const [state, again] = useLoad(path, () => get<T[]>(path));
  return <div class="stack"><p>{say(lead)}</p><Loaded state={state} again={again}>{(all) => (all.length === 0 ? <Empty /> : <ol class="list">{all.map((one) => <li>{children(one)}</li>)}</ol>)}</Loaded></div>;
}

export function BreakGlasses() {
  const { language, say, name } = useSpeech();
  const member = useMember();
  const state = (one: BreakGlass): [Key, string] => {
    if (one.justified !== null) return one.justified ? ["breakGlass.state.justified", "plain"] : ["breakGlass.state.unjustified", "bad"];
    if (one.overdue) return ["breakGlass.state.overdue", "bad"];
    return one.closedAt === null ? ["breakGlass.state.open", "warn"] : ["breakGlass.state.review", "warn"];
  };
  return (
    <List<BreakGlass> path="/break-glass" lead="breakGlass.lead">
      {(one) => { const [key, look] = state(one); return <><div class="row"><span class={`badge ${look}`}>{say(key)}</span><strong>{member(one.member)}</strong><Spoken sentence={name("reason", one.reason)} /><span class="soft">{dateTime(language, one.openedAt)}</span></div><div class="row soft"><Id id={one.request} /><Id id={one.subject} to={`/explorer/trail?subject=${one.subject}`} /></div></>; }}
    </List>
  );
}

const STATES = ["proposed", "effective", "paused", "withdrawn", "expired", "superseded", "refused"];

export function Consents() {
  const { language, say, text, name } = useSpeech();
  const { query } = useAddress();
  const member = useMember();
  const state = query.get("state");
  return (
    <div class="stack">
      <label class="narrow">{say("state")}<select value={state ?? ""} onChange={(event) => go(event.currentTarget.value ? `/explorer/consents?state=${event.currentTarget.value}` : "/explorer/consents")}><option value="">{text("all")}</option>{STATES.map((one) => <option value={one} selected={one === state}>{textIn(language, name("state", one))}</option>)}</select></label>
      <List<Consent> path={state ? `/consents?state=${state}` : "/consents"} lead="consents.lead">
        {(one) => <><div class="row"><span class={`badge ${one.state === "effective" ? "plain" : "warn"}`}><Spoken sentence={name("state", one.state)} /></span><strong>{member(one.recipient)}</strong><Spoken sentence={name("purpose", one.purpose)} /><span class="soft">{dateTime(language, one.changedAt)}</span></div><div class="row soft"><Id id={one.consent} /><Id id={one.subject} to={`/explorer/trail?subject=${one.subject}`} /></div></>}
      </List>
    </div>
  );
}

export function Erasures() {
  const { say } = useSpeech();
  const member = useMember();
  return <List<Erasure> path="/erasures" lead="erasures.lead">{(one) => <div class="row"><strong>{member(one.holder)}</strong><Id id={one.record} /><span class="id soft">{one.receipt.slice(0, 18)}…</span><a href={`/explorer/events?firstHeight=${one.height}&lastHeight=${one.height}`}>{say("block", { height: one.height })}</a></div>}</List>;
}

export function Votes() {
  const { language, say, name } = useSpeech();
  const member = useMember();
  const action = useAction();
  return (
    <div class="stack">
      <Validators />
      <List<Proposal> path="/proposals" lead="votes.lead">
        {(one) => <><div class="row"><strong>{say("proposal", { proposal: one.proposal })}</strong><span class="badge plain"><Spoken sentence={name("state", one.state)} /></span><span>{member(one.member)}</span><span class="soft">{dateTime(language, one.openedAt)}</span></div><p class="sentence" data-action={Object.keys(one.action ?? {})[0]}><Spoken sentence={action(one.action)} /></p><Arguments action={one.action} /><p class="row">{one.votes.map((vote) => <span class="badge plain">{member(vote.member)}：{say(vote.approve ? "votes.for" : "votes.against")}</span>)}</p></>}
      </List>
    </div>
  );
}

/** The validators of the newest block that this device has followed to, and not those of genesis, which may be long gone. */
function Validators() {
  const { say } = useSpeech();
  const { client } = useHere();
  const member = useMember();
  const [state, again] = useLoad("validators", async () => (await (await client).prove([])).report.checkpoint);
  return (
    <section class="card stack" aria-labelledby="validators"><h2 id="validators">{say("validators")}</h2>
      <Loaded state={state} again={again}>{({ height, validators }) => <>
        <p class="row" data-validators={height}>{validators.map((one) => <span class="badge plain">{member(one.member)}</span>)}</p>
        <p class="soft"><span class="badge good"><span aria-hidden="true">✓</span>{say("proof.good")}</span> {say("validators.asOf", { height })}</p>
      </>}</Loaded>
    </section>
  );
}
