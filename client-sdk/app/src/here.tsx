// Where this device stands: its keys, the chain, the family, and the child that is looked at; and loading that goes on without a network.

import { Unreachable } from "musubi-sdk";
import type { Load } from "musubi-shared";
import { Gateway } from "musubi-shared/gateway";
import { createContext } from "preact";
import { useCallback, useContext, useEffect, useMemo, useState } from "preact/hooks";
import type { About, Family, Relative } from "./chain";
import type { Device } from "./device";
import { useSpeech } from "./speech";
import { keep, kept } from "./store";

export interface Here { device: Device; about: About; family: Family; child: Relative; choose(subject: string): void; offline: boolean }
export const HereContext = createContext<Here | null>(null);

export function useHere(): Here {
  const here = useContext(HereContext);
  if (!here) throw new Error("screens stand below the family that they show");
  return here;
}

export function useGateway(): Gateway {
  const { about, device } = useHere();
  return useMemo(() => new Gateway(about.genesis.genesis, device.signer), [about, device]);
}

/** What people here call a member. */
export function useMember(): (member: unknown) => string {
  const { about } = useHere();
  const { text } = useSpeech();
  return (member) => about.members.find((one) => one.member === member)?.name ?? text("someone", { member: String(member) });
}

/** A value, when it was loaded, and whether that was just now. */
export interface Known<T> { value: T; at: number; fresh: boolean }

const PAUSE = 5_000;

/**
 * Loads a value and keeps it encrypted before it is shown, so that whoever saw it finds it again; without a network the kept one is shown, and
 * loading is tried again. A device whose store is full shows it all the same.
 */
export function useKnown<T>(device: Device, name: string, load: () => Promise<T>): [Load<Known<T>>, () => void] {
  const [state, setState] = useState<Load<Known<T>>>({ kind: "loading" });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((turn) => turn + 1), []);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const put = (next: Load<Known<T>>) => { if (!gone) setState(next); };
    const go = async () => {
      try {
        const value = await load();
        const at = Date.now();
        await keep(device.keys, name, { value, at }).catch(() => undefined);
        put({ kind: "ready", value: { value, at, fresh: true } });
      } catch (error) {
        const old = error instanceof Unreachable ? await kept<{ value: T; at: number }>(device.keys, name) : undefined;
        put(old ? { kind: "ready", value: { ...old, fresh: false } } : { kind: "failed", error: error as Error });
        if (error instanceof Unreachable && !gone) timer = setTimeout(again, PAUSE);
      }
    };
    void go();
    // Whoever comes back to the app sees what is so now.
    const back = () => { if (document.visibilityState === "visible") again(); };
    addEventListener("online", again);
    document.addEventListener("visibilitychange", back);
    return () => { gone = true; clearTimeout(timer); removeEventListener("online", again); document.removeEventListener("visibilitychange", back); };
  }, [name, turn]);
  return [state, again];
}
