// Who is there, who one is, and how to go somewhere: what every component may ask for.

import { createContext, useContext } from "react";
import type { Person, Start } from "./slack";

/** A conversation, perhaps with a thread beside it and a message to look at; or the app's Home tab. */
export type Place = { channel: string; home?: boolean; thread?: string; threadin?: string; ts?: string };

export type Workspace = {
  start: Start;
  me: Person;
  people: Map<string, Person>;
  channels: Map<string, string>; // id to name
  theme: "light" | "dark";
  now: () => Date;
  go: (place: Place) => void;
  say: (sentence: string) => void; // a passing note at the bottom of the screen
};

const Context = createContext<Workspace | null>(null);
export const WorkspaceProvider = Context.Provider;

export function useWorkspace(): Workspace {
  const found = useContext(Context);
  if (!found) throw new Error("outside of the workspace");
  return found;
}

/** Where a permalink leads inside this workspace; null for any other address. */
export function placeOf(address: string): Place | null {
  const found = /\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})/.exec(address);
  if (!found) return null;
  const channel = found[1] as string;
  const ts = `${found[2]}.${found[3]}`;
  const thread = new URL(address).searchParams.get("thread_ts");
  return { channel, ts, ...(thread ? { thread, threadin: channel } : {}) };
}
