// The page: whom one plays, where one looks, and what stands there.

import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";
import { Bar } from "./bar";
import { ConfirmProvider } from "./confirm";
import { useDemo } from "./demo";
import { Guide } from "./guide";
import { useScreen } from "./live";
import { Main } from "./main-pane";
import { Modal } from "./modal";
import { ConversationsProvider } from "./naming";
import { Sidebar } from "./sidebar";
import { get, post, type Start } from "./slack";
import { Thread } from "./thread";
import { type Place, type Workspace, WorkspaceProvider } from "./workspace";
import { useStory } from "./story";

const FIRST = 50; // messages that are drawn at first
const MORE = 100;

export function App() {
  const [start, setStart] = useState<Start | null>(null);
  const [address, setAddress] = useAddress();
  const [newest, setNewest] = useState(FIRST);
  const [menu, setMenu] = useState(false); // on a phone: the sidebar in place of the conversation
  const [notes, setNotes] = useState<string[]>([]);
  const theme = useTheme();

  const everybody = start?.people.filter((one) => !one.bot && !one.deleted) ?? [];
  const me = everybody.find((one) => one.id === address.as) ?? null;
  const home = address.in === "home";
  const looking = {
    person: me?.id ?? "",
    channel: home ? "" : address.in,
    thread: address.thread,
    threadin: address.threadin || address.in,
    newest,
  };
  const { screen, lost, problem } = useScreen(looking);
  const behind = useDemo(screen?.revision ?? 0);
  const now = useClock(screen?.now);

  useEffect(() => {
    const ask = () => get<Start>("/_page/start").then(setStart, (trouble: Error) => setNotes([trouble.message]));
    void ask();
    if (screen) return;
    // Nobody is shown yet: perhaps people are still moving in.
    const timer = setInterval(ask, 1000);
    return () => clearInterval(timer);
  }, [screen?.stamp]);

  const say = useCallback((sentence: string) => {
    setNotes((before) => [...before.slice(-2), sentence]);
    setTimeout(() => setNotes((before) => before.filter((one) => one !== sentence)), 8000);
  }, []);
  const go = useCallback(
    (place: Place) => {
      setMenu(false);
      setAddress((before) => {
        const there = place.home ? "home" : place.channel;
        if (there !== before.in) setNewest(FIRST);
        return {
          as: before.as,
          in: there,
          thread: place.thread ?? "",
          threadin: place.thread ? (place.threadin ?? place.channel) : "",
          ts: place.ts ?? "",
        };
      });
    },
    [setAddress],
  );
  const be = useCallback(
    async (person: string, place?: Place) => {
      if (!start) return;
      const to = place ?? (await post<Place>("/_page/direct", { person, other: start.app.user }));
      setNewest(FIRST);
      setMenu(false);
      setAddress(() => ({
        as: person,
        in: to.home ? "home" : to.channel,
        thread: to.thread ?? "",
        threadin: to.threadin ?? "",
        ts: to.ts ?? "",
      }));
    },
    [start, setAddress],
  );

  // Somebody to begin as, and a place; not before the company has moved in.
  const moving = behind.demo?.clock.jumping?.to === "begin";
  useEffect(() => {
    if (!start || !behind.ready) return;
    const known = everybody.some((one) => one.id === address.as);
    const first = known ? address.as : (behind.demo?.visitor ?? (moving ? undefined : everybody[0]?.id));
    if (first && (!known || !address.in)) void be(first);
  });
  const visitor = behind.demo?.visitor;
  useEffect(() => {
    if (visitor !== undefined && me && visitor !== me.id) void behind.send("visitor", { person: me.id });
    // biome-ignore lint: once a change of person
  }, [me?.id, visitor === undefined]);

  const workspace = useMemo<Workspace | null>(() => {
    if (!start || !me) return null;
    return {
      start,
      me,
      people: new Map(start.people.map((one) => [one.id, one])),
      channels: new Map(start.channels.map((one) => [one.id, one.name])),
      theme,
      now,
      go,
      say,
    };
  }, [start, me, theme, now, go, say]);
  const place: Place = {
    channel: home ? "" : address.in,
    home,
    thread: address.thread,
    threadin: address.threadin,
    ts: address.ts,
  };
  const story = useStory(behind, { me: me?.id ?? "", place, be, go });

  useEffect(() => {
    document.title = start ? `${start.workspace.name} · local Slack` : "Local Slack";
  }, [start]);

  if (!workspace || !screen) {
    const none = start && behind.ready && everybody.length === 0;
    return (
      <main className="empty" aria-busy={!none}>
        <p>{moving ? behind.jumping : problem || notes[0] || (none ? NOBODY : lost ? LOST : "Opening the workspace…")}</p>
      </main>
    );
  }
  return (
    <WorkspaceProvider value={workspace}>
      <ConversationsProvider value={screen.sidebar}>
        <ConfirmProvider>
          <div className={`page${menu ? " menu" : ""}${address.thread ? " with-thread" : ""}`}>
            <Bar behind={behind} onGo={story.goTo} />
            {lost && (
              <p className="trouble lost" role="alert">
                {LOST}
              </p>
            )}
            <Unknown methods={screen.unknown_methods} app={workspace.start.app.name} />
            <Sidebar entries={screen.sidebar} place={place} bePerson={(id) => void be(id)} />
            <Guide behind={behind} here={story.here} onTake={story.take} />
            <div className="middle">
              {problem && <p className="trouble">{problem}</p>}
              <Main
                screen={screen}
                place={place}
                onMenu={() => setMenu(true)}
                onMore={() => setNewest((before) => before + MORE)}
              />
            </div>
            {address.thread && <Thread thread={screen.thread} place={place} wanted={address.thread} />}
          </div>
          {screen.modals.length > 0 && <Modal stack={screen.modals} hint={story.hint} />}
          <div className="notes" role="status">
            {notes.map((note) => (
              <p key={note}>{note}</p>
            ))}
          </div>
        </ConfirmProvider>
      </ConversationsProvider>
    </WorkspaceProvider>
  );
}

const NOBODY = "There is nobody in this workspace yet.";
const LOST = "The local Slack does not answer. Is it still running?";

function Unknown({ methods, app }: { methods: string[]; app: string }) {
  const [closed, setClosed] = useState<string[]>([]);
  const shown = methods.filter((one) => !closed.includes(one));
  if (!shown.length) return null;
  return (
    <p className="trouble unknown" role="alert">
      <span>
        {app} called {shown.map((one) => <code key={one}>{one}</code>)}, which this Slack does not have: the answer was{" "}
        <code>unknown_method</code>.
      </span>
      <button type="button" className="quiet" aria-label="Close" onClick={() => setClosed([...closed, ...shown])}>
        ×
      </button>
    </p>
  );
}

type Address = { as: string; in: string; thread: string; threadin: string; ts: string };

/** Person and place stand in the address, so that the browser's back button and a copied link work. */
function useAddress(): [Address, (change: (before: Address) => Address) => void] {
  const search = useSyncExternalStore(
    (changed) => {
      window.addEventListener("popstate", changed);
      return () => window.removeEventListener("popstate", changed);
    },
    () => window.location.search,
  );
  const address = useMemo(() => read(search), [search]);
  const change = useCallback((next: (before: Address) => Address) => {
    const fresh = Object.entries(next(read(window.location.search))).filter(([, value]) => value);
    const text = `?${new URLSearchParams(fresh)}`;
    if (text === window.location.search) return;
    window.history.pushState(null, "", text);
    window.dispatchEvent(new PopStateEvent("popstate"));
  }, []);
  return [address, change];
}

function read(search: string): Address {
  const given = new URLSearchParams(search);
  const part = (name: string) => given.get(name) ?? "";
  return { as: part("as"), in: part("in"), thread: part("thread"), threadin: part("threadin"), ts: part("ts") };
}

/** The Slack's time, ticking on between its answers. */
function useClock(told: string | undefined): () => Date {
  const offset = useRef(0);
  const last = useRef("");
  if (told && told !== last.current) {
    last.current = told;
    offset.current = Date.parse(told) - Date.now();
  }
  return useCallback(() => new Date(Date.now() + offset.current), []);
}

function useTheme(): "light" | "dark" {
  const dark = useSyncExternalStore(
    (changed) => {
      const query = window.matchMedia("(prefers-color-scheme: dark)");
      query.addEventListener("change", changed);
      return () => query.removeEventListener("change", changed);
    },
    () => window.matchMedia("(prefers-color-scheme: dark)").matches,
  );
  return dark ? "dark" : "light";
}
