// Asking a node over HTTP.

import { Refused, Unreachable } from "musubi-sdk";

const PROBLEM = "urn:musubi:problem:";

/** Asks, and turns what goes wrong into {@link Unreachable} or {@link Refused} with the node's own words. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init).catch((cause: unknown) => { throw new Unreachable("the node does not answer", { cause }); });
  if (response.ok) return response;
  // A problem (RFC 9457), or at an address of FHIR an OperationOutcome.
  const said = (await response.json().catch(() => ({}))) as { type?: string; detail?: string; issue?: { diagnostics?: string }[] };
  throw new Refused(said.detail ?? said.issue?.[0]?.diagnostics ?? `the node answers ${response.status}`, response.status, said.type?.replace(PROBLEM, ""));
}
