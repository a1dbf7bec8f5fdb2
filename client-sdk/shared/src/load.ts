// Loading: one union for every state that a page can be in, tried again by itself while the node is away.

import { Unreachable } from "musubi-sdk";
import { useCallback, useEffect, useState } from "preact/hooks";

export type Load<T> = { kind: "loading" } | { kind: "ready"; value: T } | { kind: "failed"; error: Error };

const PAUSE = 3_000;

/** Loads whenever `key` changes, and again after a while if the node was away. */
export function useLoad<T>(key: string, load: () => Promise<T>): [Load<T>, () => void] {
  const [state, setState] = useState<Load<T>>({ kind: "loading" });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((turn) => turn + 1), []);
  useEffect(() => {
    let gone = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    load().then(
      (value) => { if (!gone) setState({ kind: "ready", value }); },
      (error: Error) => {
        if (gone) return;
        setState({ kind: "failed", error });
        if (error instanceof Unreachable) timer = setTimeout(again, PAUSE);
      },
    );
    return () => { gone = true; clearTimeout(timer); };
  }, [key, turn]);
  return [state, again];
}
