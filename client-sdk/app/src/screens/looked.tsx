// Who looked, when and why: the trail, every row of it proved on this device before it is shown as proved.

import { day, minute, fill, Spoken } from "musubi-shared";
import { fieldsOf, kindOf as kind } from "musubi-sdk";
import { useState } from "preact/hooks";
import { provedTrail, type ProvedRow, type Trail } from "../chain";
import { useHere, useKnown, useMember } from "../here";
import { useSpeech } from "../speech";
import { Nothing, Shown } from "./shown";

const READS = new Set(["access-permitted", "access-denied", "delivered", "break-glass-opened", "break-glass-reviewed"]);
const MEMBERS = new Set(["member", "author", "attester", "custodian", "holder", "home", "recipient", "from", "to"]);

export const kindOf = ({ row }: ProvedRow): string => kind(row.fact);

export function useTrail(): ReturnType<typeof useKnown<Trail>> {
  const { device, about, child } = useHere();
  return useKnown(device, `trail ${child.subject}`, () => provedTrail(about, device, child.subject));
}

/** A row as a sentence for the family. */
export function useFact(): (placed: ProvedRow) => string {
  const { words, name, language } = useSpeech();
  const member = useMember();
  const value = (field: string, raw: unknown): string => {
    if (MEMBERS.has(field)) return member(raw);
    if (field === "until") return day(language, Number(raw));
    if (field === "categories" && Array.isArray(raw)) return raw.map((one) => name("category", one)).join(language === "en" ? ", " : "・");
    if (field === "ending") return name("state", raw);
    if (raw && typeof raw === "object") return name(field, Object.keys(raw)[0]);
    if (typeof raw === "boolean") return name(field, raw);
    return ["purpose", "reason", "category", "basis", "role"].includes(field) ? name(field, raw) : String(raw);
  };
  return (placed) => {
    const kind = kindOf(placed);
    return fill(words[`fact.${kind}`] ?? kind, Object.fromEntries(Object.entries(fieldsOf(placed.row.fact)).map(([field, raw]) => [field, value(field, raw)])));
  };
}

export function Looked() {
  const { say, language } = useSpeech();
  const [trail, again] = useTrail();
  const [all, setAll] = useState(false);
  const sentence = useFact();
  return (
    <div class="stack">
      <h1>{say("nav.looked")}</h1>
      <p>{say("looked.lead")}</p>
      <Shown state={trail} again={again}>
        {({ rows, asOf, height }) => {
          const shown = [...rows].reverse().filter((placed) => all || READS.has(kindOf(placed)));
          return (
            <div class="stack">
              <p class="banner good" role="status" data-proof="whole"><span aria-hidden="true">✓</span> {say("looked.proved", { rows: rows.length, time: minute(language, asOf), height })}</p>
              <div class="choice" role="group"><button aria-pressed={!all} onClick={() => setAll(false)}>{say("looked.reads")}</button><button aria-pressed={all} onClick={() => setAll(true)}>{say("looked.all")}</button></div>
              {shown.length === 0 ? <Nothing>{say("looked.none")}</Nothing> : (
                <ol class="list">
                  {shown.map((placed) => {
                    const kind = kindOf(placed);
                    return <li class={kind === "access-denied" ? "denied" : ""} data-fact={kind}><div class="row"><span class="badge good" data-proof="good"><span aria-hidden="true">✓</span>{say("proof.good")}</span>{kind === "access-denied" && <span class="badge warn">{say("outcome.denied")}</span>}<time class="soft" dateTime={new Date(placed.row.at).toISOString()}>{minute(language, placed.row.at)}</time></div><p class="sentence"><Spoken sentence={sentence(placed)} /></p></li>;
                  })}
                </ol>
              )}
              <p class="soft">{say("looked.strange")}</p>
            </div>
          );
        }}
      </Shown>
    </div>
  );
}
