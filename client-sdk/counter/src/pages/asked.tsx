// What is asked before every injection: a yes to any of it is weighed by the schedule check; a no to all is said, not assumed.

import { askedBefore, type Condition, type Told } from "../conditions";
import { useSpeech } from "../speech";

export function Asked({ product, told, yes, raised, onTold }: { product: string; told: Told; yes: Condition[]; raised: string[]; onTold: (told: Told) => void }) {
  const { say } = useSpeech();
  return (
    <fieldset class="choices asked" data-asked={yes.join(" ")}>
      <legend>{say("asked.legend")}</legend>
      {askedBefore(product).map((one) => (
        <label class="choice"><input type="checkbox" checked={yes.includes(one)} onChange={(event) => onTold({ ...told, [one]: event.currentTarget.checked, none: false })} />{say(`condition.${one}`)}{raised.includes(one) && <span class="badge warn">{say("asked.family")}</span>}</label>
      ))}
      <label class="choice"><input type="checkbox" checked={told.none === true} onChange={(event) => onTold(event.currentTarget.checked ? { none: true } : {})} />{say("asked.none")}</label>
    </fieldset>
  );
}
