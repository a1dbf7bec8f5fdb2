// Reads without a grant, found on this device in the rows of a whole trail, by the rule of `musubi_client_sdk::proofs::trail::audit`.
//
// Nothing rests on this page having it right: the list goes as a claim beside the rows into a proof, and the module holds it against its own.

import type { Id, TrailRow } from "musubi-sdk";

interface Consent { recipient: number; purpose: string; categories: string[]; isInForce: boolean }
/** How many reads were permitted, and the numbers of those rows that tell of a read whose grant the trail does not bear out. */
export interface Audit { permits: number; withoutGrant: number[] }

export function audit(rows: TrailRow[]): Audit {
  const consents = new Map<Id, Consent>(), openings = new Map<Id, number>(), permits = new Set<Id>();
  const found: Audit = { permits: 0, withoutGrant: [] };
  const switched = (id: unknown, isInForce: boolean) => { const told = consents.get(id as Id); if (told) told.isInForce = isInForce; };
  const isBorneOut = (kind: string, fact: Record<string, unknown>): boolean => {
    if (kind === "delivered") return permits.has(fact["request"] as Id);
    if (kind !== "access-permitted") return true;
    const [basis, id] = Object.entries(fact["basis"] as Record<string, unknown>)[0] ?? ["", ""];
    if (basis === "statute") return true;
    if (basis === "break-glass") return openings.get(id as Id) === fact["member"];
    const told = consents.get(id as Id);
    return basis === "consent" && told !== undefined && told.isInForce && told.recipient === fact["member"] && told.purpose === fact["purpose"]
      && (fact["categories"] as string[]).every((one) => told.categories.includes(one));
  };
  for (const { index, fact: whole } of rows) {
    if (typeof whole === "string") continue;
    const [kind, fact] = Object.entries(whole)[0]!;
    if (!isBorneOut(kind, fact)) found.withoutGrant.push(index);
    if (kind === "access-permitted") { found.permits++; permits.add(fact["request"] as Id); }
    else if (kind === "consent-proposed") consents.set(fact["consent"] as Id, { recipient: fact["recipient"] as number, purpose: fact["purpose"] as string, categories: fact["categories"] as string[], isInForce: false });
    else if (kind === "consent-effective") switched(fact["consent"], true);
    else if (kind === "consent-paused") switched(fact["consent"], fact["paused"] === false);
    else if (kind === "consent-ended") consents.delete(fact["consent"] as Id);
    else if (kind === "break-glass-opened") openings.set(fact["request"] as Id, fact["member"] as number);
    else if (kind === "break-glass-closed") openings.delete(fact["request"] as Id);
  }
  return found;
}
