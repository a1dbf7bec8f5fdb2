// The chain that this page looks at: its members' names, its light client, and blocks as they come.

import { type Checkpoint, IndexedDbCheckpoints, LightClient, Rpc } from "musubi-sdk";
import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import { type Block, type Chain, getToken, live } from "./api";
import { useSpeech } from "./speech";

export interface Here { chain: Chain; client: Promise<LightClient> }
export const HereContext = createContext<Here | null>(null);

export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error("pages stand below the chain that they show");
  return here;
}

const PINNED = "musubi-explorer-genesis";

/** The genesis that this browser met first is the one that it stays with; another chain at the same address proves nothing about this one. */
export function pinned(chain: Chain): Checkpoint | undefined {
  const kept = localStorage.getItem(PINNED);
  if (!kept) pin(chain);
  const first = kept ? (JSON.parse(kept) as Checkpoint) : chain.genesis;
  return first.genesis === chain.genesis.genesis ? first : undefined;
}

/** Stays with this chain from now on: somebody held its genesis against the specification. */
export const pin = (chain: Chain): void => localStorage.setItem(PINNED, JSON.stringify(chain.genesis));

export function openClient(chain: Chain): Promise<LightClient> {
  const send: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    if (getToken()) headers.set("authorization", `Bearer ${getToken()}`);
    return fetch(input, { ...init, headers });
  };
  return LightClient.open({ rpc: new Rpc({ url: "/rpc", fetch: send }), checkpoints: new IndexedDbCheckpoints(), genesis: chain.genesis });
}

/** What people here call a member. */
export function useMember(): (member: unknown) => string {
  const { chain } = useHere();
  const { text } = useSpeech();
  return (member) => chain.members.find((one) => one.member === member)?.name ?? text("someone", { member: String(member) });
}

/** Blocks as they come in, newest first, each with whether its certificate was checked here. */
export function useLive(first: Block[]): (Block & { checked?: boolean })[] {
  const { client } = useHere();
  const [blocks, setBlocks] = useState<(Block & { checked?: boolean })[]>(first.slice(0, 8));
  useEffect(() => {
    const stop = new AbortController();
    const add = async (block: Block) => {
      const put = (checked: boolean) => setBlocks((old) => [{ ...block, checked }, ...old.filter((one) => one.height !== block.height)].sort((a, b) => b.height - a.height).slice(0, 8));
      put(false);
      const header = await (await client).follow(block.hash).catch(() => undefined);
      put(header?.height === block.height && header.hash === block.hash);
    };
    const listen = (): Promise<void> => live(stop.signal, (block) => void add(block)).catch(() => {
      if (!stop.signal.aborted) setTimeout(() => void listen(), 3_000);
    });
    first.slice(0, 8).forEach((block) => void add(block));
    void listen();
    return () => stop.abort();
  }, []);
  return blocks;
}
