// Consents: what is on, off with one touch; what was; and a new one, which a counter with a card reader signs.

import { day, Machine, Spoken } from "musubi-shared";
import type { Keys } from "musubi-sdk/keys";
import { useState } from "preact/hooks";
import { type Consent, isOn, stateOf } from "../chain";
import { useGateway, useHere, useKnown, useMember } from "../here";
import { useSpeech } from "../speech";
import { Nothing, Shown } from "./shown";

export function useConsents(): ReturnType<typeof useKnown<Consent[]>> {
  const { device, child } = useHere();
  const gateway = useGateway();
  return useKnown(device, `consents ${child.subject}`, () => gateway.get<Consent[]>(`/v1/family/${child.subject}/consents`));
}

export function Consents() {
  const { say } = useSpeech();
  const [consents, again] = useConsents();
  return (
    <div class="stack">
      <h1>{say("nav.consents")}</h1>
      <p>{say("consents.lead")}</p>
      <a class="button first" href="/app/consents/new">{say("consents.new")}</a>
      <Shown state={consents} again={again}>
        {(all) => {
          const on = all.filter(isOn), off = all.filter((one) => !isOn(one)).reverse();
          return (
            <div class="stack">
              <section class="stack" aria-labelledby="on"><h2 id="on">{say("consents.on")}</h2>{on.length === 0 ? <Nothing>{say("consents.none")}</Nothing> : <ul class="plain-list">{on.map((one) => <On key={one.consent} consent={one} again={again} />)}</ul>}</section>
              <section class="stack" aria-labelledby="off"><h2 id="off">{say("consents.off")}</h2>{off.length === 0 ? <Nothing>{say("consents.offNone")}</Nothing> : <ul class="plain-list">{off.map((one) => <li key={one.consent} class="card stack" data-consent={one.consent}><About consent={one} /></li>)}</ul>}</section>
            </div>
          );
        }}
      </Shown>
    </div>
  );
}

function About({ consent }: { consent: Consent }) {
  const { say, name, language } = useSpeech();
  const member = useMember();
  const state = stateOf(consent);
  return (
    <>
      <div class="row"><strong class="who">{member(consent.recipient)}</strong><span class={`badge ${state === "effective" ? "good" : state === "proposed" || state === "paused" ? "warn" : "plain"}`}><span aria-hidden="true">{state === "effective" ? "✓" : "–"}</span><Spoken sentence={name("state", state)} /></span></div>
      <p><Spoken sentence={name("purpose", consent.purpose)} />：{consent.categories.map((one, at) => <>{at > 0 && "・"}<Spoken sentence={name("category", one)} /></>)}</p>
      <p class="soft">{say("consents.period", { from: day(language, consent.notBefore), until: day(language, consent.until) })}</p>
    </>
  );
}

/** What one of those who decide can do with a consent that is on; each is one call of the chain, signed by this device's key. */
type Way = "withdraw" | "object" | "resume";

/** Joint guardians: whoever did not give it may object, which pauses it; the chain lets nobody but the objector take that back. */
function waysOf(consent: Consent, me: string, authority: string): Way[] {
  const state = stateOf(consent), isJoint = authority === "joint";
  if (isJoint && state === "paused") return ["resume", "withdraw"];
  return isJoint && state === "effective" && consent.guardian !== me ? ["object", "withdraw"] : ["withdraw"];
}

const callOf = (keys: Keys, way: Way, consent: string, me: string): Uint8Array =>
  way === "withdraw" ? keys.withdrawConsent(consent) : way === "object" ? keys.objectToConsent(consent, me) : keys.resumeConsent(consent);

function On({ consent, again }: { consent: Consent; again: () => void }) {
  const { say, text } = useSpeech();
  const { offline, child, family } = useHere();
  const member = useMember();
  const gateway = useGateway();
  const [asking, setAsking] = useState<Way>();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState<{ way: Way; why: string }>();
  const go = async (way: Way) => {
    setBusy(true);
    setFailed(undefined);
    try {
      const { loadKeys } = await import("musubi-sdk/keys");
      await gateway.submit(callOf(await loadKeys(), way, consent.consent, family.person));
      setAsking(undefined);
      again();
    } catch (error) { setFailed({ way, why: (error as Error).message }); }
    setBusy(false);
  };
  const who = member(consent.recipient);
  return (
    <li class="card stack" data-consent={consent.consent} data-state={stateOf(consent)}>
      <About consent={consent} />
      {stateOf(consent) === "paused" && <p class="banner warn">{say("paused.more")}</p>}
      {!asking && <div class="row">{waysOf(consent, family.person, child.authority).map((way) => <button class={way === "resume" ? "" : "stop"} disabled={offline} onClick={() => setAsking(way)} aria-label={text(`${way}.of`, { who })}>{say(way)}</button>)}</div>}
      {asking && (
        <div class="banner warn stack" role="group">
          <p>{say(`${asking}.sure`, { who })}</p>
          <div class="row"><button class="stop" disabled={busy} onClick={() => void go(asking)}>{say(busy ? "withdraw.busy" : `${asking}.yes`)}</button><button disabled={busy} onClick={() => setAsking(undefined)}>{say("withdraw.no")}</button></div>
        </div>
      )}
      {failed && <div class="banner bad" role="alert"><p>{say(`${failed.way}.failed`)}</p><Machine>{failed.why}</Machine></div>}
      {offline && <p class="soft">{say("withdraw.offline")}</p>}
    </li>
  );
}
