// The vaccination timeline: what was given, what is due, what comes next; a list that reads from top to bottom.

import { day, type Language, type Load, Spoken } from "musubi-shared";
import { useState, useEffect } from "preact/hooks";
import type { About, Relative } from "../chain";
import { type Known, useGateway, useHere, useKnown, useMember } from "../here";
import { awaited, dosesIn, openRecords, type Opened, withheld } from "../records";
import { useSpeech } from "../speech";
import { keep, kept } from "../store";
import { Nothing, Shown } from "./shown";
import type { Item } from "../plan";

export interface Plan { items: Item[]; given: { name: string; date: string; lot?: string; author: number; known: boolean }[]; inForce: boolean; version: string; hidden: number; awaited: number }
/** What the family tells the app of a child, kept on this device only. */
export interface Told { sex?: "male" | "female"; whole: boolean }

export function useRecords(): ReturnType<typeof useKnown<Opened[]>> {
  const { device, child } = useHere();
  const gateway = useGateway();
  const [state, again] = useKnown(device, `records ${child.subject}`, () => openRecords(device, gateway, child.subject));
  const waits = state.kind === "ready" && awaited(state.value.value) > 0;
  useEffect(() => {
    if (!waits) return;
    const timer = setTimeout(again, PAUSE);
    return () => clearTimeout(timer);
  }, [waits, state]);
  return [state, again];
}

/** How soon records are asked for again whose key the municipality still fetches, in milliseconds. */
const PAUSE = 15_000;

/** What was told of this child, and a way to tell. */
export function useTold(): [Told, (told: Told) => void] {
  const { device, child } = useHere();
  const name = `told ${child.subject}`;
  const [told, setTold] = useState<Told>({ whole: false });
  useEffect(() => { void kept<Told>(device.keys, name).then((found) => found && setTold(found)); }, [name]);
  return [told, (next) => { setTold(next); void keep(device.keys, name, next); }];
}

/** The plan, worked out on this device from the records that it has, so that it is there without a network. */
export function usePlan(): [Load<Known<Plan>>, () => void] {
  const { about, child } = useHere();
  const { language } = useSpeech();
  const [records, again] = useRecords();
  const [told] = useTold();
  const [plan, setPlan] = useState<Load<Known<Plan>>>({ kind: "loading" });
  const known = records.kind === "ready" ? records.value : undefined;
  useEffect(() => {
    if (!known) return;
    let gone = false;
    const put = (next: Load<Known<Plan>>) => { if (!gone) setPlan(next); };
    planOf(about, child, told, known.value, language).then((value) => put({ kind: "ready", value: { ...known, value } }), (error: Error) => put({ kind: "failed", error }));
    return () => { gone = true; };
  }, [known, told.whole, told.sex, language]);
  return [records.kind === "ready" ? plan : records, again];
}

async function planOf(about: About, child: Relative, told: Told, records: Opened[], language: Language): Promise<Plan> {
  const [care, { itemsOf }] = await Promise.all([import("../care"), import("../plan")]);
  const doses = dosesIn(records);
  const forecast = await care.forecastOf({ born: child.born, whole: told.whole, ...(told.sex && { sex: told.sex }) }, doses, care.today());
  const items = itemsOf(forecast.rows, language, care.programmeName);
  const given = doses.map(({ vaccine, text, date, lot, author, known }) => ({ name: known ? care.vaccineName(language, vaccine) : text, date, author, known, ...(lot && { lot }) }));
  return { items, given, inForce: await care.rulesAreInForce(about), version: care.RULES_VERSION, hidden: withheld(records), awaited: awaited(records) };
}

export function Vaccines() {
  const { say, language } = useSpeech();
  const member = useMember();
  const [plan, again] = usePlan();
  const [told, tell] = useTold();
  return (
    <div class="stack">
      <h1>{say("nav.vaccines")}</h1>
      <Shown state={plan} again={again}>
        {({ items, given, inForce, version, hidden, awaited }) => (
          <div class="stack">
            {!inForce && <p class="banner warn">{say("rules.other", { version })}</p>}
            {awaited > 0 && <p class="banner warn" role="status">{say("records.awaited", { count: awaited })}</p>}
            {hidden > 0 && <p class="banner plain">{say("records.hidden", { count: hidden })}</p>}
            <section aria-labelledby="given">
              <h2 id="given">{say("given")}</h2>
              {given.length === 0 ? <Nothing>{say("given.none")}</Nothing> : (
                <ol class="timeline">
                  {given.map((dose) => <li class="done"><time dateTime={dose.date}>{day(language, dose.date)}</time><strong><Spoken sentence={dose.name} /></strong><span class="badge good"><span aria-hidden="true">✓</span>{say("status.given")}</span><span class="soft">{member(dose.author)}{dose.lot && <> · {say("lot", { lot: dose.lot })}</>}</span></li>)}
                </ol>
              )}
              <label class="check card"><input type="checkbox" checked={told.whole} onChange={(event) => tell({ ...told, whole: event.currentTarget.checked })} />{say("given.whole")}</label>
              {!told.whole && <p class="soft">{say("given.notWhole")}</p>}
            </section>
            <section aria-labelledby="plan">
              <h2 id="plan">{say("plan")}</h2>
              <ol class="timeline">
                {items.map((item) => <Line item={item} />)}
              </ol>
              <p class="soft">{say("plan.doctor")}</p>
            </section>
          </div>
        )}
      </Shown>
    </div>
  );
}

const LOOK: Partial<Record<Item["status"], [look: string, mark: string]>> = { overdue: ["warn", "!"], due: ["good", "●"], possible: ["plain", "○"], needs_person: ["warn", "？"], contraindicated: ["warn", "？"], complete: ["plain", "✓"] };

/** A programme: how it stands, why a rule stops it, and its days: from when it may be given, when it usually is, and until when. */
function Line({ item: { name, status, dose, why } }: { item: Item }) {
  const { say, language } = useSpeech();
  const [look, mark] = LOOK[status] ?? ["plain", "–"];
  const date = (at: string) => ({ date: day(language, at) });
  return (
    <li class={status} data-status={status}>
      {dose && <time dateTime={dose.earliest} data-earliest={dose.earliest}>{say("earliest", date(dose.earliest))}</time>}
      <strong><Spoken sentence={name} /></strong>
      <span class={`badge ${look}`}><span aria-hidden="true">{mark}</span>{say(`status.${status}`)}</span>
      {why && <span class="why"><Spoken sentence={why} /></span>}
      {dose && <span class="soft">{say("dose", { number: dose.number, of: dose.of })}{dose.due > dose.earliest && <> · <span data-due={dose.due}>{say("due.usual", date(dose.due))}</span></>}{dose.overdue_after && <> · {say("until", date(dose.overdue_after))}</>} · {say("latest", date(dose.latest))}</span>}
    </li>
  );
}
