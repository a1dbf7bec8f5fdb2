// A renewed card takes the former one's place: the person stays who she is, and what she consented to stays. The same touch lets an officer
// put another phone in the place of a lost one.

import { useAddress } from "musubi-shared";
import type { Id } from "musubi-sdk";
import { useState } from "preact/hooks";
import { readDevice } from "../codes";
import { useDesk } from "../desk";
import { nameOf } from "../fhir";
import { Done, PersonChoice, Step, Trouble, useAct } from "../parts";
import { keepPerson, type Person } from "../people";
import { personOf, residentOf } from "../residents";
import { bindingFields, give, SignStep } from "../signing";
import { useSpeech } from "../speech";
import { useNamed } from "./consent";
import { require } from "./enrol";

/** A person, the binding that is to come, and the one that it replaces. */
interface Renewal { person: Person; binding: Id; former: Id | undefined }

export function Card() {
  const { say, text, language } = useSpeech();
  const desk = useDesk();
  const { query } = useAddress();
  const device = readDevice(query.get("device") ?? "");
  const [named] = useNamed((one) => !one.isChild);
  const [renewal, setRenewal] = useState<Renewal>();
  const [step, setStep] = useState<"who" | "bind" | "touch" | "done">("who");
  const { busy, error, act } = useAct();
  const choose = (pseudonym: Id) => void act(async () => {
    const resident = await residentOf(desk, pseudonym);
    const { loadKeys } = await import("musubi-sdk/keys");
    setRenewal({ person: await personOf(desk, resident), binding: (await loadKeys()).randomId(), former: resident.card });
    setStep("bind");
  });
  const of = device ? 4 : 3;
  if (step === "who" || !renewal) {
    return (
      <Step at={1} of={of} title={say(device ? "handed.replaceWho" : "card.who")}>
        <p>{say("card.lead")}</p>
        {named ? <div><button type="button" class="first wide" disabled={busy} onClick={() => choose(named.pseudonym)}>{say("card.of", { name: nameOf(named.patient) })}</button></div>
          : <PersonChoice legend={say("person.search")} filter={(one) => !one.isChild} onChoose={(one) => choose(one.pseudonym)} onSlip={(slip) => choose(slip.persons[0] ?? slip.subject)} />}
        <Trouble error={error} />
      </Step>
    );
  }
  const { person, binding, former } = renewal;
  const fields = () => bindingFields(desk, desk.member, person.pseudonym, binding, language, former);
  if (step === "bind") {
    return (
      <SignStep key="bind" at={2} of={of} title={text("card.bind")} kind="binding" home={desk.member} card="signing" fields={fields}
        onSigned={async (signed) => { require(await give(desk, desk.member, "binding", signed)); setStep("touch"); }} />
    );
  }
  if (step === "touch") {
    return (
      <SignStep key="touch" at={3} of={of} title={text("enrol.touch")} kind="binding" home={desk.member} card="authentication" fields={fields}
        onSigned={async (signed) => {
          require(await give(desk, desk.member, "check-in-card", signed));
          await keepPerson({ ...person, hasCard: true });
          setStep("done");
        }} />
    );
  }
  if (device) return <Replace person={person} device={device} at={of} />;
  return <Done title={say("card.done", { name: nameOf(person.patient) })}><p>{say(former ? "card.formerEnds" : "card.first")}</p><p class="id" data-binding={binding}>{binding}</p></Done>;
}

/** The card was touched just now, so an officer may let the new phone speak in the place of all former ones. */
function Replace({ person, device, at }: { person: Person; device: { account: Id; hpke: Id }; at: number }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const [done, setDone] = useState(false);
  const { busy, error, act } = useAct();
  const mayDo = desk.here.you.role === "officer";
  const replace = () => void act(async () => {
    await desk.own.post("/v1/life-events", { event: "phone-lost", person: person.pseudonym, device });
    setDone(true);
  });
  if (done) return <Done title={say("handed.replaced", { name: nameOf(person.patient) })}><p>{say("handed.replacedMore")}</p></Done>;
  return (
    <Step at={at} of={at} title={say("handed.replaceTitle", { name: nameOf(person.patient) })}>
      <p>{say("handed.replaceLead")}</p>
      <p class="id">{device.account}</p>
      {!mayDo && <p class="banner warn" role="status">{say("handed.officer")}</p>}
      <Trouble error={error} />
      <div><button type="button" class="first wide" disabled={busy || !mayDo} onClick={replace}>{say("handed.replaceConfirm")}</button></div>
    </Step>
  );
}
