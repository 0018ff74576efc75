// Menus that choose: options, people, conversations, and options that the app is asked for.

import { useEffect, useRef, useState } from "react";
import type { ElementProps } from "./elements";
import { Combo, type Item } from "./floating";
import { useConversations } from "./naming";
import { type Element, type Option, type OptionGroup, suggest } from "./slack";
import { useSurface, valueOf } from "./surface";
import { words } from "./text";
import { useWorkspace } from "./workspace";

type Entry = { item: Item; raw: unknown };

const PAUSE = 200; // milliseconds without a key before the app is asked
const optionKey = (option: Option) => `${option.value ?? ""}\n${option.text.text}`;

const entryOf = (option: Option, group?: string): Entry => ({
  item: { key: optionKey(option), text: words(option.text), detail: words(option.description), group },
  raw: option,
});
const entriesOf = (options: Option[] = [], groups: OptionGroup[] = []): Entry[] => [
  ...options.map((one) => entryOf(one)),
  ...groups.flatMap((group) => group.options.map((one) => entryOf(one, words(group.label)))),
];

/** All that a menu offers by itself: its options, or the people and conversations there are. */
function useOffered(element: Element): Entry[] {
  const { start } = useWorkspace();
  const conversations = useConversations();
  if (element.type.includes("static_select")) return entriesOf(element.options, element.option_groups);
  if (element.type.includes("users_select")) {
    return start.people
      .filter((one) => !one.deleted && !one.bot)
      .map((one) => ({ item: { key: one.id, text: one.real_name, detail: one.title }, raw: one.id }));
  }
  if (element.type.includes("channels_select")) {
    return start.channels.map((one) => ({ item: { key: one.id, text: `#${one.name}` }, raw: one.id }));
  }
  const wanted = element.filter?.include;
  const kinds: Record<string, string> = { public_channel: "public", private_channel: "private", im: "im", mpim: "mpim" };
  return conversations
    .filter((one) => !wanted || wanted.includes(kinds[one.kind] ?? ""))
    .map((one) => ({ item: { key: one.id, text: one.title }, raw: one.id }));
}

/** What is chosen now, as entries. */
function useChosen(blockId: string, element: Element, offered: Entry[]): Entry[] {
  const value = valueOf(useSurface(), blockId, element);
  if (!value) return [];
  const options = value.selected_options ?? (value.selected_option ? [value.selected_option] : []);
  if (options.length) return options.map((one) => entryOf(one));
  const ids =
    value.selected_users ??
    value.selected_conversations ??
    value.selected_channels ??
    [value.selected_user ?? value.selected_conversation ?? value.selected_channel].filter((one) => one != null);
  return ids.map((id) => offered.find((one) => one.item.key === id) ?? { item: { key: id, text: id }, raw: id });
}

export function Chooser({ blockId, element, field }: ElementProps) {
  const surface = useSurface();
  const offered = useOffered(element);
  const chosen = useChosen(blockId, element, offered);
  const asked = useAsked(blockId, element);
  const external = element.type.includes("external_select");
  const several = element.type.startsWith("multi_");
  const [ahead, setAhead] = useState<Entry[] | null>(null);
  const settled = chosen.map((one) => one.item.key).join("\n\n");
  useEffect(() => setAhead(null), [settled]);

  const shown = ahead ?? chosen;
  const entries = external ? asked.entries : offered;
  const free = several ? entries.filter((one) => !shown.some((other) => other.item.key === one.item.key)) : entries;
  const full = several && shown.length >= (element.max_selected_items ?? Number.POSITIVE_INFINITY);
  const send = async (next: Entry[]) => {
    setAhead(next);
    const raw = several ? next.map((one) => one.raw) : (next[0]?.raw ?? null);
    if (!(await surface.press(blockId, element, raw))) setAhead(null);
  };
  const pick = (item: Item) => {
    const entry = free.find((one) => one.item.key === item.key);
    if (entry) void send(several ? [...shown, entry] : [entry]);
  };
  return (
    <div className="chooser">
      {several && shown.length > 0 && (
        <ul className="chips" aria-label={`${field.label}: chosen`}>
          {shown.map((one) => (
            <li key={one.item.key}>
              {one.item.text}
              <button
                type="button"
                aria-label={`Remove ${one.item.text}`}
                onClick={() => void send(shown.filter((other) => other !== one))}
              >
                ×
              </button>
            </li>
          ))}
        </ul>
      )}
      <Combo
        label={field.label}
        labelledBy={field.labelledBy}
        describedBy={field.describedBy}
        invalid={field.invalid}
        required={field.required}
        autoFocus={field.focus}
        placeholder={words(element.placeholder) || "Choose"}
        items={full ? [] : free.map((one) => one.item)}
        chosen={several ? null : (shown[0]?.item ?? null)}
        filtered={external}
        note={full ? `At most ${element.max_selected_items} can be chosen.` : external ? asked.note : undefined}
        onType={external ? asked.ask : undefined}
        onPick={pick}
        onClear={!several && field.required === false ? () => void send([]) : undefined}
        onLeave={external ? asked.forget : undefined}
      />
    </div>
  );
}

/** Asks the app for options as somebody types. */
function useAsked(blockId: string, element: Element) {
  const surface = useSurface();
  const { me } = useWorkspace();
  const least = element.min_query_length ?? 3;
  const idle = least === 0 ? "Type to search." : `Type ${least === 1 ? "a letter" : `${least} letters`} to search.`;
  const [entries, setEntries] = useState<Entry[]>([]);
  const [note, setNote] = useState<string | undefined>(idle);
  const timer = useRef(0);
  const turn = useRef(0);
  const ask = (typed: string) => {
    clearTimeout(timer.current);
    const mine = ++turn.current;
    if (typed.length < least) {
      setEntries([]);
      setNote(idle);
      return;
    }
    setNote(entries.length ? undefined : "Searching…");
    timer.current = window.setTimeout(async () => {
      const given = { ...surface.spot, block_id: blockId, action_id: element.action_id, value: typed };
      try {
        const answer = await suggest(me.id, given);
        if (mine !== turn.current) return;
        // Options that stand in groups come once more within them.
        setEntries(answer.groups?.length ? entriesOf([], answer.groups) : entriesOf(answer.options));
        setNote(answer.error ?? undefined);
      } catch (trouble) {
        if (mine === turn.current) setNote((trouble as Error).message);
      }
    }, PAUSE);
  };
  const forget = () => {
    turn.current++;
    clearTimeout(timer.current);
    setEntries([]);
    setNote(idle);
  };
  return { entries, note, ask, forget };
}
