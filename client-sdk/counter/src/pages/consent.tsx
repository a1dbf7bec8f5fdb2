// A guardian says yes: what is asked, the statement in large type, the card, and what became of it.

import { dateTime, useAddress } from "musubi-shared";
import type { Id } from "musubi-sdk";
import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../desk";
import { nameOf } from "../fhir";
import { Choices, Done, Field, PersonChoice, Step, Trouble, useAct, usePeople } from "../parts";
import { type Guardian, keepPerson, type Person } from "../people";
import { bySlip, refreshed } from "../residents";
import { nonceFor, type Outcome, propose, SignStep } from "../signing";
import { tagOf, useSpeech } from "../speech";

const DAY = 24 * 3600_000;
const PURPOSES = ["child-care", "checkup", "consultation", "emergency"] as const;
const CATEGORIES = ["immunization", "checkup", "questionnaire", "growth", "emergency-summary"] as const;
/** What a visit needs; the summary for emergencies is asked for on its own. */
const USUAL = CATEGORIES.filter((one) => one !== "emergency-summary");
/** Who may be given a consent here. */
const RECIPIENTS = ["clinic", "municipality", "fire-service"];
const PERIODS = [90, 365, 1095] as const;
const CONTACTS = "musubi-contacts";

/** Telephone numbers of offices, which a statement names; they are remembered on this machine. */
export type Phones = Record<string, string>;
export const contacts = (): Phones => JSON.parse(localStorage.getItem(CONTACTS) ?? "{}") as Phones;
export const keepContacts = (phones: Phones): void => localStorage.setItem(CONTACTS, JSON.stringify(phones));

/** Asks for the numbers of the offices that a statement names. */
export function Contacts({ members, phones, onPhones }: { members: number[]; phones: Phones; onPhones: (phones: Phones) => void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  return (
    <div class="twin">{members.map((member) => (
      <Field label={say("consent.contact", { name: desk.title(member) })}><input type="tel" autocomplete="off" value={phones[member] ?? ""} onInput={(event) => onPhones({ ...phones, [member]: event.currentTarget.value })} /></Field>
    ))}</div>
  );
}

/** The person that the address names, once the list is there. */
export function useNamed(filter: (person: Person) => boolean): [Person | undefined, (person: Person) => void] {
  const { query } = useAddress();
  const [all] = usePeople();
  const [person, setPerson] = useState<Person>();
  useEffect(() => {
    const named = all?.find((one) => one.pseudonym === query.get("person"));
    if (named && filter(named)) setPerson(named);
  }, [all]);
  return [person, setPerson];
}

/** A child whose guardians are asked of the register anew: chosen from the list, or named by a slip that this machine never saw. */
export function ChildChoice({ at, of, title, onChild }: { at: number; of: number; title: preact.ComponentChildren; onChild: (person: Person) => void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const { error, act } = useAct();
  return (
    <Step at={at} of={of} title={title}>
      <PersonChoice legend={say("person.search")} filter={(one) => one.guardians.length > 0} onChoose={(person) => void act(async () => onChild(await refreshed(desk, person)))} onSlip={(slip) => void act(async () => onChild(await bySlip(desk, slip)))} />
      <Trouble error={error} />
    </Step>
  );
}

/** The child that the address names, with guardians as the register has them now. */
export function useNamedChild(): [Person | undefined, (person: Person) => void] {
  const desk = useDesk();
  const [named] = useNamed((one) => one.guardians.length > 0);
  const [child, setChild] = useState<Person>();
  useEffect(() => { if (named) void refreshed(desk, named).then(setChild); }, [named?.pseudonym]);
  return [child, setChild];
}

export function Consent() {
  const { say, text, language } = useSpeech();
  const desk = useDesk();
  const [person, setPerson] = useNamedChild();
  const [recipient, setRecipient] = useState<number>();
  const [purpose, setPurpose] = useState<(typeof PURPOSES)[number]>("child-care");
  const [categories, setCategories] = useState<string[]>([...USUAL]);
  const [days, setDays] = useState<number>(365);
  const [phones, setPhones] = useState(contacts);
  const [step, setStep] = useState<"who" | "what" | "sign">("who");
  const [consent, setConsent] = useState<Id>("");
  const [outcome, setOutcome] = useState<Outcome>();
  const [signer, setSigner] = useState<Guardian>();
  if (!person) return <ChildChoice at={1} of={4} title={say("consent.who")} onChild={setPerson} />;
  const guardian = signer ?? (person.guardians.length === 1 ? person.guardians[0] : undefined);
  if (!guardian) return <Step at={1} of={4} title={say("checkIn.whose")}><Choices legend={say("checkIn.guardian")} value={undefined} options={person.guardians.map((one) => [one.pseudonym, one.label])} onChoose={(chosen) => setSigner(person.guardians.find((one) => one.pseudonym === chosen))} /></Step>;
  const home = person.home;
  const until = Date.now() + days * DAY;
  const fields = async () => {
    const { nonce } = await nonceFor(desk, home, "document");
    const party = (member: number) => ({ member, name: desk.title(member), contact: phones[member] ?? "" });
    const now = Date.now();
    return {
      consent, subject: person.pseudonym, subject_label: text("consent.child"), guardian: guardian.pseudonym, role: guardian.role, authority: guardian.authority,
      controller: party(home), recipient: party(recipient!), purpose, categories: CATEGORIES.filter((one) => categories.includes(one)), actions: ["view"],
      retention_days: 365, transfer_abroad: false, not_before: now, not_after: now + days * DAY, nonce, assurance: "card-signed",
      place: desk.here.you.kind === "clinic" ? "clinic" : "counter", notice: "musubi-notice-2026-11", language: tagOf(language),
    };
  };
  if (step === "who" || recipient === undefined) {
    const others = desk.here.members.filter((one) => one.member !== home && RECIPIENTS.includes(one.kind));
    return (
      <Step at={2} of={4} title={say("consent.recipient", { name: nameOf(person.patient) })}>
        <Choices legend={say("consent.recipientLegend")} value={recipient} options={others.map((one) => [one.member, desk.title(one.member)])} onChoose={setRecipient} />
        <Contacts members={[home, ...(recipient === undefined ? [] : [recipient])]} phones={phones} onPhones={setPhones} />
        <div><button type="button" class="first wide" disabled={recipient === undefined || ![home, recipient].every((member) => phones[member]?.trim())} onClick={() => { keepContacts(phones); setStep("what"); }}>{say("next")}</button></div>
      </Step>
    );
  }
  if (step === "what") {
    const toggle = (one: string, on: boolean) => setCategories(on ? [...categories, one] : categories.filter((other) => other !== one));
    const go = async () => {
      const { loadKeys } = await import("musubi-sdk/keys");
      setConsent((await loadKeys()).randomId());
      setStep("sign");
    };
    return (
      <Step at={3} of={4} title={say("consent.what")}>
        <Choices legend={say("consent.purpose")} value={purpose} options={PURPOSES.map((one) => [one, say(`purpose.${one}`)])} onChoose={setPurpose} />
        <fieldset class="choices"><legend>{say("consent.categories")}</legend>{CATEGORIES.map((one) => <label class="choice"><input type="checkbox" checked={categories.includes(one)} onChange={(event) => toggle(one, event.currentTarget.checked)} />{say(`category.${one}`)}</label>)}</fieldset>
        <Choices legend={say("consent.period")} value={days} options={PERIODS.map((one) => [one, say(`period.${one}`)])} onChoose={setDays} />
        <div><button type="button" class="first wide" disabled={categories.length === 0} onClick={() => void go()}>{say("consent.show")}</button></div>
      </Step>
    );
  }
  if (!outcome) {
    return (
      <SignStep at={4} of={4} title={text("consent.sign")} kind="consent" home={home} card="signing" fields={fields} refuse={() => setStep("what")}
        onSigned={async (signed) => {
          const answer = await propose(desk, home, signed);
          if (answer.outcome === "attested") await keepPerson({ ...person, consents: [...person.consents, { consent, recipient, purpose, until, at: Date.now() }] });
          setOutcome(answer);
        }} />
    );
  }
  return <Became outcome={outcome} done={say("consent.done", { recipient: desk.title(recipient), until: dateTime(language, until).split(" ")[0]! })} consent={consent} next={[[`/counter/slip?person=${person.pseudonym}`, say("nav.slip")]]} />;
}

/** In force, waiting for the card authority, or not: each looks its own way, and says what comes next. */
export function Became({ outcome, done, consent, next }: { outcome: Outcome; done: preact.ComponentChildren; consent: Id; next?: [string, preact.ComponentChildren][] }) {
  const { say } = useSpeech();
  if (outcome.outcome === "attested") return <Done title={done} {...(next && { next })}><p class="soft">{say("consent.block", { block: outcome.block ?? 0 })}</p><p class="id" data-consent={consent}>{consent}</p></Done>;
  const isPending = outcome.outcome === "pending";
  return (
    <section class={`card stack outcome ${isPending ? "warn" : "bad"}`} role="alert" data-outcome={outcome.outcome}>
      <h2>{say(isPending ? "consent.pending" : "consent.disagreed")}</h2>
      {outcome.reason && <p lang="en">{outcome.reason}</p>}
    </section>
  );
}
