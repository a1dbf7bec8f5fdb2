// A family's phone at the counter: its code is typed or scanned, what it hands over is shown, and the matter goes on as the code says.

import { dateTime, go, type Language, Spoken, toBase64 } from "musubi-shared";
import { type Id, type Moment, Refused } from "musubi-sdk";
import type { StatementFields } from "musubi-sdk/consent";
import { useState } from "preact/hooks";
import type { Shown } from "../agent";
import { type DeviceKeys, deviceCode, readPhone } from "../codes";
import { useDesk } from "../desk";
import { Field, Step, Trouble, useAct } from "../parts";
import { keepPerson } from "../people";
import { personOf, type Resident, residentOf } from "../residents";
import { nonceFor, type Outcome, propose, SignStep } from "../signing";
import { useSpeech } from "../speech";
import { Became, Contacts, type Phones, contacts, keepContacts } from "./consent";

/** What was put together on a phone, under the gateway's own names. */
interface Draft { subject: Id; label: string; recipient: number; purpose: string; categories: string[]; days: number; language: "ja" | "ja-x-easy" | "en" }
interface HandedOver { code: string; until: Moment; guardian: Id; draft: Draft }
/** As whom the guardian signs. */
interface Case { handed: HandedOver; child: Resident; guardian: string; role: string; authority: string }

const DAY = 24 * 3600_000;
const READ: Record<Draft["language"], Language> = { ja: "ja", "ja-x-easy": "ja-Hira", en: "en" };

export function Phone() {
  const { say } = useSpeech();
  const desk = useDesk();
  const [typed, setTyped] = useState("");
  const [device, setDevice] = useState<DeviceKeys>();
  const [matter, setMatter] = useState<Case>();
  const { busy, error, act } = useAct();
  const code = readPhone(typed);
  const open = () => void act(async () => {
    if (code?.is === "device") return setDevice(code.device);
    if (!code) return;
    const handed = await desk.own.get<HandedOver>(`/v1/hand-overs/${code.code}`);
    setMatter(await caseOf(handed, await residentOf(desk, handed.draft.subject)));
  });
  if (device) return <Device device={device} />;
  if (matter) return <Consent matter={matter} />;
  return (
    <Step at={1} of={3} title={say("handed.title")}>
      <p>{say("handed.lead")}</p>
      <form class="stack" onSubmit={(event) => { event.preventDefault(); open(); }}>
        <Field label={say("handed.code")} hint={say("handed.hint")}><input class="phone-code" autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /></Field>
        {typed.trim() !== "" && !code && <p class="badge warn" role="status"><span aria-hidden="true">!</span>{say("handed.unread")}</p>}
        <Trouble error={error}>{error instanceof Refused && error.code === 404 && <p>{say("handed.gone")}</p>}</Trouble>
        <div><button class="first wide" disabled={busy || !code}>{say("handed.open")}</button></div>
      </form>
    </Step>
  );
}

/** Who signs, as the chain has it now; whoever handed it over may have stopped being a guardian since. */
async function caseOf(handed: HandedOver, child: Resident): Promise<Case> {
  if (handed.guardian === child.person) return { handed, child, guardian: child.name, role: "self", authority: "single" };
  const signer = child.guardians.find((one) => one.person === handed.guardian);
  if (!signer) throw new Error("whoever put this together is no guardian of this child now");
  return { handed, child, guardian: signer.name, role: signer.role, authority: signer.authority };
}

/** Keys of a phone: of somebody new, or in the place of the phone that somebody had. */
function Device({ device }: { device: DeviceKeys }) {
  const { say } = useSpeech();
  const query = `?device=${encodeURIComponent(deviceCode(device))}`;
  return (
    <Step at={2} of={3} title={say("handed.device")}>
      <p>{say("handed.deviceLead")} <span class="id">{device.account.slice(0, 18)}…</span></p>
      <ul class="pick">
        <li><button type="button" onClick={() => go(`/counter/enrol${query}`)}><strong>{say("handed.new")}</strong><span class="soft">{say("handed.newMore")}</span></button></li>
        <li><button type="button" onClick={() => go(`/counter/card${query}`)}><strong>{say("handed.replace")}</strong><span class="soft">{say("handed.replaceMore")}</span></button></li>
      </ul>
    </Step>
  );
}

/** A consent from a phone: who stands here, what it says, then the very words on both screens and the card. */
function Consent({ matter }: { matter: Case }) {
  const { say, text, name, language } = useSpeech();
  const desk = useDesk();
  const { handed, child } = matter;
  const { draft } = handed;
  const [phones, setPhones] = useState<Phones>(contacts);
  const [consent, setConsent] = useState<Id>();
  const [outcome, setOutcome] = useState<Outcome>();
  const parties = [desk.member, draft.recipient];
  const until = Date.now() + draft.days * DAY;
  if (!consent) {
    const make = async () => {
      keepContacts(phones);
      const { loadKeys } = await import("musubi-sdk/keys");
      setConsent((await loadKeys()).randomId());
    };
    return (
      <Step at={2} of={3} title={say("handed.what")}>
        <p class="banner warn">{say("handed.check", { name: matter.guardian })}</p>
        <dl class="facts" data-handed={handed.code}>
          <dt>{say("handed.guardian")}</dt><dd><strong>{matter.guardian}</strong>（{say(`role.${matter.role}` as "role.self")}）</dd>
          <dt>{say("handed.child")}</dt><dd><strong>{child.name}</strong>　{child.born}</dd>
          <dt>{say("consent.recipientLegend")}</dt><dd>{desk.title(draft.recipient)}</dd>
          <dt>{say("consent.purpose")}</dt><dd><Spoken sentence={name("purpose", draft.purpose)} /></dd>
          <dt>{say("consent.categories")}</dt><dd><Spoken sentence={draft.categories.map((one) => name("category", one)).join(language === "en" ? ", " : "・")} /></dd>
          <dt>{say("consent.period")}</dt><dd>{say("handed.days", { days: draft.days })}</dd>
        </dl>
        <Contacts members={parties} phones={phones} onPhones={setPhones} />
        <div><button type="button" class="first wide" disabled={!parties.every((member) => phones[member]?.trim())} onClick={() => void make()}>{say("handed.make")}</button></div>
        <p class="soft">{say("handed.until", { time: dateTime(language, handed.until) })}</p>
      </Step>
    );
  }
  const fields = async () => {
    const { nonce } = await nonceFor(desk, desk.member, "document");
    const party = (member: number) => ({ member, name: desk.title(member), contact: phones[member] ?? "" });
    const now = Date.now();
    return {
      consent, subject: draft.subject, subject_label: draft.label, guardian: handed.guardian, role: matter.role, authority: matter.authority,
      controller: party(desk.member), recipient: party(draft.recipient), purpose: draft.purpose, categories: draft.categories, actions: ["view"],
      retention_days: 365, transfer_abroad: false, not_before: now, not_after: now + draft.days * DAY, nonce, assurance: "card-signed",
      place: "counter", notice: "musubi-notice-2026-11", language: draft.language,
    };
  };
  if (!outcome) {
    return (
      <SignStep at={3} of={3} title={text("consent.sign")} kind="consent" home={desk.member} card="signing" fields={fields} reads={READ[draft.language]} refuse={() => go("/counter/")}
        onShown={async (fields, shown) => { await desk.own.post(`/v1/hand-overs/${handed.code}`, { statement: await statementOf(fields as StatementFields, shown) }); }}
        note={(shown) => <p class="banner good" role="status">{say("handed.sent")} <strong class="reference" data-reference={shown.reference}>{shown.reference.replace(/(.{4})(?=.)/g, "$1 ")}</strong></p>}
        onSigned={async (signed) => {
          const answer = await propose(desk, desk.member, signed);
          const person = await personOf(desk, child);
          const given = answer.outcome === "attested" ? [{ consent, recipient: draft.recipient, purpose: draft.purpose, until, at: Date.now() }] : [];
          await keepPerson({ ...person, consents: [...person.consents, ...given] });
          setOutcome(answer);
        }} />
    );
  }
  return <Became outcome={outcome} done={say("consent.done", { recipient: desk.title(draft.recipient), until: dateTime(language, until).split(" ")[0]! })} consent={consent} />;
}

/** The statement's bytes for the phone, made here of the same fields and held against what the agent shows. */
async function statementOf(fields: Omit<StatementFields, "schema" | "wording">, shown: Shown): Promise<string> {
  const { loadConsent } = await import("musubi-sdk/consent");
  const wasm = await loadConsent();
  const statement = wasm.Statement.of({ schema: "musubi/consent-statement/1", ...fields, wording: wasm.wordingDigest(fields.language) });
  if (statement.reference() !== shown.reference) throw new Error("this page and the card agent word the statement differently: bring both to the same version");
  return toBase64(statement.bytes());
}
