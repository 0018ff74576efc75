// One message, with what can be done to it.

import { memo } from "react";
import { Blocks } from "./blocks";
import { Menu } from "./floating";
import { Face } from "./naming";
import { act, type Message } from "./slack";
import { SurfaceProvider } from "./surface";
import { Say, Static } from "./text";
import { clock, instantOf, moment } from "./time";
import { useWorkspace } from "./workspace";

type Props = {
  message: Message;
  follows: boolean; // the same person went on speaking: no second heading
  inThread: boolean;
  marked: boolean;
};

export const MessageRow = memo(function MessageRow({ message, follows, inThread, marked }: Props) {
  const { people, me } = useWorkspace();
  const person = people.get(message.user);
  const name = message.username ?? person?.name ?? "somebody";
  const at = instantOf(message.ts);
  const spot = { channel: message.channel, ts: message.ts };
  return (
    <article
      className={`message${message.ephemeral ? " ephemeral" : ""}${marked ? " marked" : ""}${follows ? " follows" : ""}`}
      data-ts={message.ts}
      aria-label={`${name}, ${moment(at, me.tz)}`}
    >
      <div className="gutter">
        {follows ? <time className="small-time">{clock(at, me.tz)}</time> : <Face id={message.user} name={name} />}
      </div>
      <div className="content">
        {message.ephemeral && <p className="only-you">👁 Only visible to you</p>}
        {!follows && (
          <p className="author">
            <strong>{name}</strong>
            {message.bot_id && <span className="badge">APP</span>}
            {person?.status && <span title={person.status}>{person.status_emoji && <Say text={person.status_emoji} />}</span>}
            <time title={moment(at, me.tz)}>{clock(at, me.tz)}</time>
          </p>
        )}
        <SurfaceProvider spot={spot} values={message.values}>
          <Body message={message} />
        </SurfaceProvider>
        {message.edited && <span className="faint edited">(edited)</span>}
        {!inThread && message.reply_count ? <Replies message={message} /> : null}
      </div>
      {!message.ephemeral && <Tools message={message} inThread={inThread} />}
    </article>
  );
});

function Body({ message }: { message: Message }) {
  const { blocks, text, attachments } = message;
  const plain = { type: "section", block_id: "text", text: { type: "mrkdwn" as const, text } };
  return (
    <>
      {blocks?.length ? <Blocks blocks={blocks} /> : text ? <Static blocks={[plain]} /> : null}
      {message.files?.map((one) => (
        <p key={one.id} className="file">
          📎 {one.title || one.name}
        </p>
      ))}
      {attachments?.map((one, index) => (
        <div key={index} className="attachment">
          {one.blocks ? <Blocks blocks={one.blocks} /> : <Say text={{ type: "mrkdwn", text: one.text ?? one.fallback ?? "" }} />}
        </div>
      ))}
    </>
  );
}

function Replies({ message }: { message: Message }) {
  const { go, people, me, now } = useWorkspace();
  const count = message.reply_count ?? 0;
  const last = instantOf(message.latest_reply ?? message.ts);
  const sameDay = now().getTime() - last.getTime() < 20 * 3600_000;
  return (
    <button
      type="button"
      className="replies"
      onClick={() => go({ channel: message.channel, thread: message.ts, threadin: message.channel })}
    >
      {(message.reply_users ?? []).slice(0, 3).map((id) => (
        <Face key={id} id={id} name={people.get(id)?.name ?? "?"} size={22} />
      ))}
      <strong>{count === 1 ? "1 reply" : `${count} replies`}</strong>
      <span className="faint">Last {sameDay ? clock(last, me.tz) : moment(last, me.tz)}</span>
    </button>
  );
}

function Tools({ message, inThread }: { message: Message; inThread: boolean }) {
  const { start, me, go, say } = useWorkspace();
  const shortcuts = start.app.shortcuts.filter((one) => one.type === "message");
  const choose = (callback: string) => {
    const given = { shortcut: callback, channel: message.channel, ts: message.ts };
    act(me.id, "message_shortcut", given).then(
      ({ error }) => error && say(error),
      (trouble: Error) => say(trouble.message),
    );
  };
  if (inThread && !shortcuts.length) return null;
  return (
    <div className="tools">
      {!inThread && (
        <button
          type="button"
          className="quiet"
          aria-label="Reply in thread"
          title="Reply in thread"
          onClick={() => go({ channel: message.channel, thread: message.thread_ts ?? message.ts, threadin: message.channel })}
        >
          <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
            <path d="M4 4.5h12v8.5H9.5L6 16v-3H4Z" fill="none" stroke="currentColor" strokeWidth="1.6" strokeLinejoin="round" />
          </svg>
        </button>
      )}
      {shortcuts.length > 0 && (
        <Menu
          label="Message shortcuts"
          face="⋮"
          className="quiet"
          items={shortcuts.map((one) => ({ key: one.callback_id, text: one.name, detail: start.app.name }))}
          onPick={choose}
        />
      )}
    </div>
  );
}
