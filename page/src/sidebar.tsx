// Whom one plays, and one's conversations with their unread marks.

import { useState } from "react";
import { Combo } from "./floating";
import { Face, isChannel, nameOf } from "./naming";
import { type Entry, post } from "./slack";
import { clock } from "./time";
import { type Place, useWorkspace } from "./workspace";

type Props = { entries: Entry[]; place: Place; bePerson: (id: string) => void };

export function Sidebar({ entries, place, bePerson }: Props) {
  const { start, me, now, go } = useWorkspace();
  const app = start.app.user;
  const channels = entries.filter(isChannel);
  const withApp = entries.find((one) => one.kind === "im" && (one.members as string[]).includes(app));
  const others = entries.filter((one) => !isChannel(one) && one !== withApp);
  const people = start.people
    .filter((one) => !one.bot && !one.deleted)
    .map((one) => ({
      key: one.id,
      text: one.real_name,
      detail: [one.title, clock(now(), one.tz)].filter(Boolean).join(" · "),
      mark: <Face id={one.id} name={one.name} size={28} />,
    }));
  return (
    <nav className="sidebar" aria-label="Conversations">
      <div className="who">
        <h1>{start.workspace.name}</h1>
        <p id="you-are" className="you-are">
          You are
        </p>
        <div className="me">
          <Face id={me.id} name={me.name} size={32} />
          <Combo
            label="You are"
            labelledBy="you-are"
            items={people}
            chosen={people.find((one) => one.key === me.id) ?? null}
            onPick={(one) => bePerson(one.key)}
          />
        </div>
      </div>
      <div className="conversations">
        <Group name="Apps">
          <Row
            name={start.app.name}
            entry={withApp}
            face={<Face id={app} name={start.app.name} size={20} />}
            current={place.home === true || (withApp !== undefined && place.channel === withApp.id)}
            onGo={async () => {
              if (withApp) go({ channel: withApp.id });
              else go(await direct(me.id, app));
            }}
          />
        </Group>
        <Group name="Channels">
          {channels.map((one) => (
            <Row
              key={one.id}
              name={one.name}
              entry={one}
              face={<span aria-hidden="true">{one.kind === "private_channel" ? "🔒" : "#"}</span>}
              current={!place.home && place.channel === one.id}
              onGo={() => go({ channel: one.id })}
            />
          ))}
        </Group>
        <Others entries={others} place={place} />
      </div>
    </nav>
  );
}

function Others({ entries, place }: { entries: Entry[]; place: Place }) {
  const workspace = useWorkspace();
  const { start, me, people, go, say } = workspace;
  const [writing, setWriting] = useState(false);
  const items = start.people
    .filter((one) => !one.bot && !one.deleted)
    .map((one) => ({ key: one.id, text: one.id === me.id ? `${one.real_name} (you)` : one.real_name, detail: one.title }));
  return (
    <Group
      name="Direct messages"
      side={
        <button type="button" className="quiet" aria-label="New message" onClick={() => setWriting(!writing)}>
          +
        </button>
      }
    >
      {writing && (
        <li className="writing">
          <Combo
            label="Write to"
            placeholder="Write to…"
            items={items}
            autoFocus
            onPick={(one) => {
              setWriting(false);
              direct(me.id, one.key).then(go, (trouble: Error) => say(trouble.message));
            }}
          />
        </li>
      )}
      {entries.map((one) => {
        const name = nameOf(one, workspace);
        const other = (one.members as string[]).find((id) => id !== me.id) ?? me.id;
        const face = <Face id={other} name={people.get(other)?.name ?? name} size={20} />;
        const current = !place.home && place.channel === one.id;
        return <Row key={one.id} name={name} entry={one} face={face} current={current} onGo={() => go({ channel: one.id })} />;
      })}
    </Group>
  );
}

const direct = async (person: string, other: string): Promise<Place> => post("/_page/direct", { person, other });

function Group({ name, side, children }: { name: string; side?: React.ReactNode; children: React.ReactNode }) {
  return (
    <section aria-label={name}>
      <div className="group-head">
        <h2>{name}</h2>
        {side}
      </div>
      <ul>{children}</ul>
    </section>
  );
}

type RowProps = { name: string; entry?: Entry; face: React.ReactNode; current: boolean; onGo: () => void };

function Row({ name, entry, face, current, onGo }: RowProps) {
  const unread = (entry?.unread ?? 0) > 0 || (entry?.rings ?? 0) > 0;
  return (
    <li>
      <button type="button" className={unread ? "conversation unread" : "conversation"} aria-current={current ? "page" : undefined} onClick={onGo}>
        {face}
        <span className="conversation-name">{name}</span>
        {entry && entry.rings > 0 ? (
          <span className="rings">
            {entry.rings > 99 ? "99+" : entry.rings}
            <span className="hidden"> new for you</span>
          </span>
        ) : unread ? (
          <span className="hidden">unread</span>
        ) : null}
      </button>
    </li>
  );
}

