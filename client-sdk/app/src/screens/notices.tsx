// Notices, made on this device of what is known here: nobody sends a message that says what a child has.

import { day, minute, Spoken } from "musubi-shared";
import { isOn } from "../chain";
import { useSpeech } from "../speech";
import { useMember } from "../here";
import { useConsents } from "./consents";
import { kindOf, useFact, useTrail } from "./looked";
import { Nothing } from "./shown";
import { usePlan } from "./vaccines";

export interface Notice { at: number; look: "warn" | "plain"; sentence: string; to: string }

const RECENT = 30 * 86_400_000;
const SOON = 14 * 86_400_000;
const WORTH = new Set(["access-permitted", "access-denied", "break-glass-opened", "record-committed", "consent-ended"]);

export function useNotices(): Notice[] {
  const { words, language } = useSpeech();
  const member = useMember();
  const [trail] = useTrail();
  const [consents] = useConsents();
  const [plan] = usePlan();
  const sentence = useFact();
  const now = Date.now();
  const fill = (key: string, values: Record<string, string>) => (words[key] ?? key).replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
  const late = plan.kind === "ready" ? plan.value.value.items.filter((item) => item.status === "overdue") : [];
  const ending = consents.kind === "ready" ? consents.value.value.filter((one) => isOn(one) && one.until - now < SOON) : [];
  const rows = trail.kind === "ready" ? trail.value.value.rows.filter((placed) => WORTH.has(kindOf(placed)) && now - placed.row.at < RECENT) : [];
  return [
    ...late.map((item): Notice => ({ at: now, look: "warn", sentence: fill("notice.overdue", { what: item.name }), to: "/app/vaccines" })),
    ...ending.map((one): Notice => ({ at: now, look: "warn", sentence: fill("notice.ending", { who: member(one.recipient), until: day(language, one.until) }), to: "/app/consents" })),
    ...rows.map((placed): Notice => ({ at: placed.row.at, look: kindOf(placed) === "access-denied" ? "warn" : "plain", sentence: sentence(placed), to: "/app/looked" })),
  ].sort((a, b) => b.at - a.at);
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
