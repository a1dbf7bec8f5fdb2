// The family: who decides for this child, and what each of them may do. Nobody else of the family reads anything here.

import { day, Spoken } from "musubi-shared";
import { factOf } from "musubi-sdk";
import { useHere } from "../here";
import { useSpeech } from "../speech";
import { useTrail } from "./looked";
import { Shown } from "./shown";

export function FamilyRights() {
  const { say, name, language, text } = useSpeech();
  const { child, family } = useHere();
  const [trail, trailAgain] = useTrail();
  return (
    <div class="stack">
      <h1>{say("nav.family")}</h1>
      <section class="card stack" aria-labelledby="you"><h2 id="you">{say("family.you")}</h2>
        <p>{say("family.role", { name: child.name })} <strong><Spoken sentence={name("guardian", child.role)} /></strong>・<Spoken sentence={name("authority", child.authority)} /></p>
        {child.until !== undefined && <p class="soft">{say("family.until", { until: day(language, child.until) })}</p>}
      </section>
      <section class="card stack" aria-labelledby="guardians"><h2 id="guardians">{say("family.guardians")}</h2>
        <Shown state={trail} again={trailAgain}>
          {({ rows }) => {
            const newest = new Map<string, number>();
            for (const placed of rows) { const fact = factOf(placed.row.fact, "guardianship-attested"); if (fact) newest.set(fact.guardian, fact.until); }
            const now = [...newest].filter(([, until]) => Date.now() < until);
            return now.length === 0 ? <p>{say("family.guardiansNone")}</p> : <ul class="plain-list">{now.map(([guardian, until]) => <li><strong>{guardian === family.person ? text("family.me") : text("family.other")}</strong> <span class="soft">{say("family.until", { until: day(language, until) })}</span></li>)}</ul>;
          }}
        </Shown>
      </section>
      <section class="card" aria-labelledby="rights"><h2 id="rights">{say("family.rights")}</h2><ul><li>{say("family.right1")}</li><li>{say("family.right2")}</li><li>{say("family.right3")}</li></ul></section>
    </div>
  );
}
