// The day at this desk: what can be done here, who was dealt with today, and what still waits to be sent.

import { BASE } from "musubi-shared";
import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../desk";
import { nameOf } from "../fhir";
import { Badge, PersonLine, usePeople } from "../parts";
import { dayOf, forgetPerson, openVisit, type Person } from "../people";
import { onQueue, waiting } from "../queue";
import { tasksOf } from "../tasks";
import { useSpeech } from "../speech";

export function Today() {
  const { say } = useSpeech();
  const desk = useDesk();
  const [count, setCount] = useState(0);
  useEffect(() => {
    const load = () => void waiting().then((all) => setCount(all.length));
    load();
    return onQueue(load);
  }, []);
  const tasks = tasksOf(desk.here.you).filter((task) => task.isBig);
  return (
    <div class="stack">
      {count > 0 && <a class="banner warn" href={`${BASE}queue`}>{say("today.waiting", { count })}</a>}
      <ul class="tasks">{tasks.map((task) => <li><a href={BASE + task.path}><span class="mark" aria-hidden="true">{task.mark}</span><strong>{say(task.title)}</strong><span class="soft">{say(task.lead)}</span></a></li>)}</ul>
      <List />
    </div>
  );
}

function List() {
  const { say } = useSpeech();
  const [all, load] = usePeople();
  const today = dayOf(Date.now());
  if (!all) return <p class="soft" role="status">{say("loading")}</p>;
  const seen = all.filter((person) => dayOf(person.seenAt) === today);
  const earlier = all.filter((person) => dayOf(person.seenAt) !== today);
  return (
    <>
      <section class="stack"><h2>{say("today.list", { count: seen.length })}</h2>{seen.length === 0 ? <p class="card soft">{say("today.empty")}</p> : <Rows people={seen} again={load} />}</section>
      {earlier.length > 0 && <details class="card"><summary>{say("today.earlier", { count: earlier.length })}</summary><Rows people={earlier} again={load} /></details>}
    </>
  );
}

function Rows({ people, again }: { people: Person[]; again: () => void }) {
  const { say, text } = useSpeech();
  const desk = useDesk();
  const tasks = tasksOf(desk.here.you).filter((task) => task.forPerson);
  const remove = (person: Person) => {
    if (confirm(text("today.forgetSure", { name: nameOf(person.patient) }))) void forgetPerson(person.pseudonym).then(again);
  };
  return (
    <ul class="list">
      {people.map((person) => (
        <li data-person={person.pseudonym}>
          <PersonLine person={person} />
          <p class="row">
            {person.doses.filter((dose) => dose["primarySource"] !== false).map((dose) => <Badge kind="good" mark="✓">{String(dose.vaccineCode.text)} {dose.occurrenceDateTime.slice(5, 10)}</Badge>)}
            {!openVisit(person, Date.now()) && person.visits.length > 0 && <Badge kind="plain" mark="○">{say("person.visitOver")}</Badge>}
          </p>
          <p class="row no-print">
            {tasks.filter((task) => task.forPerson?.(person)).map((task) => <a class="do" href={`${BASE}${task.path}?person=${person.pseudonym}`}>{say(task.title)}</a>)}
            <a class="do" href={`${BASE}slip?person=${person.pseudonym}`}>{say("nav.slip")}</a>
            <button type="button" class="quiet" onClick={() => remove(person)}>{say("today.forget")}</button>
          </p>
        </li>
      ))}
    </ul>
  );
}
