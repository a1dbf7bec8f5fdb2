// Taking the record along: a file for other programs, a page to print, and an honest word on the signed card.

import { Refused } from "musubi-sdk";
import { day, saveBlob, Spoken } from "musubi-shared";
import { useState } from "preact/hooks";
import { useGateway, useHere, useMember } from "../here";
import { codesOf } from "../health-card";
import { bundleOf } from "../records";
import { Qr } from "../qr";
import { useSpeech } from "../speech";
import { Shown } from "./shown";
import { usePlan, useRecords } from "./vaccines";

export function Export() {
  const { say, text, language } = useSpeech();
  const { child } = useHere();
  const member = useMember();
  const [records, again] = useRecords();
  const [plan, planAgain] = usePlan();
  return (
    <div class="stack">
      <h1>{say("nav.export")}</h1>
      <p class="no-print">{say("export.lead")}</p>
      <Shown state={records} again={again}>
        {(all) => (
          <section class="card stack no-print" aria-labelledby="file"><h2 id="file">{say("export.fhir")}</h2><p>{say("export.fhirMore", { count: all.filter((one) => one.resource).length })}</p>
            <div><button class="first" onClick={() => saveBlob(new Blob([JSON.stringify(bundleOf(all, new Date()), null, 2)], { type: "application/fhir+json" }), `musubi-${child.born}.json`)}>{say("export.save")}</button></div></section>
        )}
      </Shown>
      <Card />
      <section class="card stack" aria-labelledby="paper"><h2 id="paper">{say("export.paper")}</h2>
        <p class="no-print">{say("export.paperMore")}</p>
        <p><strong>{child.name}</strong>（{day(language, child.born)}）</p>
        <Shown state={plan} again={planAgain}>
          {({ given }) => <div class="scroll" tabIndex={0} role="region" aria-label={text("export.paper")}><table><thead><tr><th scope="col">{say("day")}</th><th scope="col">{say("vaccine")}</th><th scope="col">{say("lot.name")}</th><th scope="col">{say("place")}</th></tr></thead><tbody>{given.map((dose) => <tr><th scope="row">{day(language, dose.date)}</th><td><Spoken sentence={dose.name} /></td><td>{dose.lot ?? "–"}</td><td>{member(dose.author)}</td></tr>)}</tbody></table></div>}
        </Shown>
        <div class="no-print"><button class="first" onClick={() => print()}>{say("export.print")}</button></div>
      </section>
    </div>
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
      {failed && <div class="banner warn" role="alert"><p>{say(failed instanceof Refused ? "export.cardNone" : "offline")}</p><p class="soft">{failed.message}</p></div>}
      {!card && <div><button disabled={offline} onClick={() => void issue()}>{say("export.cardIssue")}</button></div>}
    </section>
  );
}
