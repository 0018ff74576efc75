// The bar above it all: what time it is, ways to let it pass, and what happened meanwhile.

import { useEffect, useState } from "react";
import type { Behind, Happened, Jump } from "./demo";
import { Menu, Onwards } from "./floating";
import { clock, moment } from "./time";
import { useWorkspace } from "./workspace";

const MOST = 5; // jumps that have room beside each other
const MAIN = ["prompt", "reminder", "digest", "cycle"];

type Props = { behind: Behind; onGo: (one: Happened) => void };

export function Bar({ behind, onGo }: Props) {
  const { me, now, say } = useWorkspace();
  const { demo, jumping, send } = behind;
  const [shown, setShown] = useState(false);
  const time = useTicking(now);
  if (!demo) return null;

  const jump = async (one: Jump) => {
    const problem = await send("jump", { to: one.name });
    if (problem) say(problem);
    else setShown(true);
  };
  // The rest stands in the menu.
  const { jumps } = demo.clock;
  const shownJumps = jumps.length > MOST ? jumps.filter((one) => MAIN.includes(one.name)) : jumps;
  const zone = me.tz.split("/").at(-1)?.replaceAll("_", " ");
  return (
    <div className="bar" role="region" aria-label="Clock">
      <div className="now">
        <time dateTime={time.toISOString()}>{moment(time, me.tz)}</time>
        <span className="zone">{zone}</span>
      </div>
      {jumping ? (
        <p className="jumping" role="status">
          <span className="spinner" aria-hidden="true" /> Time passes: {jumping}
        </p>
      ) : (
        <div className="jumps">
          {shownJumps.map((one) => (
            <button
              key={one.name}
              type="button"
              className="jump"
              disabled={!one.at}
              title={one.at ? `To ${moment(new Date(one.at), me.tz)}` : (one.why ?? "")}
              onClick={() => void jump(one)}
            >
              {one.label}
              {one.at && <span className="when"> {moment(new Date(one.at), me.tz)}</span>}
            </button>
          ))}
        </div>
      )}
      <div className="bar-end">
        {!jumping && (
          <span className={shownJumps === demo.clock.jumps ? "narrow" : undefined}>
            <Menu
              label="Let time pass"
              face={<Onwards />}
              className="quiet"
              items={demo.clock.jumps.map((one) => ({
                key: one.name,
                text: one.label,
                detail: one.at ? moment(new Date(one.at), me.tz) : (one.why ?? ""),
                disabled: !one.at,
              }))}
              onPick={(name) => void jump(demo.clock.jumps.find((one) => one.name === name) as Jump)}
            />
          </span>
        )}
        {demo.happened.length > 0 && (
          <button type="button" className="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
            What happened <span className="count">{demo.happened.length}</span>
          </button>
        )}
        <label className="switch" title="People whom you do not play answer by themselves">
          <input
            type="checkbox"
            role="switch"
            checked={demo.autoplay.on}
            onChange={(event) => void send("autoplay", { on: event.target.checked })}
          />
          <span>{demo.autoplay.label}</span>
        </label>
      </div>
      {shown && demo.happened.length > 0 && (
        <HappenedList happened={demo.happened} onClose={() => setShown(false)} onGo={onGo} />
      )}
    </div>
  );
}

type ListProps = { happened: Happened[]; onClose: () => void; onGo: (one: Happened) => void };

function HappenedList({ happened, onClose, onGo }: ListProps) {
  const { me } = useWorkspace();
  useEffect(() => {
    const keys = (event: KeyboardEvent) => event.key === "Escape" && onClose();
    document.addEventListener("keydown", keys);
    return () => document.removeEventListener("keydown", keys);
  }, [onClose]);
  return (
    <section className="happened" aria-label="What happened">
      <header>
        <h2>What happened</h2>
        <button type="button" className="quiet" aria-label="Close" onClick={onClose}>
          ×
        </button>
      </header>
      <ol tabIndex={0} aria-label="What happened">
        {happened.map((one, index) => {
          const at = new Date(one.at);
          const line = (
            <>
              <time>{moment(at, me.tz)}</time> <span>{one.text}</span>
            </>
          );
          return (
            <li key={index}>
              {one.channel ? (
                <button
                  type="button"
                  onClick={() => {
                    onClose();
                    onGo(one);
                  }}
                >
                  {line}
                </button>
              ) : (
                <p>{line}</p>
              )}
            </li>
          );
        })}
      </ol>
    </section>
  );
}

/** The time now, drawn anew when its minute changes. */
function useTicking(now: () => Date): Date {
  const [time, setTime] = useState(now);
  useEffect(() => {
    const timer = setInterval(() => {
      setTime((before) => (clock(before, "UTC") === clock(now(), "UTC") && sameDay(before, now()) ? before : now()));
    }, 250);
    return () => clearInterval(timer);
  }, [now]);
  return time;
}

const sameDay = (one: Date, other: Date) => one.toISOString().slice(0, 10) === other.toISOString().slice(0, 10);
