// Reception at a clinic: whose visit, the guardian's card and four digits, and the visit is open on the chain.

import { dateTime } from "musubi-shared";
import type { Id, Moment } from "musubi-sdk";
import { useState } from "preact/hooks";
import { CardPrompt } from "../card";
import { useDesk } from "../desk";
import { nameOf, patientOf, type PersonForm } from "../fhir";
import { Choices, Done, PersonChoice, Step } from "../parts";
import { keepPerson, newPerson, type Person, type Slip } from "../people";
import { nonceFor } from "../signing";
import { tagOf, useSpeech } from "../speech";
import { useNamed } from "./consent";
import { PersonFields } from "./enrol";

type Answer = { outcome: "opened"; block: number; until: Moment } | { outcome: "pending" } | { outcome: "refused"; code: string; reason: string };
const PAUSE = 1_500;

export function CheckIn() {
  const { say, text, language } = useSpeech();
  const desk = useDesk();
  const [person, setPerson] = useNamed(() => true);
  const [slip, setSlip] = useState<Slip>();
  const [holder, setHolder] = useState<Id>();
  const [answer, setAnswer] = useState<Answer>();
  if (slip && !person) return <Chart slip={slip} onPerson={setPerson} />;
  if (!person) return <Step at={1} of={2} title={say("checkIn.who")}><PersonChoice legend={say("person.search")} onChoose={setPerson} onSlip={setSlip} /></Step>;
  const holders = person.guardians.length > 0 ? person.guardians.map((one) => one.pseudonym) : [person.pseudonym];
  const who = holders.length === 1 ? holders[0] : holder;
  if (!who) {
    return (
      <Step at={1} of={2} title={say("checkIn.whose")}>
        <Choices legend={say("checkIn.guardian")} value={holder} options={person.guardians.map((one) => [one.pseudonym, one.label])} onChoose={setHolder} />
      </Step>
    );
  }
  const home = person.home;
  const touch = async (secret: string, insist: boolean) => {
    const { loadKeys } = await import("musubi-sdk/keys");
    const [session, { nonce }] = [(await loadKeys()).randomId(), await nonceFor(desk, home, "check-in")];
    const purpose = "child-care";
    const visit = await desk.agent.checkIn({
      genesis: desk.genesis, session, subject: person.pseudonym, person: who, member: desk.member, terminal: desk.key.account, staff: desk.key.account, purpose,
      nonce, language: tagOf(language), secret, sealTo: desk.neighbour(home).hpke, insist,
    });
    let said = await desk.gatewayOf(home).post<Answer>("/v1/check-ins", visit.request);
    for (let turn = 0; said.outcome === "pending" && turn < 8; turn++) {
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
      said = await desk.gatewayOf(home).post<Answer>("/v1/check-ins", visit.request);
    }
    if (said.outcome === "opened") await keepPerson({ ...person, visits: [{ session, until: said.until, purpose, at: Date.now() }, ...person.visits] });
    setAnswer(said);
  };
  if (!answer) {
    return (
      <Step at={2} of={2} title={say("checkIn.touch", { name: nameOf(person.patient) })}>
        <CardPrompt kind="pin" prompt={text("prompt.checkIn")} confirm={text("checkIn.confirm")} onSecret={touch} />
      </Step>
    );
  }
  if (answer.outcome === "opened") {
    return (
      <Done title={say("checkIn.done", { name: nameOf(person.patient) })} next={[[`/counter/check?person=${person.pseudonym}`, say("nav.check")]]}>
        <p>{say("checkIn.until", { until: dateTime(language, answer.until) })}</p><p class="soft">{say("consent.block", { block: answer.block })}</p>
      </Done>
    );
  }
  return (
    <section class={`card stack outcome ${answer.outcome === "pending" ? "warn" : "bad"}`} role="alert" data-outcome={answer.outcome}>
      <h2>{answer.outcome === "pending" ? say("checkIn.pending") : say(`refused.${answer.code}` as "refused.no-consent")}</h2>
      {answer.outcome === "refused" && <p class="soft" lang="en">{answer.reason}</p>}
      <div><button type="button" class="first" onClick={() => setAnswer(undefined)}>{say("again")}</button></div>
    </section>
  );
}

/** A child that this clinic sees for the first time: its own chart, beside the pseudonyms of the slip. */
function Chart({ slip, onPerson }: { slip: Slip; onPerson: (person: Person) => void }) {
  const { say, text } = useSpeech();
  const desk = useDesk();
  const [form, setForm] = useState<PersonForm>({ name: "", kana: "", birthDate: "", gender: "unknown", number: "" });
  const keep = async () => {
    const person = newPerson(slip.subject, slip.home, patientOf(form, `urn:musubi:chart:${desk.member}`), true);
    person.guardians = slip.persons.map((pseudonym, at) => ({ pseudonym, label: text("checkIn.guardianNumber", { number: at + 1 }), role: "parental-authority", authority: "single" }));
    await keepPerson(person);
    onPerson(person);
  };
  return <Step at={1} of={2} title={say("checkIn.chart")}><p>{say("checkIn.chartLead")}</p><PersonFields form={form} onForm={setForm} onDone={() => void keep()} /></Step>;
}
