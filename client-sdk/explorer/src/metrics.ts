// What the node says of itself: its metrics (OpenMetrics text), of which a page needs the gauges and the program's version.

import { send } from "musubi-shared";
import { getToken } from "./api";

/** Values by their names without the prefix; labelled series are left aside but for the program's version. */
export interface Gauges { version: string; values: Map<string, number> }

const PREFIX = "musubi_";

export function gaugesOf(text: string): Gauges {
  const found: Gauges = { version: "", values: new Map() };
  for (const line of text.split("\n")) {
    const version = /^musubi_build_info\{.*version="([^"]*)"/.exec(line)?.[1];
    if (version) found.version = version;
    const [, name, value] = /^([a-z_]+) (\S+)$/.exec(line) ?? [];
    if (name?.startsWith(PREFIX)) found.values.set(name.slice(PREFIX.length), Number(value));
  }
  return found;
}

export async function gauges(): Promise<Gauges> {
  const token = getToken();
  return gaugesOf(await (await send("/metrics", token ? { headers: { authorization: `Bearer ${token}` } } : {})).text());
}
