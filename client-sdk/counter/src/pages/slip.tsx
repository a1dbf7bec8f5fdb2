// The paper that a family takes along.

import { PersonChoice, SlipPaper } from "../parts";
import { useSpeech } from "../speech";
import { useNamed } from "./consent";

export function SlipPage() {
  const { say } = useSpeech();
  const [person, setPerson] = useNamed(() => true);
  return person ? <SlipPaper person={person} /> : <section class="card"><PersonChoice legend={say("person.search")} onChoose={setPerson} /></section>;
}
