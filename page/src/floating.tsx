// Lists that open over the page: a menu of entries, and a field that offers what fits.

import { type KeyboardEvent, type ReactNode, useEffect, useId, useLayoutEffect, useRef, useState } from "react";

/** Shows `floating` in the top layer beside `anchor` while `open`; it stays inside the window. */
function useFloating(open: boolean, close: () => void, wide: boolean) {
  const anchor = useRef<HTMLDivElement>(null);
  const floating = useRef<HTMLDivElement>(null);
  const onOutside = useRef(close);
  onOutside.current = close;
  useLayoutEffect(() => {
    const box = floating.current;
    if (!open || !box || !anchor.current) return;
    box.showPopover();
    const place = () => {
      if (!anchor.current) return;
      const at = anchor.current.getBoundingClientRect();
      if (wide) box.style.width = `${at.width}px`;
      const { width, height } = box.getBoundingClientRect();
      const below = window.innerHeight - at.bottom - 8;
      const fits = height <= below || below >= at.top - 8;
      box.style.maxHeight = `${Math.max(120, Math.min(360, fits ? below : at.top - 8))}px`;
      box.style.left = `${Math.max(8, Math.min(wide ? at.left : at.right - width, window.innerWidth - width - 8))}px`;
      box.style.top = `${fits ? at.bottom + 4 : Math.max(8, at.top - Math.min(height, at.top - 8) - 4)}px`;
    };
    place();
    const watch = new ResizeObserver(place);
    watch.observe(box);
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (!box.contains(target) && !anchor.current?.contains(target)) onOutside.current();
    };
    window.addEventListener("scroll", place, true);
    window.addEventListener("resize", place);
    document.addEventListener("pointerdown", outside, true);
    return () => {
      watch.disconnect();
      window.removeEventListener("scroll", place, true);
      window.removeEventListener("resize", place);
      document.removeEventListener("pointerdown", outside, true);
      if (box.isConnected) box.hidePopover();
    };
  }, [open, wide]);
  return { anchor, floating };
}

/** The sign for time that passes. */
export const Onwards = () => (
  <svg className="onwards" viewBox="0 0 16 12" width="16" height="12" aria-hidden="true">
    <path d="M1 1.2 7.5 6 1 10.8ZM8 1.2 14.5 6 8 10.8Z" fill="currentColor" />
  </svg>
);

export type Item = {
  key: string;
  text: string;
  detail?: string;
  group?: string;
  mark?: ReactNode;
  side?: ReactNode;
  disabled?: boolean;
};

type MenuProps = {
  label: string;
  face: ReactNode;
  items: Item[];
  onPick: (key: string) => void;
  className?: string;
  disabled?: boolean;
  wide?: boolean;
};

/** A button that opens a menu. */
export function Menu({ label, face, items, onPick, className, disabled, wide = false }: MenuProps) {
  const [open, setOpen] = useState(false);
  const { anchor, floating } = useFloating(open, () => setOpen(false), wide);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  useEffect(() => {
    if (open) floating.current?.querySelector<HTMLElement>("[role=menuitem]:not([aria-disabled=true])")?.focus();
  }, [open, floating]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const keys = (event: KeyboardEvent) => {
    const entries = [...(floating.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: entries.length - 1 }[event.key];
    if (to !== undefined) entries[(to + entries.length) % entries.length]?.focus();
    else if (event.key === "Escape") close();
    else if (event.key === "Tab") setOpen(false);
    if (to !== undefined || event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
    }
  };
  return (
    <div className="anchor" ref={anchor}>
      <button
        ref={button}
        type="button"
        className={className}
        aria-label={label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        disabled={disabled}
        onClick={() => setOpen(!open)}
      >
        {face}
      </button>
      {open && (
        <div id={id} ref={floating} popover="manual" role="menu" aria-label={label} className="floating" onKeyDown={keys}>
          {items.map((item) => (
            <button
              key={item.key}
              type="button"
              role="menuitem"
              tabIndex={-1}
              className="entry"
              aria-disabled={item.disabled}
              onClick={() => {
                if (item.disabled) return;
                close();
                onPick(item.key);
              }}
            >
              <Entry item={item} />
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function Entry({ item }: { item: Item }) {
  return (
    <>
      {item.mark}
      <span className="entry-words">
        <span>{item.text}</span>
        {item.detail && <span className="faint">{item.detail}</span>}
      </span>
      {item.side}
    </>
  );
}

type ComboProps = {
  label: string;
  labelledBy?: string;
  describedBy?: string;
  invalid?: boolean;
  required?: boolean;
  placeholder?: string;
  items: Item[];
  chosen?: Item | null; // what stands in the field while it is closed
  filtered?: boolean; // the items are what was asked for already
  note?: string; // in place of the items
  autoFocus?: boolean;
  onType?: (typed: string) => void;
  onPick: (item: Item) => void;
  onClear?: () => void;
  onLeave?: () => void;
};

/** A field that is typed into and offers what fits; the arrow keys choose. */
export function Combo(props: ComboProps) {
  const { items, chosen, filtered, note } = props;
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const { anchor, floating } = useFloating(open, () => leave(), true);
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const wanted = typed.trim().toLocaleLowerCase();
  const fitting = filtered
    ? items
    : items.filter((item) => `${item.text} ${item.detail ?? ""}`.toLocaleLowerCase().includes(wanted));
  const shown = fitting.slice(0, 100);
  const current = Math.min(at, shown.length - 1);

  useEffect(() => {
    if (open) floating.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [open, current, floating]);
  // The attribute of the same name works only while a page loads.
  useEffect(() => {
    if (props.autoFocus) input.current?.focus();
  }, [props.autoFocus]);

  function leave() {
    setOpen(false);
    setTyped("");
    props.onLeave?.();
  }
  const start = () => {
    if (!open) setAt(0);
    setOpen(true);
  };
  const pick = (item: Item | undefined) => {
    if (!item || item.disabled) return;
    leave();
    props.onPick(item);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) start();
      else setAt((current + (event.key === "ArrowDown" ? 1 : -1) + shown.length) % Math.max(1, shown.length));
    } else if (event.key === "Enter" && open) {
      event.preventDefault();
      pick(shown[current]);
    } else if (event.key === "Escape" && open) {
      event.preventDefault();
      event.stopPropagation();
      leave();
    } else if (event.key === "Backspace" && !typed && chosen && props.onClear) {
      props.onClear();
    }
  };
  return (
    <div className="anchor combo" ref={anchor}>
      <input
        ref={input}
        role="combobox"
        autoComplete="off"
        aria-label={props.labelledBy ? undefined : props.label}
        aria-labelledby={props.labelledBy}
        aria-describedby={props.describedBy}
        aria-invalid={props.invalid}
        aria-required={props.required}
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-autocomplete="list"
        aria-activedescendant={open && shown[current] ? `${id}-${current}` : undefined}
        placeholder={props.placeholder}
        value={open ? typed : (chosen?.text ?? "")}
        onClick={start}
        onBlur={(event) => {
          if (!floating.current?.contains(event.relatedTarget)) leave();
        }}
        onKeyDown={keys}
        onChange={(event) => {
          setTyped(event.target.value);
          setAt(0);
          setOpen(true);
          props.onType?.(event.target.value);
        }}
      />
      {chosen && props.onClear ? (
        <button type="button" className="clear" aria-label={`Clear ${props.label}`} onClick={props.onClear}>
          ×
        </button>
      ) : (
        <span className="caret" aria-hidden="true" />
      )}
      {open && (
        <div ref={floating} popover="manual" className="floating">
          <div id={id} role="listbox" aria-label={props.label}>
            {shown.map((item, index) => (
              <div
                key={item.key}
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === current}
                aria-disabled={item.disabled}
                className="entry"
                // The field keeps the focus.
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => pick(item)}
              >
                {item.group && item.group !== shown[index - 1]?.group && <span className="group">{item.group}</span>}
                <Entry item={item} />
              </div>
            ))}
          </div>
          {(note || shown.length === 0) && <p className="entry-note">{note ?? "Nothing fits."}</p>}
        </div>
      )}
    </div>
  );
}
