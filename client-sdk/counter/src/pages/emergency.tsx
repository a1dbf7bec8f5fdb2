// Break-glass for the fire service: who, under which incident, why; a clock that runs; closing; and a second person's review.

import { useSpeech } from "../speech";
import { dateTime, Empty } from "musubi-shared";
import { type Id, type Moment } from "musubi-sdk";
import { useEffect, useState } from "preact/hooks";
import { seal, unsealAll } from "../database";
import { useDesk } from "../desk";
import { Badge, Choices, Field, Step, Trouble, useAct } from "../parts";
import { readSlip } from "../people";
import { Denied, NoOpeningKey, type Opened, readInEmergency } from "../vault";
import { Records } from "./records";

/** As the chain has it (`BREAK_GLASS_LIFE` of pallet-access). */
const LIFE = 60 * 60_000;
const REASONS = ["life-at-risk", "verbal-consent", "disaster"] as const;

interface Opening { request: Id; subject: Id; incident: string; salt: string; reason: (typeof REASONS)[number]; openedAt: Moment; closedAt?: Moment; review?: boolean; by: Id; home?: number }
const keep = (opening: Opening) => seal(`opening ${opening.request}`, opening);

export function Emergency() {
  const { say } = useSpeech();
  const desk = useDesk();
  const [all, setAll] = useState<Opening[]>();
  const load = () => void unsealAll<Opening>("opening ").then((found) => setAll(found.sort((a, b) => b.openedAt - a.openedAt)));
  useEffect(load, []);
  const role = desk.here.you.role;
  const running = all?.some((one) => !one.closedAt && Date.now() < one.openedAt + LIFE) ?? false;
  const list = <section class="stack"><h2>{say("emergency.list")}</h2>{!all ? <p class="soft" role="status">{say("loading")}</p> : all.length === 0 ? <Empty /> : <ul class="list">{all.map((one) => <Running key={one.request} opening={one} onChange={load} />)}</ul>}</section>;
  return (
    <div class="stack">
      {/* What is open comes before anything else: somebody waits for it. */}
      {running && list}
      <p class="banner warn">{say("emergency.lead")}</p>
      {(role === "crew" || role === "dispatcher") && <OpenForm onOpened={load} />}
      {(role === "reviewer" || role === "officer") && <ReviewForm onDone={load} />}
      {!running && list}
    </div>
  );
}

function OpenForm({ onOpened }: { onOpened: () => void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const [who, setWho] = useState("");
  const [incident, setIncident] = useState("");
  const [reason, setReason] = useState<(typeof REASONS)[number]>();
  const { busy, error, act } = useAct();
  const slip = readSlip(who);
  const open = () => void act(async () => {
    const { loadKeys } = await import("musubi-sdk/keys");
    const keys = await loadKeys();
    const salt = crypto.getRandomValues(new Uint8Array(32));
    const request = keys.randomId();
    const opening = { request, subject: slip!.subject, incident: keys.incidentCommitment(incident.trim(), salt), reason: reason! };
    await desk.own.submit(keys.openBreakGlass(opening));
    await keep({ ...opening, incident: incident.trim(), salt: Array.from(salt, (byte) => byte.toString(16).padStart(2, "0")).join(""), openedAt: Date.now(), by: desk.key.account, home: slip!.home });
    setWho("");
    setIncident("");
    setReason(undefined);
    onOpened();
  });
  return (
    <Step at={1} of={1} title={say("emergency.open")}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); open(); }}>
        <Field label={say("emergency.who")} hint={say("emergency.whoHint")}><input class="id" autocomplete="off" value={who} onInput={(event) => setWho(event.currentTarget.value)} /></Field>
        <Field label={say("emergency.incident")} hint={say("emergency.incidentHint")}><input autocomplete="off" maxLength={40} value={incident} onInput={(event) => setIncident(event.currentTarget.value)} /></Field>
        <Choices legend={say("emergency.reason")} value={reason} options={REASONS.map((one) => [one, say(`reason.${one}`)])} onChoose={setReason} />
        <Trouble error={error} />
        <div><button class="first wide danger" disabled={busy || !slip || !incident.trim() || !reason}>{say("emergency.confirm")}</button></div>
      </form>
    </Step>
  );
}

function useClock(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function Running({ opening, onChange }: { opening: Opening; onChange: () => void }) {
  const { say, language } = useSpeech();
  const desk = useDesk();
  const now = useClock();
  const { busy, error, act } = useAct();
  const left = Math.max(0, opening.openedAt + LIFE - now);
  const isOpen = !opening.closedAt && left > 0;
  const close = () => void act(async () => {
    const { loadKeys } = await import("musubi-sdk/keys");
    await desk.own.submit((await loadKeys()).closeBreakGlass(opening.request));
    await keep({ ...opening, closedAt: Date.now() });
    onChange();
  });
  const time = `${String(Math.floor(left / 60_000)).padStart(2, "0")}:${String(Math.floor(left / 1000) % 60).padStart(2, "0")}`;
  return (
    <li class={isOpen ? "denied" : ""} data-opening={opening.request} data-open={isOpen}>
      <p class="row"><strong>{opening.incident}</strong><span class="soft">{say(`reason.${opening.reason}`)}</span>{isOpen ? <Badge kind="bad" mark="●">{say("emergency.isOpen")}</Badge> : opening.review === undefined ? <Badge kind="warn" mark="…">{say("emergency.toReview")}</Badge> : <Badge kind="plain" mark="✓">{say("emergency.reviewed")}</Badge>}</p>
      {isOpen && <p class="clock" role="timer">{time}</p>}
      <p class="soft">{dateTime(language, opening.openedAt)} · <span class="id">{opening.request}</span></p>
      <Trouble error={error} />
      {isOpen && opening.by === desk.key.account && <Reading opening={opening} />}
      {isOpen && opening.by === desk.key.account && <div><button type="button" disabled={busy} onClick={close}>{say("emergency.close")}</button></div>}
    </li>
  );
}

/** The records, asked for when somebody needs them; what was read is kept nowhere, and leaves the screen with the opening. */
function Reading({ opening }: { opening: Opening }) {
  const { say, name, text } = useSpeech();
  const desk = useDesk();
  const [records, setRecords] = useState<Opened[]>();
  const { busy, error, act } = useAct();
  const ask = () => void act(async () => setRecords(await readInEmergency(desk, opening.home ?? desk.home(), opening.subject, opening.request)));
  if (records) return <section class="stack"><p class="banner warn" role="status" data-shown={records.length}>{records.length === 0 ? say("emergency.none") : say("emergency.shown", { count: records.length })}</p><Records records={records} /></section>;
  return (
    <>
      {busy && <p role="status">{say("emergency.reading")}</p>}
      {error instanceof Denied ? <div class="banner bad" role="alert"><p>{say("emergency.denied", { reason: name("reason", error.message) })}</p></div>
        : error instanceof NoOpeningKey ? <div class="banner warn" role="alert"><p>{say("emergency.noKey")}</p></div> : <Trouble error={error} />}
      <div><button type="button" class="first wide" disabled={busy} aria-label={`${text("emergency.read")} ${opening.incident}`} onClick={ask}>{say("emergency.read")}</button></div>
    </>
  );
}

/** A second person says whether it was justified; who opened it may not. */
function ReviewForm({ onDone }: { onDone: () => void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const [request, setRequest] = useState("");
  const [justified, setJustified] = useState<"yes" | "no">();
  const [isDone, setDone] = useState(false);
  const { busy, error, act } = useAct();
  const review = () => void act(async () => {
    const { loadKeys } = await import("musubi-sdk/keys");
    await desk.own.submit((await loadKeys()).reviewBreakGlass(request.trim(), justified === "yes"));
    const known = (await unsealAll<Opening>("opening ")).find((one) => one.request === request.trim());
    if (known) await keep({ ...known, review: justified === "yes" });
    setDone(true);
    onDone();
  });
  return (
    <Step at={1} of={1} title={say("review.title")}>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); review(); }}>
        <Field label={say("review.request")} hint={say("review.hint")}><input class="id" autocomplete="off" value={request} onInput={(event) => { setRequest(event.currentTarget.value); setDone(false); }} /></Field>
        <Choices legend={say("review.question")} value={justified} options={[["yes", say("review.yes")], ["no", say("review.no")]]} onChoose={setJustified} />
        <Trouble error={error} />
        {isDone && <p class="badge good" role="status"><span aria-hidden="true">✓</span>{say("emergency.reviewed")}</p>}
        <div><button class="first wide" disabled={busy || !/^0x[0-9a-f]{64}$/.test(request.trim()) || !justified}>{say("review.sign")}</button></div>
      </form>
    </Step>
  );
}
