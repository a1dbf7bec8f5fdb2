// A guardian takes a consent back: the child's consents as the chain has them, wherever they were given; whose card; and what became of it.

import { day, Loaded, Spoken, useLoad } from "musubi-shared";
import type { Id, Moment } from "musubi-sdk";
import { useState } from "preact/hooks";
import { useDesk } from "../desk";
import { nameOf } from "../fhir";
import { Step } from "../parts";
import { keepPerson, type Person } from "../people";
import { give, nonceFor, type Outcome, SignStep } from "../signing";
import { tagOf, useSpeech } from "../speech";
import { Became, ChildChoice, useNamedChild } from "./consent";

/** A consent as the gateway reads it off the chain. */
interface Given { consent: Id; guardian: Id; recipient: number; purpose: string; categories: string[]; notBefore: Moment; until: Moment; state: string | { ended: string } }
const DAY = 24 * 3600_000;
const isOn = ({ state }: Given): boolean => typeof state === "string" && ["proposed", "effective", "paused"].includes(state);

/** One touch ends a consent; the next read is denied. */
export function Withdraw() {
  const { say } = useSpeech();
  const [person, setPerson] = useNamedChild();
  if (!person) return <ChildChoice at={1} of={3} title={say("withdraw.who")} onChild={setPerson} />;
  return <OfChild key={person.pseudonym} person={person} />;
}

function OfChild({ person }: { person: Person }) {
  const { say, text, name, language } = useSpeech();
  const desk = useDesk();
  const [chosen, setChosen] = useState<Given>();
  const [state, again] = useLoad(person.pseudonym, () => desk.gatewayOf(person.home).get<Given[]>(`/v1/family/${person.pseudonym}/consents`));
  if (chosen) return <End person={person} chosen={chosen} />;
  return (
    <Step at={2} of={3} title={say("withdraw.which", { name: nameOf(person.patient) })}>
      <Loaded state={state} again={again}>
        {(all) => {
          const on = all.filter(isOn);
          if (on.length === 0) return <p class="card soft" role="status">{say("withdraw.none")}</p>;
          return (
            <ul class="pick">{on.map((one) => (
              <li><button type="button" data-consent={one.consent} onClick={() => setChosen(one)}>
                <strong>{desk.title(one.recipient)}</strong>
                <span><Spoken sentence={name("purpose", one.purpose)} />：{one.categories.map((category, at) => <>{at > 0 && "・"}<Spoken sentence={name("category", category)} /></>)}</span>
                <span class="soft"><Spoken sentence={name("state", one.state)} /> · {say("withdraw.given", { at: day(language, one.notBefore) })} · {say("withdraw.by", { name: labelOf(person, one.guardian) ?? text("withdraw.other") })}</span>
              </button></li>
            ))}</ul>
          );
        }}
      </Loaded>
    </Step>
  );
}

const labelOf = (person: Person, guardian: Id): string | undefined => person.guardians.find((one) => one.pseudonym === guardian)?.label;

/** The card must be that of whoever gave the consent; the other guardian of joint ones objects instead, in the app. */
function End({ person, chosen }: { person: Person; chosen: Given }) {
  const { say, text, language } = useSpeech();
  const desk = useDesk();
  const [outcome, setOutcome] = useState<Outcome>();
  const fields = async () => {
    const { nonce } = await nonceFor(desk, person.home, "document");
    const now = Date.now();
    return { consent: chosen.consent, subject: person.pseudonym, guardian: chosen.guardian, not_before: now, not_after: now + DAY / 2, nonce, language: tagOf(language) };
  };
  if (outcome) return <Became outcome={outcome} done={say("withdraw.done", { recipient: desk.title(chosen.recipient) })} consent={chosen.consent} />;
  return (
    <div class="stack">
      <p class="banner plain" role="status">{say("withdraw.card", { name: labelOf(person, chosen.guardian) ?? text("withdraw.other") })}</p>
      <SignStep at={3} of={3} title={text("withdraw.sign")} kind="withdrawal" home={person.home} card="signing" fields={fields}
        onSigned={async (signed) => {
          const answer = await give(desk, person.home, "withdrawal", signed);
          if (answer.outcome === "attested") await keepPerson({ ...person, consents: person.consents.filter((one) => one.consent !== chosen.consent) });
          setOutcome(answer);
        }} />
    </div>
  );
}
