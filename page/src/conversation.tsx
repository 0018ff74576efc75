// Messages one below the other: the conversation in the middle, or a thread beside it.

import { Fragment, type ReactNode, useEffect, useLayoutEffect, useRef } from "react";
import { MessageRow } from "./message";
import type { Message } from "./slack";
import { dayKey, dayName, instantOf } from "./time";
import { useWorkspace } from "./workspace";

const GROUPED = 5 * 60; // seconds within which somebody goes on speaking
const NEAR = 80; // pixels from the end that count as the end

type Props = {
  name: string; // of the list, for those who do not see it
  messages: Message[];
  place: string; // another place begins at its end again
  inThread?: boolean;
  read?: string; // what was read before one came here
  marked?: string; // the message that a link led to
  more?: boolean;
  onMore?: () => void;
  top?: ReactNode;
};

export function MessageList({ name, messages, place, inThread = false, read, marked, more, onMore, top }: Props) {
  const { me, now } = useWorkspace();
  const box = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const before = useRef({ place: "", first: "", height: 0 });
  const sought = useRef("");

  useLayoutEffect(() => {
    const list = box.current;
    if (!list) return;
    const first = messages[0]?.ts ?? "";
    const was = before.current;
    if (was.place !== place) {
      list.scrollTop = inThread ? 0 : list.scrollHeight;
      atEnd.current = !inThread;
    } else if (first !== was.first && first < was.first) list.scrollTop += list.scrollHeight - was.height;
    else if (atEnd.current) list.scrollTop = list.scrollHeight;
    before.current = { place, first, height: list.scrollHeight };
  }, [messages, place, inThread]);

  // Charts and fonts settle after the first drawing.
  useEffect(() => {
    const list = box.current;
    const inner = list?.firstElementChild;
    if (!list || !inner) return;
    const watch = new ResizeObserver(() => {
      if (atEnd.current) list.scrollTop = list.scrollHeight;
    });
    watch.observe(inner);
    return () => watch.disconnect();
  }, []);

  useEffect(() => {
    if (!marked || sought.current === `${place} ${marked}`) return;
    const found = box.current?.querySelector(`[data-ts="${CSS.escape(marked)}"]`);
    if (found) {
      sought.current = `${place} ${marked}`;
      atEnd.current = false;
      found.scrollIntoView({ block: "center" });
    } else if (more && messages.length) onMore?.();
  }, [marked, place, messages, more, onMore]);

  const onScroll = () => {
    const list = box.current;
    if (!list) return;
    atEnd.current = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR;
    if (more && list.scrollTop < NEAR) onMore?.();
  };
  const newFrom = read && read !== "0" ? messages.find((one) => one.ts > read && one.user !== me.id)?.ts : undefined;
  return (
    <div ref={box} className="list" role="log" aria-label={name} tabIndex={0} onScroll={onScroll}>
      <div className="list-inner">
        {more ? (
          <button type="button" className="button earlier" onClick={onMore}>
            Earlier messages
          </button>
        ) : (
          top
        )}
        {messages.map((message, index) => {
          const previous = messages[index - 1];
          const at = instantOf(message.ts);
          const newDay = !previous || dayKey(instantOf(previous.ts), me.tz) !== dayKey(at, me.tz);
          const isNew = message.ts === newFrom;
          return (
            <Fragment key={message.ts}>
              {newDay && !(inThread && index > 0) && !inThread && (
                <p className="day">
                  <span>{dayName(at, me.tz, now())}</span>
                </p>
              )}
              {isNew && (
                <p className="new">
                  <span>New</span>
                </p>
              )}
              <MessageRow
                message={message}
                follows={!newDay && !isNew && !inThread && goesOn(previous, message)}
                inThread={inThread}
                marked={message.ts === marked}
              />
              {inThread && index === 0 && messages.length > 1 && (
                <p className="day counted">
                  <span>{messages.length === 2 ? "1 reply" : `${messages.length - 1} replies`}</span>
                </p>
              )}
            </Fragment>
          );
        })}
      </div>
    </div>
  );
}

function goesOn(previous: Message | undefined, message: Message): boolean {
  return (
    previous !== undefined &&
    !message.ephemeral &&
    !previous.ephemeral &&
    previous.user === message.user &&
    previous.username === message.username &&
    Number(message.ts) - Number(previous.ts) < GROUPED
  );
}
