// A thread beside the conversation.

import { Composer } from "./composer";
import { MessageList } from "./conversation";
import { nameOf, sign, useConversations } from "./naming";
import type { Thread as Held } from "./slack";
import { type Place, useWorkspace } from "./workspace";

export function Thread({ thread, place, wanted }: { thread: Held | null; place: Place; wanted: string }) {
  const workspace = useWorkspace();
  const { me, go, start } = workspace;
  const conversation = useConversations().find((one) => one.id === place.threadin);
  const name = conversation ? sign(conversation) + nameOf(conversation, workspace) : "";
  const here = thread?.ts === wanted ? thread : null;
  const withApp = conversation?.kind === "im" && (conversation.members as string[]).includes(start.app.user);
  return (
    <aside className="thread" aria-label="Thread">
      <header className="heading">
        <h2>Thread</h2>
        {name && <p className="topic">{name}</p>}
        <button
          type="button"
          className="quiet"
          aria-label="Close the thread"
          onClick={() => go({ channel: place.channel, home: place.home })}
        >
          ×
        </button>
      </header>
      {here ? (
        <>
          <MessageList name="Thread" messages={here.messages} place={`${me.id} ${wanted}`} inThread marked={place.ts} />
          {conversation && !conversation.archived && !(withApp && start.app.messages_read_only) && (
            <Composer channel={here.channel} name={name} thread={wanted} />
          )}
        </>
      ) : (
        <p className="faint padded">This thread is not here any more.</p>
      )}
    </aside>
  );
}
