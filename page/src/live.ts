// What one person looks at, kept fresh: one question to the server stays open until something changes.

import { useEffect, useRef, useState } from "react";
import { get, type Message, type Screen } from "./slack";

export type Looking = { person: string; channel: string; thread: string; threadin: string; newest: number };

const BREATH = 60; // milliseconds between two questions, so that a burst of changes is drawn at once
const PATIENCE = 1000; // milliseconds before a server that is gone is asked again

/** The screen for what is looked at, the one before until it has come, and whether the server is out of reach. */
export function useScreen(looking: Looking): { screen: Screen | null; lost: boolean; problem: string } {
  const [screen, setScreen] = useState<Screen | null>(null);
  const [lost, setLost] = useState(false);
  const [problem, setProblem] = useState("");
  const known = useRef(new Map<string, { text: string; message: Message }>());
  const { person, channel, thread, threadin, newest } = looking;

  useEffect(() => {
    if (!person) return;
    const stop = new AbortController();
    const query: Record<string, string | number> = { person, newest };
    if (channel) query.channel = channel;
    if (thread) Object.assign(query, { thread, threadin });
    void (async () => {
      let after = -1;
      while (!stop.signal.aborted) {
        try {
          const fresh = await get<Screen>("/_page/screen", { ...query, after }, stop.signal);
          if (stop.signal.aborted) return;
          after = fresh.revision;
          setScreen(steady(fresh, known.current));
          setLost(false);
          setProblem("");
          await pause(BREATH);
        } catch (trouble) {
          if (stop.signal.aborted) return;
          after = -1;
          setLost(trouble instanceof TypeError);
          setProblem(trouble instanceof TypeError ? "" : (trouble as Error).message);
          await pause(PATIENCE);
        }
      }
    })();
    return () => stop.abort();
  }, [person, channel, thread, threadin, newest]);
  return { screen, lost, problem };
}

/** Messages that did not change stay the same objects, so that React draws only those that did. */
function steady(screen: Screen, known: Map<string, { text: string; message: Message }>): Screen {
  const keep = (message: Message) => {
    const key = `${message.channel}:${message.ts}`;
    const text = JSON.stringify(message);
    const before = known.get(key);
    if (before?.text === text) return before.message;
    known.set(key, { text, message });
    return message;
  };
  const { conversation, thread } = screen;
  return {
    ...screen,
    conversation: conversation && { ...conversation, messages: conversation.messages.map(keep) },
    thread: thread && { ...thread, messages: thread.messages.map(keep) },
  };
}

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
