// The middle: a conversation, or the app's Home tab.

import { useEffect, useRef, type ReactNode } from "react";
import { Blocks } from "./blocks";
import { Composer } from "./composer";
import { MessageList } from "./conversation";
import { Face, isChannel, nameOf, sign } from "./naming";
import { act, type Conversation, post, type Screen } from "./slack";
import { SurfaceProvider } from "./surface";
import { type Place, useWorkspace } from "./workspace";

type Props = { screen: Screen; place: Place; onMenu: () => void; onMore: () => void };

export function Main({ screen, place, onMenu, onMore }: Props) {
  const { conversation } = screen;
  const here = conversation?.id === place.channel ? conversation : null;
  return (
    <main className="main">
      {place.home ? (
        <Home screen={screen} onMenu={onMenu} />
      ) : here ? (
        <Open conversation={here} place={place} onMenu={onMenu} onMore={onMore} />
      ) : (
        <Heading title="" onMenu={onMenu} />
      )}
    </main>
  );
}

function Heading({ title, topic, onMenu, children }: { title: string; topic?: string; onMenu: () => void; children?: ReactNode }) {
  return (
    <header className="heading">
      <button type="button" className="quiet only-phone" aria-label="Conversations" onClick={onMenu}>
        ‹
      </button>
      <h2>{title}</h2>
      {topic && <p className="topic">{topic}</p>}
      {children}
    </header>
  );
}

/** The two tabs of the conversation with the app. */
function Tabs({ home, withApp }: { home: boolean; withApp: string }) {
  const { start, me, go, say } = useWorkspace();
  const { home_tab, messages_tab } = start.app;
  const tab = home ? "home" : "messages";
  // The app hears of each opening.
  useEffect(() => {
    act(me.id, "open", { tab }).catch((trouble: Error) => say(trouble.message));
  }, [me.id, tab, say]);
  if (!home_tab || !messages_tab) return null;
  return (
    <nav className="tabs" aria-label={start.app.name}>
      <button type="button" aria-current={home ? "page" : undefined} onClick={() => go({ channel: "", home: true })}>
        Home
      </button>
      <button
        type="button"
        aria-current={home ? undefined : "page"}
        onClick={async () => {
          const there = withApp ? { channel: withApp } : await post<Place>("/_page/direct", { person: me.id, other: start.app.user });
          go(there);
        }}
      >
        Messages
      </button>
    </nav>
  );
}

function Home({ screen, onMenu }: { screen: Screen; onMenu: () => void }) {
  const { start } = useWorkspace();
  const { home, sidebar } = screen;
  const app = start.app.user;
  const withApp = sidebar.find((one) => one.kind === "im" && (one.members as string[]).includes(app));
  return (
    <>
      <Heading title={start.app.name} onMenu={onMenu}>
        <Tabs home withApp={withApp?.id ?? ""} />
      </Heading>
      <div className="list home" tabIndex={0} role="region" aria-label={`Home of ${start.app.name}`}>
        {home ? (
          <SurfaceProvider key={home.id} spot={{ view: home.id }} values={home.state.values} errors={home.errors}>
            <Blocks blocks={home.blocks} />
          </SurfaceProvider>
        ) : (
          <p className="faint">{start.app.name} has not put anything here yet.</p>
        )}
      </div>
    </>
  );
}

type OpenProps = { conversation: Conversation; place: Place; onMenu: () => void; onMore: () => void };

function Open({ conversation, place, onMenu, onMore }: OpenProps) {
  const workspace = useWorkspace();
  const { start, me, say } = workspace;
  const name = nameOf(conversation, workspace);
  const title = sign(conversation) + name;
  const app = start.app.user;
  const withApp = conversation.kind === "im" && (conversation.members as string[]).includes(app);
  const read = useReading(conversation);
  return (
    <>
      <Heading title={title} topic={conversation.topic} onMenu={onMenu}>
        {withApp && <Tabs home={false} withApp={conversation.id} />}
        {isChannel(conversation) && <span className="members">{conversation.members as number} people</span>}
      </Heading>
      <MessageList
        name={`Messages in ${title}`}
        messages={conversation.messages}
        place={`${me.id} ${conversation.id}`}
        read={read}
        marked={place.ts}
        more={conversation.more}
        onMore={onMore}
        top={<Beginning title={title} name={name} id={conversation.id} withApp={withApp} />}
      />
      {conversation.archived ? (
        <p className="no-composer">{title} is archived.</p>
      ) : withApp && start.app.messages_read_only ? (
        <p className="no-composer">
          Sending messages to {name} is turned off. Commands such as <code>{start.app.commands[0]?.command}</code> work in
          every other conversation.
        </p>
      ) : conversation.member ? (
        <Composer channel={conversation.id} name={title} />
      ) : (
        <p className="no-composer">
          You are looking at {title}.{" "}
          <button
            type="button"
            className="button"
            onClick={() =>
              void post(`/_control/channels/${conversation.id}`, { joins: me.id }).catch((trouble: Error) => say(trouble.message))
            }
          >
            Join
          </button>
        </p>
      )}
    </>
  );
}

function Beginning({ title, name, id, withApp }: { title: string; name: string; id: string; withApp: boolean }) {
  const { start } = useWorkspace();
  return (
    <div className="beginning">
      {withApp && <Face id={start.app.user} name={name} size={48} />}
      <h3>{title}</h3>
      <p className="faint" key={id}>
        This is where it begins.
      </p>
    </div>
  );
}

/** Marks what stands here as read, and says up to where it was read when one came. */
function useReading(conversation: Conversation): string {
  const { me } = useWorkspace();
  const key = `${me.id} ${conversation.id}`;
  const came = useRef({ key: "", read: "" });
  if (came.current.key !== key) came.current = { key, read: conversation.read };
  const newest = conversation.messages.at(-1)?.ts ?? "";
  const visible = useRef(true);
  visible.current = document.visibilityState === "visible";
  const replies = conversation.messages.reduce((sum, one) => sum + (one.reply_count ?? 0), 0);
  useEffect(() => {
    if (visible.current) void post("/_page/read", { person: me.id, channel: conversation.id });
  }, [me.id, conversation.id, newest, replies]);
  return came.current.read;
}
