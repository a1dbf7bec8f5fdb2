// Reads without a grant, found on this device in the rows of a whole trail, by the rule of `musubi_client_sdk::proofs::trail::audit`.
//
// Nothing rests on this page having it right: the list goes as a claim beside the rows into a proof, and the module holds it against its own.

import { type Basis, factOf, type Facts, type Id, type TrailRow } from "musubi-sdk";

type Told = Facts["consent-proposed"] & { isInForce: boolean };
/** How many reads were permitted, and the numbers of those rows that tell of a read whose grant the trail does not bear out. */
export interface Audit { permits: number; withoutGrant: number[] }

export function audit(rows: TrailRow[]): Audit {
  const consents = new Map<Id, Told>(), openings = new Map<Id, number>(), permits = new Set<Id>();
  const found: Audit = { permits: 0, withoutGrant: [] };
  const switched = (id: Id, isInForce: boolean) => { const told = consents.get(id); if (told) told.isInForce = isInForce; };
  const bearsOut = (basis: Basis, read: Facts["access-permitted"]): boolean => {
    if ("statute" in basis) return true;
    if ("break-glass" in basis) return openings.get(basis["break-glass"]) === read.member;
    const told = consents.get(basis.consent);
    return told !== undefined && told.isInForce && told.recipient === read.member && told.purpose === read.purpose && read.categories.every((one) => told.categories.includes(one));
  };
  for (const { index, fact } of rows) {
    const of = <Kind extends keyof Facts>(kind: Kind, take: (fact: Facts[Kind]) => void) => { const said = factOf(fact, kind); if (said) take(said); };
    of("delivered", ({ request }) => { if (!permits.has(request)) found.withoutGrant.push(index); });
    of("access-permitted", (read) => {
      if (!bearsOut(read.basis, read)) found.withoutGrant.push(index);
      found.permits++;
      permits.add(read.request);
    });
    of("consent-proposed", (told) => consents.set(told.consent, { ...told, isInForce: false }));
    of("consent-effective", ({ consent }) => switched(consent, true));
    of("consent-paused", ({ consent, paused }) => switched(consent, !paused));
    of("consent-ended", ({ consent }) => consents.delete(consent));
    of("break-glass-opened", ({ request, member }) => openings.set(request, member));
    of("break-glass-closed", ({ request }) => openings.delete(request));
  }
  return found;
}
