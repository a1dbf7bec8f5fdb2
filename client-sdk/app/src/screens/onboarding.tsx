// The first minutes: keys are made here, the counter reads them, and the app waits until the chain knows the device.

import { Refused } from "musubi-sdk";
import { Gateway } from "musubi-shared/gateway";
import { useEffect, useState } from "preact/hooks";
import type { About } from "../chain";
import { type Device, deviceOf, pairingCode } from "../device";
import { Qr } from "../qr";
import { useSpeech } from "../speech";
import { makeKeys } from "../store";
import { Steps } from "./shown";

export function Welcome({ onDevice }: { onDevice: (device: Device) => void }) {
  const { say } = useSpeech();
  const [busy, setBusy] = useState(false);
  const [failed, setFailed] = useState(false);
  const begin = async () => {
    setBusy(true);
    setFailed(false);
    try { onDevice(await deviceOf(await makeKeys())); } catch { setFailed(true); setBusy(false); }
  };
  return (
    <div class="stack narrow-page">
      <h1>{say("welcome")}</h1>
      <p class="lead">{say("welcome.lead")}</p>
      <Steps>{[say("welcome.step1"), say("welcome.step2"), say("welcome.step3")]}</Steps>
      <p class="banner plain">{say("welcome.number")}</p>
      {failed && <p class="banner bad" role="alert">{say("welcome.failed")}</p>}
      <button class="first wide" disabled={busy} onClick={() => void begin()}>{say("welcome.begin")}</button>
      <p class="soft">{say("welcome.restore")}</p>
    </div>
  );
}

/** How often the node is asked whether it knows the device. */
const PAUSE = 3_000;

export function Pairing({ device, about, onKnown }: { device: Device; about: About; onKnown: () => void }) {
  const { say, text } = useSpeech();
  const [away, setAway] = useState(false);
  const [copied, setCopied] = useState(false);
  const code = pairingCode(device);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const gateway = new Gateway(about.genesis.genesis, device.signer);
    const ask = async () => {
      try { await gateway.get("/v1/family"); onKnown(); return; } catch (error) { setAway(!(error instanceof Refused)); }
      if (!gone) timer = setTimeout(() => void ask(), PAUSE);
    };
    void ask();
    return () => { gone = true; clearTimeout(timer); };
  }, []);
  const copy = async () => { await navigator.clipboard.writeText(code); setCopied(true); };
  return (
    <div class="stack narrow-page">
      <h1>{say("pair")}</h1>
      <p class="lead">{say("pair.lead")}</p>
      <div class="card center"><Qr text={code} label={text("pair.qr")} /></div>
      <Steps>{[say("pair.step1"), say("pair.step2"), say("pair.step3")]}</Steps>
      <p class={`banner ${away ? "warn" : "plain"}`} role="status" data-state="waiting">{say(away ? "pair.away" : "pair.waiting")}</p>
      <details><summary>{say("pair.text")}</summary>
        <p class="id" data-pairing={code}>{code}</p>
        <button onClick={() => void copy()}>{say(copied ? "copied" : "copy")}</button>
        <p class="soft">{say("pair.chain")} <span class="id">{about.genesis.genesis.slice(0, 18)}…</span></p>
      </details>
    </div>
  );
}
