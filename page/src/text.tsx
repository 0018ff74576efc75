// Slack's text: mrkdwn and blocks without anything to press are drawn by slack-blocks-to-jsx.

import { emojify } from "node-emoji";
import { type MouseEvent, memo, type ReactNode } from "react";
import { Message as Drawn, type MessageProps } from "slack-blocks-to-jsx";
import type { Block, Text } from "./slack";
import { notation } from "./time";
import { placeOf, useWorkspace, type Workspace } from "./workspace";

/** Plain words, with emoji for their short names. */
export const words = (text?: Text | string | null) => emojify(typeof text === "string" ? text : (text?.text ?? ""));

/** A text object where it stands alone: in a label, an option, a note. */
export function Say({ text }: { text?: Text | string | null }) {
  if (!text) return null;
  if (typeof text === "string" || text.type === "plain_text") return <>{words(text)}</>;
  return <Static blocks={[{ type: "section", block_id: "", text }]} />;
}

/** Blocks in which nothing can be pressed. */
export const Static = memo(function Static({ blocks }: { blocks: Block[] }) {
  const workspace = useWorkspace();
  return (
    <Drawn
      blocks={blocks.map(literal) as MessageProps["blocks"]}
      hooks={hooks(workspace)}
      theme={workspace.theme}
      withoutWrapper
      logo=""
      name=""
    />
  );
});

/** Plain text is not parsed for marks: as rich text it stays what it is. */
function literal(block: Block): Block {
  const text = block.text;
  if (block.type !== "section" || typeof text !== "object" || text.type !== "plain_text" || block.fields) return block;
  const section = { type: "rich_text_section", elements: [{ type: "text", text: words(text) }] };
  return { type: "rich_text", block_id: block.block_id, elements: [section] } as unknown as Block;
}

function hooks(workspace: Workspace): NonNullable<MessageProps["hooks"]> {
  const { people, channels, me } = workspace;
  return {
    user: ({ id }) => (
      <span className={id === me.id ? "mention mine" : "mention"}>@{people.get(id)?.name ?? "somebody"}</span>
    ),
    channel: ({ id }) => (
      <button type="button" className="mention link" onClick={() => workspace.go({ channel: id })}>
        #{channels.get(id) ?? "a private channel"}
      </button>
    ),
    usergroup: ({ name }) => <span className="mention">@{name}</span>,
    atHere: () => <span className="mention mine">@here</span>,
    atChannel: () => <span className="mention mine">@channel</span>,
    atEveryone: () => <span className="mention mine">@everyone</span>,
    emoji: (data, parse) => {
      const shown = parse(data);
      // What is no emoji comes back as its bare name: "10:01:30" is a time, and keeps its colons.
      return shown === data.name ? `:${data.name}:` : <span className="emoji">{shown}</span>;
    },
    date: ({ timestamp, format, link, fallback }) => {
      const shown = notation(Number(timestamp), format, me.tz, workspace.now());
      const time = <time title={fallback}>{shown}</time>;
      return link ? <Link href={link}>{time}</Link> : time;
    },
    link: ({ href, children }) => <Link href={href}>{children}</Link>,
  };
}

/** A link: into this workspace, or to a new tab. */
function Link({ href, children }: { href: string; children: ReactNode }) {
  const { go } = useWorkspace();
  const place = placeOf(href);
  const follow = (event: MouseEvent) => {
    if (!place) return;
    event.preventDefault();
    go(place);
  };
  return (
    <a href={href} target="_blank" rel="noopener noreferrer" onClick={follow}>
      {children}
    </a>
  );
}
