// Where one writes: messages, and slash commands with their hints.

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Menu } from "./floating";
import { act } from "./slack";
import { useWorkspace } from "./workspace";

type Offer = { key: string; text: string; detail: string; line: string };

export function Composer({ channel, name, thread }: { channel: string; name: string; thread?: string }) {
  const { start, me, people, say } = useWorkspace();
  const [line, setLine] = useState("");
  const [at, setAt] = useState(0);
  const [shut, setShut] = useState(false); // the offers, by the escape key
  const [sending, setSending] = useState(false);
  const [problem, setProblem] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const id = useId();
  useEffect(() => {
    setLine("");
    setProblem("");
  }, [channel, thread, me.id]);
  useEffect(() => {
    const area = box.current;
    if (!area) return;
    area.style.height = "auto";
    area.style.height = `${Math.min(area.scrollHeight, 180)}px`;
  }, [line]);

  const command = start.app.commands.find((one) => line === one.command || line.startsWith(`${one.command} `));
  const offers = shut ? [] : offered();
  const current = Math.min(at, offers.length - 1);

  function offered(): Offer[] {
    if (/^\/\S*$/.test(line) && !thread) {
      return start.app.commands
        .filter((one) => one.command.startsWith(line) && one.command !== line)
        .map((one) => ({
          key: one.command,
          text: `${one.command} ${one.usage_hint}`,
          detail: one.description,
          line: `${one.command} `,
        }));
    }
    const typed = /(^|\s)@([^@\n]{1,30})$/.exec(line);
    if (!typed) return [];
    const wanted = (typed[2] as string).toLocaleLowerCase();
    const upTo = line.slice(0, line.length - wanted.length);
    return [...people.values()]
      .filter((one) => !one.deleted && one.name.toLocaleLowerCase().startsWith(wanted) && one.name.length > wanted.length)
      .slice(0, 8)
      .map((one) => ({ key: one.id, text: one.name, detail: one.title, line: `${upTo}${one.name} ` }));
  }
  const take = (offer: Offer | undefined) => {
    if (!offer) return;
    setLine(offer.line);
    setAt(0);
    box.current?.focus();
  };
  const send = async () => {
    const typed = line.trim();
    if (!typed || sending) return;
    if (typed.startsWith("/") && thread) {
      setProblem("Slash commands do not work in threads. Type it into the conversation itself.");
      return;
    }
    setSending(true);
    setProblem("");
    try {
      const isCommand = typed.startsWith("/");
      const { error } = isCommand
        ? await act(me.id, "command", { line: typed, to: channel })
        : await act(me.id, "say", { text: typed, to: channel, thread_ts: thread });
      if (error) setProblem(error);
      setLine("");
    } catch (trouble) {
      setProblem((trouble as Error).message);
    } finally {
      setSending(false);
      box.current?.focus();
    }
  };
  const keys = (event: KeyboardEvent) => {
    if (offers.length && ["ArrowDown", "ArrowUp"].includes(event.key)) {
      event.preventDefault();
      setAt((current + (event.key === "ArrowDown" ? 1 : -1) + offers.length) % offers.length);
    } else if (offers.length && (event.key === "Tab" || (event.key === "Enter" && !event.shiftKey))) {
      event.preventDefault();
      take(offers[current]);
    } else if (event.key === "Escape") {
      setShut(true);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      void send();
    }
  };
  const shortcuts = start.app.shortcuts.filter((one) => one.type === "global");
  const starts = [
    ...shortcuts.map((one) => ({ key: one.callback_id, text: one.name, detail: one.description || start.app.name })),
    ...(thread ? [] : start.app.commands).map((one) => ({ key: one.command, text: one.command, detail: one.description })),
  ];
  const begin = (key: string) => {
    if (key.startsWith("/")) {
      setLine(`${key} `);
      box.current?.focus();
      return;
    }
    act(me.id, "global_shortcut", { shortcut: key }).then(
      ({ error }) => error && say(error),
      (trouble: Error) => say(trouble.message),
    );
  };
  return (
    <div className="composer-place">
      {offers.length > 0 && (
        <div className="offers">
          <div id={`${id}-offers`} role="listbox" aria-label="Offers">
            {offers.map((offer, index) => (
              <div
                key={offer.key}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === current}
                className="entry"
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => take(offer)}
              >
                <span className="entry-words">
                  <span>{offer.text}</span>
                  <span className="faint">{offer.detail}</span>
                </span>
              </div>
            ))}
          </div>
        </div>
      )}
      {problem && (
        <p className="trouble" role="alert">
          {problem}
        </p>
      )}
      <div className="composer">
        {starts.length > 0 && (
          <Menu label="Shortcuts and commands" face="+" className="quiet plus" items={starts} onPick={begin} />
        )}
        <textarea
          ref={box}
          rows={1}
          value={line}
          role="combobox"
          aria-label={thread ? "Reply" : `Message ${name}`}
          aria-expanded={offers.length > 0}
          aria-controls={offers.length ? `${id}-offers` : undefined}
          aria-autocomplete="list"
          aria-activedescendant={offers.length ? `${id}-${current}` : undefined}
          aria-describedby={command ? `${id}-hint` : undefined}
          placeholder={thread ? "Reply…" : `Message ${name}`}
          onChange={(event) => {
            setLine(event.target.value);
            setShut(false);
            setAt(0);
            setProblem("");
          }}
          onKeyDown={keys}
        />
        <button
          type="button"
          className="send"
          aria-label="Send"
          disabled={!line.trim()}
          aria-busy={sending}
          onClick={() => void send()}
        >
          <svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">
            <path d="M3 3.5 17.5 10 3 16.5l1.6-5.3L11 10 4.6 8.8Z" fill="currentColor" />
          </svg>
        </button>
      </div>
      <p className="command-hint" id={`${id}-hint`}>
        {command && (
          <>
            <code>{command.command}</code> <span>{command.usage_hint}</span>
            <span className="faint"> {command.description}</span>
          </>
        )}
      </p>
    </div>
  );
}
