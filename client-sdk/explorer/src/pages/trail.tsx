// One person's whole trail: for those whose role allows it, signed for, and proved to be whole.

import { type Load, readKey, useAddress } from "musubi-shared";
import { gatewayHeaders, NotProved, type Report, type Signer } from "musubi-sdk";
import { useState } from "preact/hooks";
import { type Event as ChainEvent, get, type Page, ROOT } from "../api";
import { audit } from "../audit";
import { useHere } from "../chain";
import { EventItem } from "../event";
import { Loaded } from "../parts";
import { useSpeech } from "../speech";

interface Shown { events: ChainEvent[]; report: Report; bundle: string; permits: number; without: number[]; rows: number }

export function Trail() {
  const { say } = useSpeech();
  const { chain, client } = useHere();
  const { query } = useAddress();
  const [subject, setSubject] = useState(query.get("subject") ?? "");
  const [signer, setSigner] = useState<Signer>();
  const [badKey, setBadKey] = useState(false);
  const [state, setState] = useState<Load<Shown>>();
  const choose = async (file: File | undefined) => {
    setBadKey(false);
    try { setSigner(file && (await readKey(await file.text()))); } catch { setBadKey(true); }
  };
  const show = async () => {
    if (!signer) return;
    setState({ kind: "loading" });
    try {
      const path = `/subjects/${subject}`;
      const headers = await gatewayHeaders(chain.genesis.genesis, signer, { method: "GET", path: ROOT + path });
      const page = await get<Page>(path, headers);
      setState({ kind: "ready", value: await whole(await client, subject, page.events) });
    } catch (error) { setState({ kind: "failed", error: error as Error }); }
  };
  return (
    <div class="stack">
      <p>{say("trail.lead")}</p>
      <form class="card stack" onSubmit={(event) => { event.preventDefault(); void show(); }}>
        <label>{say("trail.subject")}<input class="id" required pattern="0x[0-9a-f]{64}" value={subject} onInput={(event) => setSubject(event.currentTarget.value.trim())} /></label>
        <label>{say("trail.key")}<input type="file" accept=".pem" onChange={(event) => void choose(event.currentTarget.files?.[0])} /></label>
        {badKey && <p class="banner bad" role="alert">{say("trail.keyBad")}</p>}
        <div><button class="first" disabled={!signer || !subject}>{say("trail.show")}</button></div>
      </form>
      {state && <Loaded state={state} again={() => void show()}>{(shown) => <Rows shown={shown} />}</Loaded>}
    </div>
  );
}

async function whole(client: Awaited<ReturnType<typeof useHere>["client"]>, subject: string, events: ChainEvent[]): Promise<Shown> {
  const head = await client.head();
  const trail = await client.wholeTrail(subject, head.height);
  // Found here, and held by the proof against the module's own finding: a read without a grant is a result and no failure.
  const { permits, withoutGrant } = audit(trail.rows);
  const { report, bundle } = await client.prove([trail, { kind: "reads-without-grant", height: head.height, subject, permits, withoutGrant }], head);
  const proved = new Map(trail.rows.map((row) => [row.index, spelled(row)]));
  const shown = events.filter((event) => event.subject === subject && event.height <= head.height);
  if (shown.some((event) => proved.get(event.row ?? -1) !== spelled(event.body))) throw new NotProved("a row that is shown is not in the proved trail");
  const judged = events.map((event): ChainEvent => (event.subject === subject ? { ...event, grant: withoutGrant.includes(event.row ?? -1) ? "missing" : "held" } : event));
  return { events: judged, report, bundle, permits, without: withoutGrant, rows: trail.rows.length };
}

/** A value with its fields in order, so that two spellings of one value are equal. */
const spelled = (value: unknown): string => JSON.stringify(value, (_, inner: unknown) => (inner && typeof inner === "object" && !Array.isArray(inner) ? Object.fromEntries(Object.entries(inner).sort()) : inner));

function Rows({ shown }: { shown: Shown }) {
  const { say } = useSpeech();
  const proof = { is: "good", proof: { report: shown.report, bundle: shown.bundle } } as const;
  return (
    <div class="stack">
      <p class={`banner ${shown.without.length === 0 ? "good" : "bad"}`} role={shown.without.length === 0 ? "status" : "alert"} data-proof="whole">{shown.without.length === 0 ? "✓" : "✕"} {say("trail.proved", { rows: shown.rows, permits: shown.permits, without: shown.without.length })}</p>
      {shown.without.length > 0 && <p class="banner bad">{say("trail.without", { rows: shown.without.join(", ") })}</p>}
      <ol class="list">{shown.events.map((event) => <EventItem key={event.id} event={event} proved={event.subject && event.height <= shown.report.checkpoint.height ? proof : { is: "none" }} />)}</ol>
    </div>
  );
}
