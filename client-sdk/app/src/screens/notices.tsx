// Notices, made on this device of what is known here: nobody sends a message that says what a child has.

import { day, minute, Spoken } from "musubi-shared";
import { useEffect, useState } from "preact/hooks";
import { isOn, stateOf } from "../chain";
import type { Offered } from "../forms";
import { useHere, useMember } from "../here";
import { draftName, type Kept, onSent } from "../sending";
import { useSpeech } from "../speech";
import { kept } from "../store";
import { useConsents } from "./consents";
import { timely, titleOf, useForms } from "./forms";
import { kindOf, useFact, useTrail } from "./looked";
import { Nothing } from "./shown";
import { usePlan } from "./vaccines";

export interface Notice { at: number; look: "warn" | "plain"; sentence: string; to: string }

const RECENT = 30 * 86_400_000;
const SOON = 14 * 86_400_000;
const WORTH = new Set(["access-permitted", "access-denied", "break-glass-opened", "break-glass-reviewed", "break-glass-review-overdue", "record-committed", "consent-ended", "consent-paused"]);
/** Facts that the family should look into. */
const ALARMING = new Set(["access-denied", "break-glass-opened", "break-glass-review-overdue", "consent-paused"]);

export function useNotices(): Notice[] {
  const { words, language } = useSpeech();
  const member = useMember();
  const [trail] = useTrail();
  const [consents] = useConsents();
  const [plan] = usePlan();
  const unsent = useUnsent();
  const sentence = useFact();
  const now = Date.now();
  const fill = (key: string, values: Record<string, string>) => (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
  const items = plan.kind === "ready" ? plan.value.value.items : [];
  const of = (...wanted: string[]) => items.filter((item) => wanted.includes(item.status));
  // Permitted within a fortnight, or already and before the usual time: a date can be made now.
  const soon = of("later", "possible").filter(({ dose }) => dose && Date.parse(dose.due) - now < SOON);
  const ending = consents.kind === "ready" ? consents.value.value.filter((one) => isOn(one) && one.until - now < SOON) : [];
  const paused = consents.kind === "ready" ? consents.value.value.filter((one) => stateOf(one) === "paused") : [];
  const rows = trail.kind === "ready" ? trail.value.value.rows.filter((placed) => WORTH.has(kindOf(placed)) && now - placed.row.at < RECENT) : [];
  return [
    ...of("overdue").map((item): Notice => ({ at: now, look: "warn", sentence: fill("notice.overdue", { what: item.name }), to: "/app/vaccines" })),
    ...paused.map((one): Notice => ({ at: now, look: "warn", sentence: fill("notice.paused", { who: member(one.recipient) }), to: "/app/consents" })),
    ...of("due").map((item): Notice => ({ at: now, look: "plain", sentence: fill("notice.due", { what: item.name }), to: "/app/vaccines" })),
    ...soon.map((item): Notice => ({ at: now, look: "plain", sentence: fill("notice.soon", { what: item.name, date: day(language, item.dose!.due) }), to: "/app/vaccines" })),
    ...unsent.map((form): Notice => ({ at: now, look: "plain", sentence: fill("notice.form", { what: titleOf(form, language) }), to: `/app/forms/${form.id}` })),
    ...ending.map((one): Notice => ({ at: now, look: "warn", sentence: fill("notice.ending", { who: member(one.recipient), until: day(language, one.until) }), to: "/app/consents" })),
    ...rows.map((placed): Notice => ({ at: placed.row.at, look: ALARMING.has(kindOf(placed)) ? "warn" : "plain", sentence: sentence(placed), to: "/app/looked" })),
  ].sort((a, b) => b.at - a.at);
}

/** Forms whose time it is and that were not sent yet. */
function useUnsent(): Offered[] {
  const { device, child } = useHere();
  const [forms] = useForms();
  const [unsent, setUnsent] = useState<Offered[]>([]);
  const known = forms.kind === "ready" ? forms.value.value : undefined;
  useEffect(() => {
    let gone = false;
    const look = async () => {
      const now = timely((known ?? []).filter(({ answeredBy }) => answeredBy !== "staff"), new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 10));
      const sent = await Promise.all(now.map(async ({ id }) => Boolean((await kept<Kept>(device.keys, draftName(child.subject, id)))?.sent)));
      if (!gone) setUnsent(now.filter((_, at) => !sent[at]));
    };
    void look();
    const stop = onSent(() => void look());
    return () => { gone = true; stop(); };
  }, [known, child.subject]);
  return unsent;
}

export function Notices() {
  const { say, language } = useSpeech();
  const notices = useNotices();
  return (
    <div class="stack">
      <h1>{say("notices")}</h1>
      <p>{say("notices.lead")}</p>
      {notices.length === 0 ? <Nothing>{say("notices.none")}</Nothing> : <ol class="list">{notices.map((notice) => <li class={notice.look === "warn" ? "failed" : ""}><p class="sentence"><a href={notice.to}><Spoken sentence={notice.sentence} /></a></p><span class="soft">{minute(language, notice.at)}</span></li>)}</ol>}
    </div>
  );
}
