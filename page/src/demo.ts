// The demo behind the page, where there is one: its clock, what happened in a jump, and the story.

import { useCallback, useEffect, useState } from "react";
import { get, post } from "./slack";

export type Jump = { name: string; label: string; at: string | null; why?: string | null };
export type Happened = { at: string; text: string; person: string | null; channel: string | null; ts: string | null };
export type Step = {
  id: string;
  title: string;
  text: string;
  state: "done" | "current" | "ahead";
  person: string | null;
  place: { kind: "channel" | "thread" | "home"; channel: string | null; ts?: string | null } | null;
  press: string | null;
  jump: string | null;
};
export type Demo = {
  company?: string;
  clock: { now: string; jumping: { to: string; label: string } | null; jumps: Jump[] };
  happened: Happened[];
  autoplay: { on: boolean; label: string };
  visitor: string | null;
  story: { title: string; done: boolean; steps: Step[] } | null;
};

export type Behind = {
  demo: Demo | null;
  ready: boolean; // whether it is known if there is a demo
  jumping: string; // the label of the jump that goes on
  send: (what: "jump" | "autoplay" | "visitor" | "story", given: object) => Promise<string>; // what went wrong, or ""
};

const PATIENCE = 700; // milliseconds until a jump that goes on is looked at again

/** Asks again whenever `revision` grows. Without a demo behind it the page asks once. */
export function useDemo(revision: number): Behind {
  const [demo, setDemo] = useState<Demo | null>(null);
  const [ready, setReady] = useState(false);
  const [absent, setAbsent] = useState(false);
  const [jumping, setJumping] = useState("");
  const [turn, setTurn] = useState(0);

  // A jump that was begun elsewhere, or the company's moving in, ends without a word to a page that shows nobody yet.
  const going = demo?.clock.jumping?.to;
  useEffect(() => {
    if (!going) return;
    const timer = setInterval(() => setTurn((before) => before + 1), PATIENCE);
    return () => clearInterval(timer);
  }, [going]);

  useEffect(() => {
    if (absent) return;
    const stop = new AbortController();
    get<Demo>("/_demo/state", {}, stop.signal)
      .then(setDemo)
      .catch(() => {
        if (!stop.signal.aborted && !ready) setAbsent(true);
      })
      .finally(() => !stop.signal.aborted && setReady(true));
    return () => stop.abort();
    // biome-ignore lint: `ready` only matters the first time
  }, [revision, absent, turn]);

  const send = useCallback(
    async (what: string, given: object) => {
      if (what === "jump") setJumping(demo?.clock.jumps.find((one) => one.name === (given as { to: string }).to)?.label ?? "…");
      try {
        setDemo(await post<Demo>(`/_demo/${what}`, given));
        return "";
      } catch (trouble) {
        return (trouble as Error).message;
      } finally {
        if (what === "jump") setJumping("");
      }
    },
    [demo],
  );
  return { demo, ready, jumping: jumping || (demo?.clock.jumping?.label ?? ""), send };
}
