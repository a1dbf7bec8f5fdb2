// Somebody becomes known: an adult by the card, which then speaks for that person; a child by a guardian who is known.

import { useAddress } from "musubi-shared";
import type { Id } from "musubi-sdk";
import { useState } from "preact/hooks";
import type { Face } from "../agent";
import { CardPrompt } from "../card";
import { useDesk } from "../desk";
import { nameOf, patientOf, type PersonForm } from "../fhir";
import { Choices, Done, Field, PersonChoice, SlipPaper, Step, Trouble, useAct } from "../parts";
import { keepPerson, newPerson, type Person } from "../people";
import { bindingFields, give, SignStep } from "../signing";
import { useSpeech } from "../speech";
import type { DeviceKeys } from "../codes";
import { register } from "../residents";
import { DeviceField } from "./phone";

interface Enrolled { pseudonym: Id; block?: number }
const EMPTY: PersonForm = { name: "", kana: "", birthDate: "", gender: "unknown", number: "" };

/** What a card's face says, as a form has it. */
export function formOf(face: Face): PersonForm {
  const birthDate = /^(\d{4})(\d{2})(\d{2})$/.exec(face.birthDate)?.slice(1).join("-") ?? "";
  return { ...EMPTY, name: face.name, birthDate, gender: face.sex === "not applicable" ? "unknown" : face.sex };
}

/** An adult with a card: face, form, phone, register, and both keys of the card. */
export function EnrolAdult() {
  const { say, text, language } = useSpeech();
  const desk = useDesk();
  const home = desk.member;
  const [step, setStep] = useState<"face" | "form" | "phone" | "bind" | "touch" | "done">("face");
  const [form, setForm] = useState(EMPTY);
  const [person, setPerson] = useState<Person>();
  const [binding, setBinding] = useState<Id>("");
  const [printed, setPrinted] = useState(false);
  const [protectedPerson, setProtected] = useState(false);
  const { busy, error, act } = useAct();
  const enrol = (device: DeviceKeys | undefined) => void act(async () => {
    const patient = patientOf(form, register(home));
    const enrolled = await desk.own.post<Enrolled>("/v1/people", { patient, domain: "health", protected: protectedPerson, ...(device && { device }) });
    const fresh = newPerson(enrolled.pseudonym, home, patient, false);
    await keepPerson(fresh);
    setPerson(fresh);
    const { loadKeys } = await import("musubi-sdk/keys");
    setBinding((await loadKeys()).randomId());
    setStep("bind");
  });
  if (step === "face") {
    return (
      <Step at={1} of={5} title={say("enrol.face")}>
        <CardPrompt kind={printed ? "printed" : "face"} prompt={text(printed ? "prompt.printed" : "prompt.face")} confirm={text("card.read")}
          onSecret={async (secret, insist) => { setForm(formOf(await desk.agent.face(secret, printed, insist))); setStep("form"); }} />
        <div class="row"><button type="button" onClick={() => setPrinted(!printed)}>{say(printed ? "enrol.byPin" : "enrol.byPrinted")}</button><button type="button" class="quiet" onClick={() => setStep("form")}>{say("enrol.byHand")}</button></div>
      </Step>
    );
  }
  if (step === "form") return <Step at={2} of={5} title={say("enrol.form")}><PersonFields form={form} onForm={setForm} onProtected={setProtected} isProtected={protectedPerson} onDone={() => setStep("phone")} /></Step>;
  if (step === "phone") return <Step at={3} of={5} title={say("enrol.phone")}><DeviceField busy={busy} onDone={enrol} /><Trouble error={error} /></Step>;
  if (step === "bind") {
    return (
      <SignStep key="bind" at={4} of={5} title={text("enrol.bind")} kind="binding" home={home} card="signing" fields={() => bindingFields(desk, home, person!.pseudonym, binding, language)}
        onSigned={async (signed) => { require(await give(desk, home, "binding", signed)); setStep("touch"); }} />
    );
  }
  if (step === "touch") {
    return (
      <SignStep key="touch" at={5} of={5} title={text("enrol.touch")} kind="binding" home={home} card="authentication" fields={() => bindingFields(desk, home, person!.pseudonym, binding, language)}
        onSigned={async (signed) => {
          require(await give(desk, home, "check-in-card", signed));
          const bound = { ...person!, hasCard: true };
          await keepPerson(bound);
          setPerson(bound);
          setStep("done");
        }} />
    );
  }
  return <Done title={say("enrol.done", { name: nameOf(person!.patient) })} next={[[`/counter/child?person=${person!.pseudonym}`, say("nav.child")]]}><p class="id" data-pseudonym={person!.pseudonym}>{person!.pseudonym}</p></Done>;
}

/** The municipality vouched, or says why not. */
export function require(outcome: { outcome: string; reason?: string }): void {
  if (outcome.outcome === "disagreed") throw new Error(outcome.reason ?? "the municipality did not vouch for it");
}

/** A child, and who decides for it. */
export function EnrolChild() {
  const { say } = useSpeech();
  const desk = useDesk();
  const { query } = useAddress();
  const home = desk.member;
  const [guardian, setGuardian] = useState<Person>();
  const [form, setForm] = useState(EMPTY);
  const [child, setChild] = useState<Person>();
  const [role, setRole] = useState("parental-authority");
  const [authority, setAuthority] = useState("single");
  const [step, setStep] = useState<"guardian" | "form" | "authority" | "done">("guardian");
  const { busy, error, act } = useAct();
  const enrol = () => void act(async () => {
    const patient = patientOf(form, register(home));
    const enrolled = await desk.own.post<Enrolled>("/v1/people", { patient, domain: "health" });
    const until = Date.parse(`${Number(form.birthDate.slice(0, 4)) + 18}${form.birthDate.slice(4)}T00:00:00+09:00`);
    await desk.own.post("/v1/guardianships", { subject: enrolled.pseudonym, guardian: guardian!.pseudonym, role, authority, until });
    const fresh = newPerson(enrolled.pseudonym, home, patient, true);
    fresh.guardians = [{ pseudonym: guardian!.pseudonym, label: nameOf(guardian!.patient), role, authority }];
    await keepPerson(fresh);
    setChild(fresh);
    setStep("done");
  });
  const named = query.get("person");
  if (step === "guardian") {
    return (
      <Step at={1} of={3} title={say("child.guardian")}>
        <PersonChoice legend={say("person.search")} filter={(person) => !person.isChild && (!named || person.pseudonym === named)} onChoose={(person) => { setGuardian(person); setStep("form"); }} />
      </Step>
    );
  }
  if (step === "form") return <Step at={2} of={3} title={say("child.form")}><PersonFields form={form} onForm={setForm} onDone={() => setStep("authority")} /></Step>;
  if (step === "authority") {
    return (
      <Step at={3} of={3} title={say("child.authority", { name: nameOf(guardian!.patient), child: form.name })}>
        <Choices legend={say("child.role")} value={role} options={["parental-authority", "guardian-of-minor", "child-welfare-director", "foster-parent"].map((one) => [one, say(`role.${one}` as "role.foster-parent")])} onChoose={setRole} />
        <Choices legend={say("child.rule")} value={authority} options={[["single", say("authority.single")], ["joint", say("authority.joint")]]} onChoose={setAuthority} />
        <Trouble error={error} />
        <div><button type="button" class="first wide" disabled={busy} onClick={enrol}>{say("child.attest")}</button></div>
      </Step>
    );
  }
  return (
    <>
      <Done title={say("child.done", { name: nameOf(child!.patient) })} next={[[`/counter/consent?person=${child!.pseudonym}`, say("nav.consent")]]}><p class="id" data-pseudonym={child!.pseudonym}>{child!.pseudonym}</p></Done>
      <SlipPaper person={child!} />
    </>
  );
}

interface Fields { form: PersonForm; onForm: (form: PersonForm) => void; onDone: () => void; isProtected?: boolean; onProtected?: (on: boolean) => void }

export function PersonFields({ form, onForm, onDone, isProtected, onProtected }: Fields) {
  const { say } = useSpeech();
  const set = (part: Partial<PersonForm>) => onForm({ ...form, ...part });
  const isWhole = form.name.trim() && /^\d{4}-\d{2}-\d{2}$/.test(form.birthDate) && form.number.trim();
  return (
    <form class="stack" onSubmit={(event) => { event.preventDefault(); onDone(); }}>
      <Field label={say("form.name")}><input required autocomplete="off" value={form.name} onInput={(event) => set({ name: event.currentTarget.value })} /></Field>
      <Field label={say("form.kana")} hint={say("form.kanaHint")}><input autocomplete="off" value={form.kana} onInput={(event) => set({ kana: event.currentTarget.value })} /></Field>
      <div class="twin">
        <Field label={say("form.born")}><input required type="date" value={form.birthDate} onInput={(event) => set({ birthDate: event.currentTarget.value })} /></Field>
        <Field label={say("form.number")} hint={say("form.numberHint")}><input required autocomplete="off" value={form.number} onInput={(event) => set({ number: event.currentTarget.value.trim() })} /></Field>
      </div>
      <Choices legend={say("form.sex")} value={form.gender} options={[["female", say("sex.female")], ["male", say("sex.male")], ["unknown", say("sex.unknown")]]} onChoose={(gender) => set({ gender })} />
      {onProtected && <label class="check"><input type="checkbox" checked={isProtected} onChange={(event) => onProtected(event.currentTarget.checked)} />{say("form.protected")}</label>}
      <div><button class="first wide" disabled={!isWhole}>{say("next")}</button></div>
    </form>
  );
}
