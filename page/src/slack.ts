// What the local Slack's server gives and takes, in Slack's own shapes as far as they are drawn here.

export type Text = { type: "plain_text" | "mrkdwn"; text: string };
export type Option = { text: Text; value?: string; description?: Text; url?: string };
export type OptionGroup = { label: Text; options: Option[] };
export type Confirm = { title?: Text; text?: Text; confirm?: Text; deny?: Text; style?: "primary" | "danger" };

export type Element = {
  type: string;
  action_id: string;
  text?: Text;
  placeholder?: Text;
  style?: "primary" | "danger";
  url?: string;
  icon?: string;
  accessibility_label?: string;
  confirm?: Confirm;
  options?: Option[];
  option_groups?: OptionGroup[];
  multiline?: boolean;
  max_length?: number;
  max_files?: number;
  max_selected_items?: number;
  min_query_length?: number;
  is_decimal_allowed?: boolean;
  focus_on_load?: boolean;
  positive_button?: { text: Text };
  negative_button?: { text: Text };
  filter?: { include?: string[]; exclude_bot_users?: boolean };
  dispatch_action_config?: { trigger_actions_on?: string[] };
};

export type Block = {
  type: string;
  block_id: string;
  text?: Text | string;
  accessory?: Element;
  elements?: Element[];
  element?: Element;
  actions?: Element[];
  label?: Text;
  hint?: Text;
  title?: Text;
  subtitle?: Text;
  child_blocks?: Block[];
  optional?: boolean;
  dispatch_action?: boolean;
  is_collapsible?: boolean;
  default_collapsed?: boolean;
  [more: string]: unknown;
};

export type Value = {
  type: string;
  value?: string | null;
  selected_option?: Option | null;
  selected_options?: Option[];
  selected_user?: string | null;
  selected_users?: string[];
  selected_conversation?: string | null;
  selected_conversations?: string[];
  selected_channel?: string | null;
  selected_channels?: string[];
  selected_date?: string | null;
  selected_time?: string | null;
  selected_date_time?: number | null;
  rich_text_value?: unknown;
};
export type Values = Record<string, Record<string, Value>>;

export type Message = {
  channel: string;
  ts: string;
  user: string;
  username?: string;
  text: string;
  blocks?: Block[];
  attachments?: { text?: string; fallback?: string; color?: string; blocks?: Block[] }[];
  bot_id?: string;
  thread_ts?: string;
  subtype?: string;
  reply_count?: number;
  reply_users?: string[];
  latest_reply?: string;
  edited?: { ts: string };
  files?: { id: string; title?: string; name?: string }[];
  values: Values;
  ephemeral: boolean;
};

export type View = {
  id: string;
  type: "modal" | "home";
  hash: string;
  title: Text;
  submit: Text | null;
  close: Text | null;
  callback_id: string;
  blocks: Block[];
  state: { values: Values };
  errors: Record<string, string>;
  trouble: string | null;
};

export type Head = {
  id: string;
  kind: "im" | "mpim" | "public_channel" | "private_channel";
  name: string;
  topic: string;
  archived: boolean;
  member: boolean;
  members: string[] | number;
};
export type Entry = Head & { unread: number; rings: number };
export type Conversation = Head & { messages: Message[]; more: boolean; read: string };
export type Thread = { channel: string; ts: string; messages: Message[] };

export type Screen = {
  revision: number;
  now: string;
  stamp: string;
  sidebar: Entry[];
  conversation: Conversation | null;
  thread: Thread | null;
  modals: View[];
  home: View | null;
  unknown_methods: string[];
};

export type Person = {
  id: string;
  name: string;
  real_name: string;
  title: string;
  tz: string;
  status: string;
  status_emoji: string;
  deleted: boolean;
  bot: boolean;
  guest: boolean;
};
export type Command = { command: string; description: string; usage_hint: string };
export type Shortcut = { name: string; type: "message" | "global"; callback_id: string; description: string };
export type Start = {
  workspace: { id: string; name: string; domain: string };
  app: {
    name: string;
    user: string;
    home_tab: boolean;
    messages_tab: boolean;
    messages_read_only: boolean;
    commands: Command[];
    shortcuts: Shortcut[];
  };
  people: Person[];
  channels: { id: string; name: string }[];
  stamp: string;
};

/** Where an element stands: in a view, or in a message. */
export type Spot = { view: string } | { channel: string; ts: string };

/** A refusal with a sentence that the person can read. */
export class Refused extends Error {}

async function answer<T>(response: Response): Promise<T> {
  if (response.ok) return (await response.json()) as T;
  const body = await response.json().catch(() => ({}));
  throw new Refused(body.error ?? `The local Slack answered ${response.status}.`);
}

export async function get<T>(path: string, query: Record<string, string | number> = {}, signal?: AbortSignal) {
  const search = new URLSearchParams(Object.entries(query).map(([key, value]) => [key, String(value)]));
  return answer<T>(await fetch(search.size ? `${path}?${search}` : path, { signal }));
}

export async function post<T>(path: string, body: object) {
  const content = { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  return answer<T>(await fetch(path, content));
}

/** One act of a person; answers when the app has answered it. `error` is what Slack itself says when the app failed. */
export async function act(person: string, name: string, given: object = {}): Promise<{ error: string | null }> {
  return post("/_control/acts", { act: name, person, ...given });
}

export const suggest = (person: string, given: object) =>
  post<{ options: Option[]; groups?: OptionGroup[]; error: string | null }>("/_page/suggest", { person, ...given });
