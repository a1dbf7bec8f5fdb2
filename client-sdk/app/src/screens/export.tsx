// Taking the record along: a file for other programs, a paper, the signed card, and a page to print without the network.

import { Refused } from "musubi-sdk";
import { day, saveBlob, Spoken } from "musubi-shared";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { useGateway, useHere, useMember } from "../here";
import { codesOf } from "../health-card";
import { measurementsIn } from "../records";
import { Qr } from "../qr";
import { useSpeech } from "../speech";
import { Shown } from "./shown";
import { usePlan, useRecords } from "./vaccines";

export function Export() {
  const { say, text, language } = useSpeech();
  const { child } = useHere();
  const member = useMember();
  const [plan, planAgain] = usePlan();
  return (
    <div class="stack">
      <h1>{say("nav.export")}</h1>
      <p class="no-print">{say("export.lead")}</p>
      <Copy form="fhir" title={say("export.fhir")} more={say("export.fhirMore")} save={say("export.save")} name={`musubi-${child.born}.json`} />
      <Copy form="pdf" title={say("export.pdf")} more={say("export.pdfMore")} save={say("export.pdfSave")} name={`musubi-${child.born}.pdf`} />
      <Card />
      <section class="card stack" aria-labelledby="paper"><h2 id="paper">{say("export.paper")}</h2>
        <p class="no-print">{say("export.paperMore")}</p>
        <p><strong>{child.name}</strong>（{day(language, child.born)}）</p>
        <Shown state={plan} again={planAgain}>
          {({ given }) => <div class="scroll" tabIndex={0} role="region" aria-label={text("export.paper")}><table><thead><tr><th scope="col">{say("day")}</th><th scope="col">{say("vaccine")}</th><th scope="col">{say("lot.name")}</th><th scope="col">{say("place")}</th></tr></thead><tbody>{given.map((dose) => <tr><th scope="row">{day(language, dose.date)}</th><td><Spoken sentence={dose.name} /></td><td>{dose.lot ?? "–"}</td><td>{member(dose.author)}</td></tr>)}</tbody></table></div>}
        </Shown>
        <Measured />
        <div class="no-print"><button class="first" onClick={() => print()}>{say("export.print")}</button></div>
      </section>
    </div>
  );
}

/** A copy that the municipality's node makes of what its own vault holds: a FHIR Bundle with the Patient, or paper. */
function Copy({ form, title, more, save, name }: { form: "fhir" | "pdf"; title: ComponentChildren; more: ComponentChildren; save: ComponentChildren; name: string }) {
  const { say } = useSpeech();
  const { child, offline } = useHere();
  const gateway = useGateway();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<Error>();
  const fetch = async () => {
    setBusy(true);
    setFailed(undefined);
    try { saveBlob(await gateway.file(`/v1/family/${child.subject}/copy?form=${form}`), name); } catch (error) { setFailed(error as Error); }
    setBusy(false);
  };
  return (
    <section class="card stack no-print" aria-labelledby={form} data-copy={form}><h2 id={form}>{title}</h2><p>{more}</p>
      {failed && <div class="banner warn" role="alert"><p>{say(failed instanceof Refused ? "export.copyNone" : "offline")}</p></div>}
      {offline && <p class="soft">{say("export.offline")}</p>}
      <div><button class="first" disabled={offline || busy} onClick={() => void fetch()}>{save}</button></div>
    </section>
  );
}

/** What was measured, as the paper has it: a table, and no picture. */
function Measured() {
  const { say, text, language } = useSpeech();
  const member = useMember();
  const [records] = useRecords();
  const measured = records.kind === "ready" ? measurementsIn(records.value.value) : [];
  if (measured.length === 0) return null;
  return (
    <>
      <h3>{say("export.measured")}</h3>
      <div class="scroll" tabIndex={0} role="region" aria-label={text("export.measured")}><table data-measured={measured.length}><thead><tr><th scope="col">{say("day")}</th><th scope="col">{say("measure")}</th><th scope="col">{say("value")}</th><th scope="col">{say("place.measured")}</th></tr></thead><tbody>{measured.map((one) => <tr><th scope="row">{day(language, one.on)}</th><td>{say(`measure.${one.measure}`)}</td><td>{one.value} {one.measure === "weight" ? "kg" : "cm"}</td><td>{member(one.author)}</td></tr>)}</tbody></table></div>
    </>
  );
}

function Card() {
  const { say, text } = useSpeech();
  const { child, offline } = useHere();
  const gateway = useGateway();
  const [card, setCard] = useState<string>();
  const [failed, setFailed] = useState<Error>();
  const issue = async () => {
    setFailed(undefined);
    try { setCard((await gateway.post<{ card: string }>(`/v1/family/${child.subject}/health-cards`, {})).card); } catch (error) { setFailed(error as Error); }
  };
  const codes = card ? codesOf(card) : [];
  return (
    <section class="card stack no-print" aria-labelledby="card"><h2 id="card">{say("export.card")}</h2><p>{say("export.cardMore")}</p>
      {codes.length > 1 && <p class="banner plain" role="status">{say("export.cardCodes", { count: codes.length })}</p>}
      {codes.map((code, at) => <figure class="center"><Qr text={code} label={text("export.card")} />{codes.length > 1 && <figcaption>{at + 1} / {codes.length}</figcaption>}</figure>)}
      {card && <div><button onClick={() => saveBlob(new Blob([JSON.stringify({ verifiableCredential: [card] })], { type: "application/smart-health-card" }), "musubi.smart-health-card")}>{say("export.cardSave")}</button></div>}
      {failed && <div class="banner warn" role="alert"><p>{say(failed instanceof Refused ? "export.cardNone" : "offline")}</p></div>}
      {!card && <div><button disabled={offline} onClick={() => void issue()}>{say("export.cardIssue")}</button></div>}
    </section>
  );
}
