// The family: who decides for this child, what others may do, and what each may not.

import { day, Spoken } from "musubi-shared";
import { isOn } from "../chain";
import { useHere, useMember } from "../here";
import { useSpeech } from "../speech";
import { useConsents } from "./consents";
import { kindOf, useTrail } from "./looked";
import { Nothing, Shown } from "./shown";

export function FamilySharing() {
  const { say, name, language, text } = useSpeech();
  const { child, family } = useHere();
  const member = useMember();
  const [trail, trailAgain] = useTrail();
  const [consents, again] = useConsents();
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
            for (const placed of rows) if (kindOf(placed) === "guardianship-attested" && typeof placed.row.fact !== "string") { const fact = placed.row.fact["guardianship-attested"] as { guardian: string; until: number }; newest.set(fact.guardian, fact.until); }
            const now = [...newest].filter(([, until]) => Date.now() < until);
            return now.length === 0 ? <p>{say("family.guardiansNone")}</p> : <ul class="plain-list">{now.map(([guardian, until]) => <li><strong>{guardian === family.person ? text("family.me") : text("family.other")}</strong> <span class="soft">{say("family.until", { until: day(language, until) })}</span></li>)}</ul>;
          }}
        </Shown>
      </section>
      <section class="card stack" aria-labelledby="shared"><h2 id="shared">{say("family.shared")}</h2>
        <Shown state={consents} again={again}>
          {(all) => {
            const shared = all.filter((one) => isOn(one) && one.purpose === "family-sharing");
            return shared.length === 0 ? <Nothing>{say("family.sharedNone")}</Nothing> : <ul class="plain-list">{shared.map((one) => <li><strong>{member(one.recipient)}</strong>：{one.categories.map((category, at) => <>{at > 0 && "・"}<Spoken sentence={name("category", category)} /></>)}</li>)}</ul>;
          }}
        </Shown>
        <a class="more" href="/app/consents">{say("nav.consents")}</a>
      </section>
      <section class="card" aria-labelledby="rights"><h2 id="rights">{say("family.rights")}</h2><ul><li>{say("family.right1")}</li><li>{say("family.right2")}</li><li>{say("family.right3")}</li></ul></section>
    </div>
  );
}
