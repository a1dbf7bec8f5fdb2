// Asking a node over HTTP.

import { Refused, Unreachable } from "musubi-sdk";

/** Asks, and turns what goes wrong into {@link Unreachable} or {@link Refused} with the node's own words. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const response = await fetch(url, init).catch((cause: unknown) => { throw new Unreachable("the node does not answer", { cause }); });
  if (response.ok) return response;
  const problem = (await response.json().catch(() => ({}))) as { detail?: string };
  throw new Refused(problem.detail ?? `the node answers ${response.status}`, response.status);
}
