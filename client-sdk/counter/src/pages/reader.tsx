// The card reader of this machine: paired or not, what lies on it, and what kind of card that is. Costs no try.

import { useState } from "preact/hooks";
import type { CardStatus, Credential } from "../agent";
import { ReaderState, useReaders } from "../card";
import { useDesk } from "../desk";
import { Trouble, useAct } from "../parts";
import { hasVoice, isVoiceOn, sayAloud, setVoice, useSpeech } from "../speech";

export function Reader() {
  const { say, text, language } = useSpeech();
  const { agent } = useDesk();
  const [state, again] = useReaders(agent);
  const [status, setStatus] = useState<CardStatus>();
  const [voice, setVoiceState] = useState(isVoiceOn());
  const { busy, error, act } = useAct();
  const isHere = state.is === "here";
  return (
    <div class="stack">
      <section class="card stack">
        <h2>{say("reader.title")}</h2>
        <ReaderState state={state} again={again} />
        {isHere && <ul class="plain-list">{state.seen.readers.map((reader) => <li><span class="id">{reader.name}</span> {say(`presence.${reader.presence}`)}</li>)}</ul>}
        {isHere && (
          <div class="row">
            <button type="button" class="first" disabled={busy || !state.seen.card} onClick={() => void act(async () => setStatus(await agent.status()))}>{say("reader.look")}</button>
            <button type="button" class="quiet" onClick={() => void agent.unpair().then(again)}>{say("agent.unpair")}</button>
          </div>
        )}
        <Trouble error={error} />
        {status && (
          <dl class="facts">
            <dt>{say("card.token")}</dt><dd>{say(`token.${status.token}`)}</dd>
            <dt>{say("card.signing")}</dt><dd><Tries credential={status.signing} /></dd>
            <dt>{say("card.authentication")}</dt><dd><Tries credential={status.authentication} /></dd>
          </dl>
        )}
      </section>
      {hasVoice() && (
        <section class="card stack">
          <h2>{say("voice.title")}</h2>
          <label class="check"><input type="checkbox" checked={voice} onChange={(event) => { setVoice(event.currentTarget.checked); setVoiceState(event.currentTarget.checked); }} />{say("voice.on")}</label>
          <div><button type="button" onClick={() => sayAloud(language, text("prompt.pin"))}>{say("voice.try")}</button></div>
        </section>
      )}
    </div>
  );
}

function Tries({ credential }: { credential: Credential }) {
  const { say } = useSpeech();
  if (!credential.present) return <>{say("card.absent")}</>;
  if (!credential.tries_left) return <strong>{say("card.locked")}</strong>;
  return <>{say("card.tries", { tries: credential.tries_left })}</>;
}
