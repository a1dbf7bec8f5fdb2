// Before and after an injection: the vial is scanned, the schedule check answers, a doctor decides, and the dose is written down.

import { plain, Spoken } from "musubi-shared";
import { vaccineIn } from "musubi-shared/care-words";
import { Unreachable } from "musubi-sdk";
import { useEffect, useState } from "preact/hooks";
import type { Told } from "../conditions";
import { useDesk } from "../desk";
import { type DoseForm, type Immunization, immunizationOf, nameOf, orderOf } from "../fhir";
import { readLabel } from "../gs1";
import { Choices, Done, Field, PersonChoice, PersonLine, Step, Trouble, useAct } from "../parts";
import { keepPerson, openVisit, type Person } from "../people";
import { PRODUCTS, productOfGtin, rememberBox } from "../products";
import { sendOrKeep } from "../queue";
import { useSpeech } from "../speech";
import { useNamed } from "./consent";
import { type Card, Override, VerdictPanel } from "./verdict";
import type { Reading } from "./visit";

interface TakenIn { record: string; block?: number }
type Stage = { is: "who" } | { is: "dose" } | { is: "verdict"; card: Card } | { is: "override"; card: Card } | { is: "record"; card?: Card } | { is: "done"; sent: boolean; taken?: TakenIn };
const START: DoseForm = { product: "", title: "", lot: "", expiry: "", route: "SQ", site: "LA", millilitres: undefined, at: 0 };

export function Check() {
  const { say, text, language } = useSpeech();
  const desk = useDesk();
  const [person, setPerson] = useNamed((one) => one.isChild);
  const [dose, setDose] = useState<DoseForm>(START);
  const [stage, setStage] = useState<Stage>({ is: "who" });
  const [confirmed, setConfirmed] = useState(false);
  const { busy, error, act, clear } = useAct();
  const [parts, setParts] = useState<typeof import("./visit")>();
  const [reading, setReading] = useState<Reading>({ is: "reading" });
  const [told, setTold] = useState<Told>({});
  // Fetched when somebody stands before a child, and kept with the console's other files.
  useEffect(() => void import("./visit").then(setParts, () => setReading({ is: "failed" })), []);
  if (!person) return <Step at={1} of={4} title={say("check.who")}><PersonChoice legend={say("person.search")} filter={(one) => one.isChild} onChoose={setPerson} /></Step>;
  const visit = openVisit(person, Date.now());
  const isWhole = !visit || reading.is === "read";
  const raised = reading.is === "read" ? reading.conditions : [];
  const conditions = parts?.yesOf(told, dose.product, raised) ?? [];
  // Where the questions themselves are not there, the node cannot be asked either: it says so.
  const isAsked = told.none === true || conditions.length > 0 || (!parts && reading.is === "failed");
  const ask = () => void act(async () => {
    const form = { ...dose, at: Date.now() };
    setDose(form);
    const said = { historyConfirmed: confirmed && isWhole, conditions, ...(visit && { session: visit.session }) };
    const { cards } = await desk.own.post<{ cards: Card[] }>("/cds-services/musubi-immunization", orderOf(form, person.patient, person.pseudonym, person.doses, said));
    const card = cards[0];
    if (!card) throw new Error("the schedule check gave no answer");
    setStage({ is: "verdict", card });
  });
  const keepHere = (changed: Person) => { setPerson(changed); void keepPerson(changed); };
  const record = () => void act(async () => {
    const body: Immunization = immunizationOf({ ...dose, at: dose.at || Date.now() }, person.patient, { route: text(`route.${dose.route}`), site: dose.site ? text(`site.${dose.site}`) : "" });
    const taken = await sendOrKeep<TakenIn>(desk, { member: desk.here.node ?? desk.member, path: "/fhir/Immunization", subject: person.pseudonym, body, title: dose.title, person: nameOf(person.patient) });
    await keepPerson({ ...person, doses: [...person.doses, body] });
    setStage({ is: "done", sent: taken !== undefined, ...(taken && { taken }) });
  });
  const whom = <p class="whom"><PersonLine person={person} /></p>;
  if (stage.is === "who" || stage.is === "dose") {
    return (
      <Step at={2} of={4} title={say("check.dose")}>
        {whom}
        {!visit && <p class="banner warn">{say("check.noVisit")}</p>}
        {visit && parts && <parts.AtVisit person={person} visit={visit} onReading={setReading} />}
        {parts && <parts.PaperDoses person={person} onAdd={(one) => keepHere({ ...person, doses: [...person.doses, one] })} />}
        <DoseFields dose={dose} onDose={setDose} />
        {dose.product && parts && <parts.Asked product={dose.product} told={told} yes={conditions} raised={raised} onTold={setTold} />}
        <label class="check"><input type="checkbox" disabled={!isWhole} aria-describedby={isWhole ? undefined : "not-whole"} checked={confirmed && isWhole} onChange={(event) => setConfirmed(event.currentTarget.checked)} />{say("check.history")}</label>
        {!isWhole && <p id="not-whole" class="soft">{say(reading.is === "failed" ? "check.notRead" : "check.stillReading")}</p>}
        <Trouble error={error}>{dose.product && error instanceof Unreachable && <button type="button" onClick={() => { clear(); setStage({ is: "record" }); }}>{say("check.withoutAnswer")}</button>}</Trouble>
        <div><button type="button" class="first wide" disabled={busy || !dose.product || !dose.lot || !dose.expiry || !isAsked} onClick={ask}>{say(busy ? "check.asking" : "check.ask")}</button></div>
      </Step>
    );
  }
  if (stage.is === "verdict") {
    return (
      <Step at={3} of={4} title={say("check.answer")}>
        {whom}
        <VerdictPanel card={stage.card} dose={dose} />
        <div class="row">
          {stage.card.extension.musubi.verdict === "conditions_met"
            ? <button type="button" class="first wide" onClick={() => setStage({ is: "record", card: stage.card })}>{say("check.goOn")}</button>
            : <button type="button" disabled={desk.here.you.role !== "doctor"} aria-describedby="who-overrides" onClick={() => setStage({ is: "override", card: stage.card })}>{say("check.override")}</button>}
          <button type="button" class={stage.card.extension.musubi.verdict === "conditions_met" ? "" : "first wide"} onClick={() => setStage({ is: "dose" })}>{say("check.other")}</button>
        </div>
        {stage.card.extension.musubi.verdict !== "conditions_met" && desk.here.you.role !== "doctor" && <p id="who-overrides" class="soft">{say("check.onlyDoctor")}</p>}
      </Step>
    );
  }
  if (stage.is === "override") return <Override card={stage.card} subject={person.pseudonym} onDone={() => setStage({ is: "record", card: stage.card })} onBack={() => setStage({ is: "verdict", card: stage.card })} />;
  if (stage.is === "record") {
    return (
      <Step at={4} of={4} title={say("record.title")}>
        {whom}
        <dl class="facts"><dt>{say("dose.product")}</dt><dd><Spoken sentence={vaccineIn(language, dose.product, dose.title)} /></dd><dt>{say("dose.lot")}</dt><dd class="id">{dose.lot}</dd><dt>{say("dose.expiry")}</dt><dd>{dose.expiry}</dd><dt>{say("dose.route")}</dt><dd>{say(`route.${dose.route}`)}{dose.site && <> · {say(`site.${dose.site}`)}</>}</dd>{dose.millilitres !== undefined && <><dt>{say("dose.volume")}</dt><dd>{dose.millilitres} mL</dd></>}</dl>
        <p>{say("record.lead")}</p>
        <Trouble error={error}><button type="button" onClick={() => { clear(); setStage({ is: "dose" }); }}>{say("check.askAgain")}</button></Trouble>
        <div><button type="button" class="first wide" disabled={busy} onClick={record}>{say("record.given")}</button></div>
      </Step>
    );
  }
  return (
    <Done title={say(stage.sent ? "record.done" : "record.kept", { name: nameOf(person.patient) })} next={[[`/counter/measure?person=${person.pseudonym}`, say("nav.measure")]]}>
      {stage.sent ? <p class="soft">{say("consent.block", { block: stage.taken?.block ?? 0 })}</p> : <p>{say("record.keptLead")}</p>}
      {stage.taken && <p class="id" data-record={stage.taken.record}>{stage.taken.record}</p>}
    </Done>
  );
}

/** The vial: one field for the scanner, and what it read, to be corrected or entered by hand. */
function DoseFields({ dose, onDose }: { dose: DoseForm; onDose: (dose: DoseForm) => void }) {
  const { say, language } = useSpeech();
  const [scanned, setScanned] = useState("");
  const [read, setRead] = useState<"read" | "unread" | "strange">();
  const [box, setBox] = useState<string>();
  const choose = (code: string) => {
    const found = PRODUCTS.find((one) => one.code === code);
    if (found && box) rememberBox(box, code);
    onDose({ ...dose, product: code, title: found?.title ?? code, route: found?.route ?? dose.route, site: found?.route === "PO" || found?.route === "PC" ? "" : dose.site || "LA", millilitres: found?.millilitres });
  };
  const scan = () => {
    const label = readLabel(scanned);
    if (!label) return setRead("unread");
    const product = PRODUCTS.find((one) => one.code === productOfGtin(label.gtin));
    onDose({ ...dose, lot: label.lot ?? dose.lot, expiry: label.expiry ?? dose.expiry, ...(product && { product: product.code, title: product.title, route: product.route, millilitres: product.millilitres }) });
    setBox(product ? undefined : label.gtin);
    setRead(product || !label.gtin ? "read" : "strange");
    setScanned("");
  };
  return (
    <div class="stack">
      <form class="scan" onSubmit={(event) => { event.preventDefault(); scan(); }}>
        <Field label={say("dose.scan")} hint={say("dose.scanHint")}><input class="id" autocomplete="off" value={scanned} onInput={(event) => { setScanned(event.currentTarget.value); setRead(undefined); }} /></Field>
        <button disabled={!scanned.trim()}>{say("card.read")}</button>
      </form>
      {read && <p class={`badge ${read === "read" ? "good" : "warn"}`} role="status"><span aria-hidden="true">{read === "read" ? "✓" : "!"}</span>{say(`dose.${read}`)}</p>}
      <Field label={say("dose.product")}>
        <select value={dose.product} onChange={(event) => choose(event.currentTarget.value)}><option value="">{"—"}</option>{PRODUCTS.map((one) => <option value={one.code}>{plain(vaccineIn(language, one.code, one.title))}</option>)}</select>
      </Field>
      <div class="twin">
        <Field label={say("dose.lot")}><input class="id" autocomplete="off" value={dose.lot} onInput={(event) => onDose({ ...dose, lot: event.currentTarget.value.trim() })} /></Field>
        <Field label={say("dose.expiry")}><input type="date" value={dose.expiry} onInput={(event) => onDose({ ...dose, expiry: event.currentTarget.value })} /></Field>
      </div>
      {dose.route !== "PO" && dose.route !== "PC" && <Choices legend={say("dose.site")} value={dose.site} options={(["LA", "RA", "LT", "RT"] as const).map((one) => [one, say(`site.${one}`)])} onChoose={(site) => onDose({ ...dose, site })} />}
    </div>
  );
}

