// One search box: whatever the number may mean, each meaning with a way to it.

import { go, useAddress, useLoad } from "musubi-shared";
import { useState } from "preact/hooks";
import { type Found, get } from "../api";
import { useHere, useMember } from "../chain";
import { Loaded } from "../parts";
import { useSpeech } from "../speech";

export function SearchBox() {
  const { text, say } = useSpeech();
  const [typed, setTyped] = useState("");
  const search = (event: Event) => { event.preventDefault(); if (typed.trim()) go(`/explorer/search?q=${encodeURIComponent(typed.trim())}`); };
  return <form role="search" onSubmit={search}><input type="search" aria-label={text("search")} title={text("search.hint")} placeholder={text(innerWidth > 700 ? "search.hint" : "search.short")} value={typed} onInput={(event) => setTyped(event.currentTarget.value)} /><button class="first">{say("search")}</button></form>;
}

export function Search() {
  const { say } = useSpeech();
  const { chain } = useHere();
  const { query } = useAddress();
  const sought = query.get("q") ?? "";
  const [state, again] = useLoad(sought, () => get<Found[]>(`/search?q=${encodeURIComponent(sought)}`));
  return <Loaded state={state} again={again}>{(found) => (found.length === 0 ? <p class="card">{say("search.none", { first: chain.index.first })}</p> : <ul class="list">{found.map((one) => <li><Meaning one={one} /></li>)}</ul>)}</Loaded>;
}

function Meaning({ one }: { one: Found }) {
  const { text } = useSpeech();
  const member = useMember();
  switch (one.is) {
    case "block": case "extrinsic": return <a href={`/explorer/events?firstHeight=${one.height}&lastHeight=${one.height}`}>{text("block", { height: one.height })}</a>;
    case "member": return <a href={`/explorer/events?member=${one.member}`}>{member(one.member)}</a>;
    case "subject": return <a href={`/explorer/trail?subject=${one.subject}`}>{text("nav.trail")}</a>;
    case "consent": return <a href={`/explorer/events?about=${one.consent}`}>{text("nav.consents")}</a>;
    case "break-glass": return <a href={`/explorer/events?about=${one.request}`}>{text("nav.breakGlass")}</a>;
    case "mentioned": return <a href={`/explorer/events?about=${one.id}`}>{text("nav.events")} — {text("eventCount", { count: one.events })}</a>;
  }
}
