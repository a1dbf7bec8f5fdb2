// Doses that others wrote down, as the visit shows them, and one that stands only in the family's paper handbook.

import { day, plain, Spoken } from "musubi-shared";
import { vaccineIn } from "musubi-shared/care-words";
import { useState } from "preact/hooks";
import { useDesk } from "../desk";
import { type Immunization, paperDoseOf } from "../fhir";
import { Field } from "../parts";
import { dayOf, type Person } from "../people";
import { PRODUCTS } from "../products";
import { useSpeech } from "../speech";
import { type Came, dosesOf } from "../visit";

export function DosesElsewhere({ came }: { came: Came }) {
  const { say, name, language } = useSpeech();
  const desk = useDesk();
  const doses = dosesOf(came);
  return (
    <section class="stack" aria-labelledby="doses" data-doses={came.is}>
      <h3 id="doses">{say("doses.title")}</h3>
      {came.is === "denied" && <p class="banner warn" role="status">{say("doses.denied", { reason: plain(name("reason", came.reason)) })}</p>}
      {came.is === "read" && doses.length === 0 && <p class="soft">{say("doses.none")}</p>}
      {doses.length > 0 && (
        <>
          <ul class="list">
            {doses.map(({ author, record, dose }) => (
              <li data-dose={record}>
                <p class="row"><strong><Vaccine dose={dose} /></strong><time dateTime={dose.occurrenceDateTime}>{day(language, Date.parse(dose.occurrenceDateTime))}</time></p>
                <p class="soft">{desk.title(author)}{dose.lotNumber && <> · <span class="id">{dose.lotNumber}</span></>}</p>
              </li>
            ))}
          </ul>
          <p class="soft">{say("doses.counted")}</p>
        </>
      )}
    </section>
  );
}

function Vaccine({ dose }: { dose: Immunization }) {
  const { language } = useSpeech();
  const code = dose.vaccineCode.coding.find((one) => PRODUCTS.some((product) => product.code === one.code))?.code;
  return <Spoken sentence={code ? vaccineIn(language, code, dose.vaccineCode.text) : dose.vaccineCode.text} />;
}

/** A dose that somebody else gave before anything was written down here: product and day as the handbook has them. */
export function PaperDoses({ person, onAdd }: { person: Person; onAdd: (dose: Immunization) => void }) {
  const { say, language } = useSpeech();
  const [product, setProduct] = useState("");
  const [on, setOn] = useState("");
  const [lot, setLot] = useState("");
  const today = dayOf(Date.now());
  const isFine = product !== "" && person.patient.birthDate <= on && on <= today;
  const add = (event: Event) => {
    event.preventDefault();
    onAdd(paperDoseOf({ product, title: PRODUCTS.find((one) => one.code === product)!.title, on, lot: lot.trim() }, person.patient));
    [setProduct, setOn, setLot].forEach((set) => set(""));
  };
  return (
    <details class="paper-doses">
      <summary>{say("paper.title")}</summary>
      <form class="stack" onSubmit={add}>
        <p class="soft">{say("paper.lead")}</p>
        <ul class="plain-list">{person.doses.filter((dose) => dose["primarySource"] === false).map((dose) => <li data-paper={dose.id}><Vaccine dose={dose} /> {dose.occurrenceDateTime}</li>)}</ul>
        <div class="twin">
          <Field label={say("paper.product")}><select value={product} onChange={(event) => setProduct(event.currentTarget.value)}><option value="">{"—"}</option>{PRODUCTS.map((one) => <option value={one.code}>{plain(vaccineIn(language, one.code, one.title))}</option>)}</select></Field>
          <Field label={say("paper.on")}><input type="date" min={person.patient.birthDate} max={today} value={on} onInput={(event) => setOn(event.currentTarget.value)} /></Field>
          <Field label={say("paper.lot")}><input class="id" autocomplete="off" maxLength={40} value={lot} onInput={(event) => setLot(event.currentTarget.value)} /></Field>
        </div>
        <div><button disabled={!isFine}>{say("paper.add")}</button></div>
      </form>
    </details>
  );
}
