// What stands between a child and an injection, fetched with the check page: the family's answers and doses given elsewhere, once the card has
// opened the visit; doses of the paper handbook; what is asked of everybody.

import { Loaded, useLoad } from "musubi-shared";
import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../desk";
import { flagsOf } from "../flags";
import { Trouble } from "../parts";
import type { Person, Visit } from "../people";
import { useSpeech } from "../speech";
import { answersOf, type Known, knownAt } from "../visit";
import { FamilyAnswers } from "./answers";
import { DosesElsewhere } from "./doses";

export { yesOf } from "../conditions";
export { Asked } from "./asked";
export { PaperDoses } from "./doses";

/** How reading stands; what is read carries the conditions that the family's answers raised. */
export type Reading = { is: "reading" } | { is: "failed" } | { is: "read"; conditions: string[] };

const raisedBy = ({ questionnaire }: Known): string[] => answersOf(questionnaire).flatMap((response) => flagsOf(response).flatMap(({ condition }) => condition ?? []));

type Came = Known | { failed: unknown };

/** Reading that failed is not tried again by itself: each time puts a permit on the child's trail, so somebody asks for it. */
export function AtVisit({ person, visit, onReading }: { person: Person; visit: Visit; onReading: (reading: Reading) => void }) {
  const { say } = useSpeech();
  const desk = useDesk();
  const [turn, setTurn] = useState(0);
  const [state, again] = useLoad<Came>(`${visit.session} ${turn}`, () => knownAt(desk, person, visit, turn > 0).catch((failed: unknown) => ({ failed })));
  const came = state.kind === "ready" ? state.value : undefined;
  useEffect(() => onReading(!came ? { is: "reading" } : "failed" in came ? { is: "failed" } : { is: "read", conditions: raisedBy(came) }), [came]);
  return (
    <div class="card stack" data-visit={!came ? "reading" : "failed" in came ? "failed" : "read"}>
      <Loaded state={state} again={again}>{(came) => "failed" in came ? <Trouble error={came.failed} /> : <Shown known={came} />}</Loaded>
      {came && <div><button type="button" onClick={() => setTurn(turn + 1)}>{say("visit.again")}</button></div>}
    </div>
  );
}

function Shown({ known: { immunization, questionnaire } }: { known: Known }) {
  const { say } = useSpeech();
  if (immunization.is === "no-key") return <p class="banner warn" role="status">{say("answers.noKey")}</p>;
  return <><FamilyAnswers came={questionnaire} /><DosesElsewhere came={immunization} /></>;
}
