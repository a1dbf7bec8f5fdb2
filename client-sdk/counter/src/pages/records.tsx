// Records as they were written, for somebody who has a minute: what it is, when, and the values, newest first; the whole beside each.

import { Spoken } from "musubi-shared";
import { useDesk } from "../desk";
import type { Opened } from "../vault";
import { useSpeech } from "../speech";

type Json = Record<string, unknown>;
const textOf = (concept: unknown): string => {
  const { text, coding } = (concept ?? {}) as { text?: string; coding?: { display?: string; code?: string }[] };
  return text ?? coding?.[0]?.display ?? coding?.[0]?.code ?? "";
};
const quantity = (value: unknown): string => { const { value: number, unit } = (value ?? {}) as { value?: number; unit?: string }; return number === undefined ? "" : `${number} ${unit ?? ""}`.trim(); };

/** When it was, as far as the record says. */
const dateOf = ({ resource }: Opened): string => String(resource["occurrenceDateTime"] ?? resource["effectiveDateTime"] ?? resource["authored"] ?? resource["recordedDate"] ?? resource["date"] ?? "").slice(0, 10);

/** What it says, in a line or a few. */
function linesOf(resource: Opened["resource"]): string[] {
  if (resource.resourceType === "Immunization") return [[textOf(resource["vaccineCode"]), resource["lotNumber"]].filter(Boolean).join(" ・ ")];
  if (resource.resourceType === "Observation") return [`${textOf(resource["code"])} ${quantity(resource["valueQuantity"]) || textOf(resource["valueCodeableConcept"]) || String(resource["valueString"] ?? "")}`.trim()];
  if (resource.resourceType === "QuestionnaireResponse") return answersOf(resource["item"]);
  return [textOf(resource["code"]) || String(resource.resourceType ?? "")];
}

function answersOf(items: unknown): string[] {
  return ((items as Json[] | undefined) ?? []).flatMap((item) => {
    const answers = ((item["answer"] as Json[] | undefined) ?? []).map((answer) => {
      const [value] = Object.entries(answer).filter(([name]) => name.startsWith("value")).map(([, value]) => value);
      if (typeof value === "boolean") return value ? "✓" : "–";
      return typeof value === "object" ? quantity(value) || textOf({ coding: [value] }) : String(value ?? "");
    });
    const own = answers.length > 0 ? [`${String(item["text"] ?? item["linkId"] ?? "")}：${answers.join("、")}`] : [];
    return [...own, ...answersOf(item["item"])];
  });
}

export function Records({ records }: { records: Opened[] }) {
  const { say, name } = useSpeech();
  const desk = useDesk();
  const inOrder = [...records].sort((a, b) => dateOf(b).localeCompare(dateOf(a)));
  return (
    <ul class="list records">
      {inOrder.map((one) => (
        <li key={one.record} data-opened={one.record}>
          <p class="row"><strong><Spoken sentence={name("category", one.category)} /></strong><time>{dateOf(one)}</time><span class="soft">{desk.title(one.author)}</span></p>
          {linesOf(one.resource).map((line) => <p class="line">{line}</p>)}
          <details><summary>{say("emergency.raw")}</summary><pre tabIndex={0}>{JSON.stringify(one.resource, null, 2)}</pre></details>
        </li>
      ))}
    </ul>
  );
}
