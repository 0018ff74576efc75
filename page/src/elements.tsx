// What can be pressed, chosen or typed. slack-blocks-to-jsx draws such elements but does not report; these do.

import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { Menu } from "./floating";
import { Chooser } from "./choosers";
import type { Element, Option, Value } from "./slack";
import { useSurface, valueOf } from "./surface";
import { Say, words } from "./text";
import { fromLocalInput, toLocalInput } from "./time";
import { placeOf, useWorkspace } from "./workspace";

/** How the field around an element names and describes it. */
export type Field = {
  label: string;
  labelledBy?: string;
  describedBy?: string;
  invalid?: boolean;
  required?: boolean;
  reports?: boolean; // each change goes to the app, also from an input block
  focus?: boolean;
};
export type ElementProps = { blockId: string; element: Element; field: Field };

/** An element by its type. */
export function Interactive({ blockId, element, field }: Omit<ElementProps, "field"> & { field?: Field }) {
  const named = field ?? { label: words(element.placeholder) || element.type.replaceAll("_", " ") };
  const props = { blockId, element, field: named };
  switch (element.type) {
    case "button":
    case "workflow_button":
    case "icon_button":
      return <Button {...props} />;
    case "feedback_buttons":
      return <Feedback {...props} />;
    case "overflow":
      return <Overflow {...props} />;
    case "radio_buttons":
    case "checkboxes":
      return <Choices {...props} />;
    case "datepicker":
    case "timepicker":
    case "datetimepicker":
      return <Picker {...props} />;
    case "plain_text_input":
    case "number_input":
    case "email_text_input":
    case "url_text_input":
    case "rich_text_input":
      return <Typed {...props} />;
    case "file_input":
      return <Files {...props} />;
    default:
      return element.type.endsWith("_select") ? <Chooser {...props} /> : null;
  }
}

function Button({ blockId, element }: ElementProps) {
  const surface = useSurface();
  const { go } = useWorkspace();
  const pressed = surface.busy === `${blockId} ${element.action_id}`;
  const press = async () => {
    if (surface.busy || !(await surface.press(blockId, element)) || !element.url) return;
    const place = placeOf(element.url);
    if (place) go(place);
    else window.open(element.url, "_blank", "noopener,noreferrer");
  };
  return (
    <button
      type="button"
      className={`button ${element.style ?? ""}`}
      aria-label={element.accessibility_label}
      aria-busy={pressed}
      // Not "disabled": that would take the keyboard's place away.
      aria-disabled={surface.busy !== ""}
      onClick={() => void press()}
    >
      {words(element.text)}
    </button>
  );
}

function Feedback({ blockId, element }: ElementProps) {
  const surface = useSurface();
  return (
    <>
      {[element.positive_button, element.negative_button].map(
        (one) =>
          one && (
            <button
              key={one.text.text}
              type="button"
              className="button"
              onClick={() => void surface.press(blockId, element, one)}
            >
              {words(one.text)}
            </button>
          ),
      )}
    </>
  );
}

function Overflow({ blockId, element }: ElementProps) {
  const surface = useSurface();
  const options = element.options ?? [];
  const items = options.map((one, index) => ({ key: String(index), text: words(one.text), detail: words(one.description) }));
  const pick = async (key: string) => {
    const option = options[Number(key)];
    if (option && (await surface.press(blockId, element, option)) && option.url) {
      window.open(option.url, "_blank", "noopener,noreferrer");
    }
  };
  return (
    <Menu
      label="More actions"
      face="⋯"
      className="button overflow"
      items={items}
      onPick={(key) => void pick(key)}
    />
  );
}

const same = (one: Option, other: Option) => one.value === other.value && one.text.text === other.text.text;

function Choices({ blockId, element, field }: ElementProps) {
  const surface = useSurface();
  const name = useId();
  const single = element.type === "radio_buttons";
  const value = valueOf(surface, blockId, element);
  const chosen = single ? [value?.selected_option].filter((one) => one != null) : (value?.selected_options ?? []);
  // Shown at once; the server's word counts as soon as it is there.
  const [ahead, setAhead] = useState<Option[] | null>(null);
  const settled = JSON.stringify(chosen);
  useEffect(() => setAhead(null), [settled]);
  const shown = ahead ?? chosen;
  const choose = async (option: Option, on: boolean) => {
    const next = single ? [option] : [...shown.filter((one) => !same(one, option)), ...(on ? [option] : [])];
    setAhead(next);
    if (!(await surface.press(blockId, element, single ? option : next))) setAhead(null);
  };
  return (
    <div
      role={single ? "radiogroup" : "group"}
      aria-label={field.labelledBy ? undefined : field.label}
      aria-labelledby={field.labelledBy}
      aria-describedby={field.describedBy}
      aria-invalid={single ? field.invalid : undefined}
      aria-required={single ? field.required : undefined}
      className="choices"
    >
      {(element.options ?? []).map((option, index) => (
        <label key={`${option.value}-${index}`} className="choice">
          <input
            type={single ? "radio" : "checkbox"}
            name={single ? name : undefined}
            checked={shown.some((one) => same(one, option))}
            data-field={field.focus && index === 0 ? "first" : undefined}
            onChange={(event) => void choose(option, event.target.checked)}
          />
          <span className="choice-words">
            <Say text={option.text} />
            {option.description && (
              <span className="faint">
                <Say text={option.description} />
              </span>
            )}
          </span>
        </label>
      ))}
    </div>
  );
}

/** Of a file its name counts: this Slack makes the bytes up. */
function Files({ blockId, element, field }: ElementProps) {
  const surface = useSurface();
  return (
    <input
      type="file"
      multiple={element.max_files !== 1}
      aria-label={field.labelledBy ? undefined : field.label}
      aria-labelledby={field.labelledBy}
      aria-describedby={field.describedBy}
      onChange={(event) => {
        const names = [...(event.target.files ?? [])].map((one) => one.name);
        void surface.press(blockId, element, names);
      }}
    />
  );
}

const PICKERS: Record<string, { type: string; read: (value: Value, zone: string) => string }> = {
  datepicker: { type: "date", read: (value) => value.selected_date ?? "" },
  timepicker: { type: "time", read: (value) => value.selected_time ?? "" },
  datetimepicker: {
    type: "datetime-local",
    read: (value, zone) => (value.selected_date_time ? toLocalInput(value.selected_date_time, zone) : ""),
  },
};

function Picker({ blockId, element, field }: ElementProps) {
  const surface = useSurface();
  const { me } = useWorkspace();
  const picker = PICKERS[element.type];
  const value = valueOf(surface, blockId, element);
  const settled = value && picker ? picker.read(value, me.tz) : "";
  const [shown, setShown] = useState(settled);
  useEffect(() => setShown(settled), [settled]);
  const enter = (text: string) => {
    setShown(text);
    const raw = text === "" ? null : element.type === "datetimepicker" ? fromLocalInput(text, me.tz) : text;
    void surface.press(blockId, element, raw);
  };
  return (
    <input
      type={picker?.type}
      aria-label={field.labelledBy ? undefined : field.label}
      aria-labelledby={field.labelledBy}
      aria-describedby={field.describedBy}
      aria-invalid={field.invalid}
      aria-required={field.required}
      data-field={field.focus ? "first" : undefined}
      value={shown}
      // A date that is typed is whole only at the end; the browser gives nothing before.
      onChange={(event) => enter(event.target.value)}
    />
  );
}

const PAUSE = 350; // milliseconds without a key before what is typed is passed on
const KINDS: Record<string, { mode: "text" | "decimal" | "numeric" | "email" | "url" }> = {
  email_text_input: { mode: "email" },
  url_text_input: { mode: "url" },
};

function textOf(value: Value | undefined): string {
  if (!value) return "";
  if (value.type !== "rich_text_input") return value.value ?? "";
  const pieces: string[] = [];
  JSON.stringify(value.rich_text_value, (key, inner) => (key === "text" && pieces.push(String(inner)), inner));
  return pieces.join("");
}

function Typed({ blockId, element, field }: ElementProps) {
  const surface = useSurface();
  const settled = textOf(valueOf(surface, blockId, element));
  const [text, setText] = useState(settled);
  const unsent = useRef<string | null>(null);
  const timer = useRef(0);
  const box = useRef<HTMLTextAreaElement & HTMLInputElement>(null);

  const send = async (more: { enter?: boolean } = {}) => {
    clearTimeout(timer.current);
    const typed = unsent.current;
    if (typed === null && !more.enter) return;
    unsent.current = null;
    await surface.enter(blockId, element, (typed ?? box.current?.value) || null, more);
  };
  const latest = useRef(send);
  latest.current = send;
  useEffect(() => surface.onFlush(() => latest.current()), [surface.onFlush]);
  // What the app or another window put there; never over what is being typed.
  useEffect(() => {
    if (unsent.current === null && document.activeElement !== box.current) setText(settled);
  }, [settled]);

  const type = (typed: string) => {
    setText(typed);
    unsent.current = typed;
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => void send(), PAUSE);
  };
  const keys = (event: KeyboardEvent) => {
    const on = element.dispatch_action_config?.trigger_actions_on ?? ["on_enter_pressed"];
    if (event.key !== "Enter" || event.shiftKey || element.multiline) return;
    if (!field.reports || !on.includes("on_enter_pressed")) return;
    event.preventDefault();
    void send({ enter: true });
  };
  const shared = {
    ref: box,
    "aria-label": field.labelledBy ? undefined : field.label,
    "aria-labelledby": field.labelledBy,
    "aria-describedby": field.describedBy,
    "aria-invalid": field.invalid,
    "aria-required": field.required,
    "data-field": field.focus ? "first" : undefined,
    placeholder: words(element.placeholder),
    maxLength: element.max_length ?? 3000,
    value: text,
    onChange: (event: { target: { value: string } }) => type(event.target.value),
    onBlur: () => void send(),
    onKeyDown: keys,
  };
  if (element.multiline || element.type === "rich_text_input") return <textarea rows={3} {...shared} />;
  const mode = element.type === "number_input" ? (element.is_decimal_allowed ? "decimal" : "numeric") : undefined;
  return <input type="text" inputMode={mode ?? KINDS[element.type]?.mode} {...shared} />;
}
