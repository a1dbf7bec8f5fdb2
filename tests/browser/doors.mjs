// Every way into a municipality's gateway, and what becomes of those whom it does not concern. Nobody is always answered 401, and a key that
// the chain does not know 403, unless `open` says otherwise. The others are known, and none of them has to do with this child:
//
//   family      a guardian of another family, on that family's own device
//   neighbour   a doctor of the clinic, which the child's family gave no consent
//   wrong       staff of this very municipality in a role that may not: [key, status]
//
// The fields of a body are such that only permission is in the way. Where reading a form comes before asking who may send it, `unread` says so.

/** Calls by method and path as the OpenAPI document has them; {name} stands for what `about` has. */
export const DOORS = (about) => ({
  "GET /v1/chain": { open: 200 },
  "GET /v1/desk": { family: 403, neighbour: 200 },
  "GET /v1/desk/residents/{person}": { family: 403, neighbour: 403, wrong: ["gateway", 403] },
  "GET /v1/signing-context": { family: 200, neighbour: 200 },
  "POST /v1/extrinsics": { body: new Uint8Array([1, 2, 3]), family: 422, neighbour: 422 },
  // A nonce opens nothing by itself: whoever signs with it is judged then.
  "POST /v1/nonces": { body: { for: "document" }, family: 201, neighbour: 201 },
  "POST /v1/nonce-batches": { body: { count: 1, hours: 1 }, family: 403, neighbour: 403 },
  "POST /v1/people": { body: { patient: about.patient, domain: "health" }, family: 403, neighbour: 403, wrong: ["gateway", 403] },
  "POST /v1/guardianships": { body: { subject: about.subject, guardian: about.stranger, role: "parental-authority", authority: "single", until: Date.now() + 9e9 }, family: 403, neighbour: 403, wrong: ["gateway", 403] },
  "POST /v1/evidence": { body: { kind: "consent", about: { consent: about.consent }, sealed: "AAAA" }, family: 400, neighbour: 400, unread: true },
  "POST /v1/check-ins": { body: { session: about.request, subject: about.subject, staff: about.account, purpose: "child-care", sealed: "AAAA" }, family: 403, neighbour: 422 },
  "GET /v1/records/{record}": { family: 403, neighbour: 404 },
  "GET /v1/requests/{request}": { family: 404, neighbour: 404 },
  "POST /v1/vault": { query: "?custodian=0", body: new Uint8Array([1, ...Buffer.from(about.request.slice(2), "hex")]), family: 403, neighbour: 200 },
  "GET /v1/consents/{consent}": { family: 404, neighbour: 404 },
  "GET /v1/consents/{consent}/second-look": { family: 403, neighbour: 403, wrong: ["gateway", 403] },
  "GET /v1/consents/{consent}/for-second-village": { family: 403, neighbour: 403, wrong: ["gateway", 403] },
  "GET /v1/consents/{consent}/verdict": { family: 403, neighbour: 403, wrong: ["officer", 403] },
  "GET /v1/consents/{consent}/papers/{paper}": { family: 404, neighbour: 404, wrong: ["gateway", 404] },
  "GET /v1/follow-up/due": { family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "POST /v1/follow-up/steps": { body: { subject: about.subject, about: "MR", step: "invite", on: about.today }, family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "GET /v1/follow-up/open": { family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "GET /v1/follow-up/coverage": { query: "?year=2026", family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "GET /v1/follow-up/recall": { query: "?lot=HK117A", family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "GET /v1/follow-up/incidents": { family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "POST /v1/follow-up/incidents": { body: {}, family: 400, neighbour: 400, unread: true },
  "GET /v1/follow-up/letters": { family: 400, neighbour: 400, wrong: ["clerk", 400], unread: true },
  "GET /v1/follow-up/surveys": { family: 400, neighbour: 400, wrong: ["clerk", 400], unread: true },
  "POST /v1/follow-up/incident-reports": { body: {}, family: 400, neighbour: 400, unread: true },
  "POST /v1/follow-up/reaction-reports": { body: {}, family: 400, neighbour: 400, unread: true },
  "GET /v1/forms": { subject: about.subject, family: 404, neighbour: 200 },
  "GET /v1/forms/{id}": { family: 200, neighbour: 200 },
  "GET /v1/forms/{id}/draft": { subject: about.subject, family: 404, neighbour: 403, wrong: ["nurse", 403] },
  "POST /v1/forms/{id}/draft": { subject: about.subject, body: about.draftAnswers, family: 404, neighbour: 403, wrong: ["nurse", 403] },
  "POST /v1/life-events": { body: { event: "unfrozen", subject: about.subject }, family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "POST /v1/evidence/erasures": { body: { consent: about.consent }, family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "POST /cds-services/musubi-immunization": { body: about.order, family: 403, neighbour: 403, wrong: ["clerk", 403] },
  "POST /cds-services/musubi-immunization/feedback": { subject: about.subject, body: about.feedback, family: 403, neighbour: 403, wrong: ["nurse", 403] },
  "GET /v1/family": { family: 200, neighbour: 403 },
  "GET /v1/family/{subject}/trail": { query: "?first=0", family: 404, neighbour: 403, wrong: ["nurse", 403] },
  "GET /v1/family/{subject}/trail-end": { query: `?block=${about.block}`, family: 404, neighbour: 403, wrong: ["nurse", 403] },
  "GET /v1/family/{subject}/consents": { family: 404, neighbour: 403, wrong: ["gateway", 403] },
  "GET /v1/family/{subject}/records": { query: `?key=${about.key}`, family: 404, neighbour: 403, wrong: ["nurse", 403] },
  "GET /v1/family/{subject}/copy": { query: "?form=fhir", family: 404, neighbour: 403, wrong: ["nurse", 403] },
  "POST /v1/family/{subject}/health-cards": { body: {}, family: 404, neighbour: 403, wrong: ["nurse", 403] },
  "POST /v1/hand-overs": { body: about.draft, family: 404, neighbour: 403, wrong: ["clerk", 403] },
  "GET /v1/hand-overs/{code}": { family: 404, neighbour: 403, wrong: ["gateway", 403] },
  "POST /v1/hand-overs/{code}": { body: { statement: "AAAA" }, family: 403, neighbour: 403, wrong: ["gateway", 403] },
  "POST /v1/sessions/challenges": { open: 201 },
  "POST /v1/sessions": { body: { scopes: ["family.write", "counter.write"] }, family: 400, neighbour: 400, unread: true },
  // Passkeys want a host name, which a demonstration on loopback does not have.
  "POST /v1/sessions/by-passkey": { body: {}, open: 501 },
  "GET /v1/sessions": { family: 200, neighbour: 200 },
  "DELETE /v1/sessions/{session}": { family: 404, neighbour: 404 },
  "POST /v1/passkeys": { body: {}, family: 501, neighbour: 501 },
  "GET /v1/passkeys": { family: 200, neighbour: 200 },
  "DELETE /v1/passkeys/{credential}": { family: 404, neighbour: 404 },
  "POST /fhir/Immunization": { subject: about.subject, body: about.dose, family: 404, neighbour: 403, wrong: ["clerk", 403] },
  "POST /fhir/Observation": { subject: about.subject, body: about.weight, family: 404, neighbour: 403, wrong: ["clerk", 403] },
  "POST /fhir/QuestionnaireResponse": { subject: about.subject, body: about.answers, family: 422, neighbour: 422, wrong: ["clerk", 422], unread: true },
  "POST /fhir/DocumentReference": { body: {}, family: 400, neighbour: 400, unread: true },
});

/** What says nothing about anybody, and is told to all. */
export const OPEN = ["GET /.well-known/smart-configuration", "GET /fhir/.well-known/smart-configuration", "GET /.well-known/jwks.json", "GET /openapi.json", "GET /cds-services", "GET /fhir/metadata"];

/** Record systems come by a token from here; whoever asks without one is answered 401 at every other address below /fhir. */
export const TOKEN = "POST /auth/token";
