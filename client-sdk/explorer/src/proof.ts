// Proofs of rows: a page at once, and one by one where the page as a whole does not hold.

import { type Fact, kindOf, type LightClient, NotProved, type Proof, TooOld, type TrailRow } from "musubi-sdk";
import { useEffect, useState } from "preact/hooks";
import type { Event } from "./api";
import { useHere } from "./chain";

export type Proved = { is: "checking" } | { is: "none" } | { is: "good"; proof: Proof } | { is: "bad"; why: string } | { is: "old"; why: string } | { is: "open"; why: string };

/** The row as it is shown, where the event is one: what is proved must be what was read. */
function rowOf(event: Event): TrailRow | undefined {
  const { subject, index, at, fact } = event.body;
  return subject !== undefined && index !== undefined && at !== undefined ? { subject, index, at, fact: fact as Fact } : undefined;
}

/** The summary beside the row must say what the row says, or a lie could stand beside a proof. */
function agrees(event: Event, row: TrailRow): boolean {
  const kind = kindOf(row.fact);
  return event.kind === kind && event.subject === row.subject && event.time === row.at;
}

async function prove(client: LightClient, events: Event[]): Promise<Proof> {
  const rows = events.map((event) => ({ event, row: rowOf(event) }));
  if (rows.some(({ event, row }) => !row || !agrees(event, row))) throw new NotProved("the summary is not what the row says");
  const statements = await Promise.all(rows.map(({ event, row }) => client.rowWritten(event.height, row as TrailRow)));
  return client.prove(statements);
}

/** The reason as a state: only a proof that does not hold is bad; a node that is away leaves it open. */
function failure(error: unknown): Proved {
  const why = error instanceof Error ? error.message : String(error);
  if (error instanceof NotProved) return { is: "bad", why };
  return error instanceof TooOld ? { is: "old", why } : { is: "open", why };
}

/** Proves the events of a page as soon as they are shown. */
export function useProofs(events: Event[]): Map<string, Proved> {
  const { client } = useHere();
  const [proved, setProved] = useState(new Map<string, Proved>());
  const key = events.map((event) => event.id).join(" ");
  useEffect(() => {
    let gone = false;
    const rows = events.filter((event) => event.subject !== null);
    const put = (some: Event[], state: Proved) => { if (!gone) setProved((old) => new Map([...old, ...some.map((event) => [event.id, state] as const)])); };
    put(events, { is: "none" });
    put(rows, { is: "checking" });
    const check = async () => {
      if (rows.length === 0) return;
      const opened = await client;
      try {
        const proof = await prove(opened, rows);
        put(rows, { is: "good", proof });
      } catch {
        for (const event of rows) {
          if (gone) return;
          await prove(opened, [event]).then((proof) => put([event], { is: "good", proof }), (error: unknown) => put([event], failure(error)));
        }
      }
    };
    check().catch((error: unknown) => put(rows, failure(error)));
    return () => { gone = true; };
  }, [key]);
  return proved;
}
