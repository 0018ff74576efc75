// Conversations by the names that one person reads, and faces for people.

import { createContext, useContext } from "react";
import type { Entry, Head } from "./slack";
import { useWorkspace, type Workspace } from "./workspace";

/** A conversation's name in one's sidebar, without the # of a channel. */
export function nameOf(head: Head, { me, people }: Workspace): string {
  if (head.kind === "public_channel" || head.kind === "private_channel") return head.name;
  const others = Array.isArray(head.members) ? head.members.filter((one) => one !== me.id) : [];
  if (others.length === 0) return `${me.name} (you)`;
  return others.map((one) => people.get(one)?.name ?? "somebody").join(", ");
}

export const isChannel = (head: Head) => head.kind === "public_channel" || head.kind === "private_channel";
export const sign = (head: Head) => (head.kind === "private_channel" ? "🔒\u2009" : isChannel(head) ? "#" : "");

const Sidebar = createContext<Entry[]>([]);
export const ConversationsProvider = Sidebar.Provider;

/** The conversations that one is in, with their names. */
export function useConversations(): (Entry & { title: string })[] {
  const workspace = useWorkspace();
  return useContext(Sidebar).map((one) => ({ ...one, title: sign(one) + nameOf(one, workspace) }));
}

/** A face: the app's flower, or the first letters on a colour of the person's own. */
export function Face({ id, name, size = 36 }: { id: string; name: string; size?: number }) {
  const { start } = useWorkspace();
  const style = { width: size, height: size, fontSize: size * 0.4 };
  if (id === start.app.user) {
    return (
      <span className="face app" style={style} aria-hidden="true">
        <svg viewBox="0 0 36 36">
          <g fill="none" stroke="#fff" strokeWidth="2.2" strokeLinejoin="round">
            <path d="M18 5.5 29.9 14.1 25.3 28.1H10.7L6.1 14.1Z" fill="#ffffff26" />
            {[0, 72, 144, 216, 288].map((turn) => (
              <ellipse key={turn} cx="18" cy="12.6" rx="2.4" ry="3.3" fill="#fff" stroke="none" transform={`rotate(${turn} 18 18.2)`} />
            ))}
          </g>
        </svg>
      </span>
    );
  }
  const letters = name
    .split(/\s+/)
    .map((word) => [...word][0] ?? "")
    .slice(0, 2)
    .join("")
    .toLocaleUpperCase();
  const hue = [...id].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 360, 7);
  return (
    <span className="face" style={{ ...style, background: `hsl(${hue} 45% 31%)` }} aria-hidden="true">
      {letters}
    </span>
  );
}
