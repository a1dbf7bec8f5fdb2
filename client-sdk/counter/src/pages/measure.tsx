// A checkup's body measures: typed, held against the published bands on this machine, confirmed where they look like a slip, and sent.

import { useState } from "preact/hooks";
import { useDesk } from "../desk";
import { type Measure, measuredBy, nameOf, type Observation, observationOf } from "../fhir";
import { assess, type Finding } from "../growth";
import { Badge, Done, Field, PersonChoice, PersonLine, Step, Trouble, useAct } from "../parts";
import { dayOf, keepPerson } from "../people";
import { sendOrKeep } from "../queue";
import { useSpeech } from "../speech";
import { useNamed } from "./consent";

const MEASURES: Measure[] = ["weight", "height", "head_circumference"];

export function Checkup() {
  const { say, text } = useSpeech();
  const desk = useDesk();
  const [person, setPerson] = useNamed((one) => one.isChild);
  const [typed, setTyped] = useState<Partial<Record<Measure, string>>>({});
  const [findings, setFindings] = useState<Finding[]>();
  const [sent, setSent] = useState<boolean>();
  const { busy, error, act } = useAct();
  if (!person) return <Step at={1} of={3} title={say("measure.who")}><PersonChoice legend={say("person.search")} filter={(one) => one.isChild} onChoose={setPerson} /></Step>;
  const values = MEASURES.flatMap((measure) => (typed[measure] ? [{ measure, value: Number(typed[measure]) }] : []));
  const isFine = values.length > 0 && values.every(({ value }) => Number.isFinite(value) && value > 0);
  const look = () => void act(async () => {
    const earlier = person.measures.map(measuredBy).filter((one) => one !== undefined);
    setFindings(await Promise.all(values.map(({ measure, value }) => assess(person.patient, measure, value, dayOf(Date.now()), earlier.filter((one) => one.measure === measure).at(-1)))));
  });
  const send = () => void act(async () => {
    const now = Date.now();
    const made: Observation[] = values.map(({ measure, value }) => observationOf(measure, value, person.patient, text(`measure.${measure}`), now));
    let all = true;
    for (const body of made) {
      const taken = await sendOrKeep(desk, { member: desk.here.node ?? desk.member, path: "/fhir/Observation", subject: person.pseudonym, body, title: body.code.text, person: nameOf(person.patient) });
      all &&= taken !== undefined;
    }
    await keepPerson({ ...person, measures: [...person.measures, ...made] });
    setSent(all);
  });
  if (sent !== undefined) return <Done title={say(sent ? "measure.done" : "record.kept", { name: nameOf(person.patient) })}>{!sent && <p>{say("record.keptLead")}</p>}</Done>;
  const isDoubtful = findings?.some((one) => one.doubt);
  if (findings) {
    return (
      <Step at={3} of={3} title={say("measure.look")}>
        <p class="whom"><PersonLine person={person} /></p>
        <ul class="list">{findings.map((one) => <FindingLine finding={one} />)}</ul>
        <p class="soft">{say("measure.aid")}</p>
        <Trouble error={error} />
        <div class="row"><button type="button" class={isDoubtful ? "" : "first wide"} disabled={busy} onClick={send}>{say(isDoubtful ? "measure.confirm" : "measure.send")}</button><button type="button" class={isDoubtful ? "first wide" : ""} onClick={() => setFindings(undefined)}>{say("measure.correct")}</button></div>
      </Step>
    );
  }
  return (
    <Step at={2} of={3} title={say("measure.enter")}>
      <p class="whom"><PersonLine person={person} /></p>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); look(); }}>
        {MEASURES.map((measure) => <Field label={<>{say(`measure.${measure}`)}</>} hint={measure === "weight" ? "kg" : "cm"}><input class="digits" type="number" inputMode="decimal" step={measure === "weight" ? "0.001" : "0.1"} min="0" value={typed[measure] ?? ""} onInput={(event) => setTyped({ ...typed, [measure]: event.currentTarget.value })} /></Field>)}
        <Trouble error={error} />
        <div><button class="first wide" disabled={busy || !isFine}>{say("measure.next")}</button></div>
      </form>
    </Step>
  );
}

function FindingLine({ finding }: { finding: Finding }) {
  const { say, name } = useSpeech();
  const { measure, value, position, doubt, changes } = finding;
  return (
    <li data-measure={measure}>
      <p class="row"><strong>{say(`measure.${measure}`)}</strong><span class="large">{value} {measure === "weight" ? "kg" : "cm"}</span></p>
      <p class="row">
        {position ? <Badge kind={position.is === "below" || position.is === "above" ? "warn" : "good"} mark={position.is === "below" ? "▽" : position.is === "above" ? "△" : "○"}>{say(`position.${position.is}`, { low: position.low ?? "", high: position.high ?? "" })}</Badge> : <Badge kind="plain" mark="−">{say("position.none")}</Badge>}
        {changes.map((change) => <Badge kind="warn" mark="!">{say(`change.${change.is}` as "change.fell", { by: change.by })}</Badge>)}
      </p>
      {doubt && <p class="banner bad" role="alert">{name("doubt", doubt)}</p>}
    </li>
  );
}
