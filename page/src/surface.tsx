// A surface is what elements stand on: a message, a dialog, or Home. It knows what is chosen and carries out presses.

import { createContext, type ReactNode, type RefObject, useCallback, useContext, useMemo, useRef, useState } from "react";
import { act, type Element, type Spot, type Value, type Values } from "./slack";
import { useConfirm } from "./confirm";
import { useWorkspace } from "./workspace";

export type Surface = {
  spot: Spot;
  values: Values;
  errors: Record<string, string>;
  busy: string; // what is being pressed: `block_id action_id`
  /** A choice that is on its way to the app, and changes no more than what is chosen; null where there is none. */
  choosing: RefObject<Promise<unknown> | null>;
  /** Press, choose or enter. What was typed elsewhere goes first. False when it was refused or not confirmed. */
  press: (blockId: string, element: Element, value?: unknown, more?: { enter?: boolean }) => Promise<boolean>;
  /** Enter text while somebody types; nothing is locked meanwhile. */
  enter: (blockId: string, element: Element, value: unknown, more?: { enter?: boolean }) => Promise<void>;
  /** A field says how to send what is typed in it; returns how to forget that. */
  onFlush: (send: () => Promise<void>) => () => void;
  flush: () => Promise<void>;
};

const Context = createContext<Surface | null>(null);

export function useSurface(): Surface {
  const found = useContext(Context);
  if (!found) throw new Error("outside of a surface");
  return found;
}

export const valueOf = (surface: Surface, blockId: string, element: Element): Value | undefined =>
  surface.values[blockId]?.[element.action_id];

const NONE = {};

export function SurfaceProvider(props: {
  spot: Spot;
  values: Values;
  errors?: Record<string, string>;
  children: ReactNode;
}) {
  const { me, say } = useWorkspace();
  const confirm = useConfirm();
  const [busy, setBusy] = useState("");
  const choosing = useRef<Promise<unknown> | null>(null);
  const sends = useRef(new Set<() => Promise<void>>());
  const key = JSON.stringify(props.spot);

  const flush = useCallback(async () => {
    await Promise.all([...sends.current].map((send) => send()));
  }, []);
  const onFlush = useCallback((send: () => Promise<void>) => {
    sends.current.add(send);
    return () => sends.current.delete(send);
  }, []);
  const send = useCallback(
    async (blockId: string, element: Element, value: unknown, more: object) => {
      const given = { ...JSON.parse(key), block_id: blockId, action_id: element.action_id, value, ...more };
      try {
        const { error } = await act(me.id, "press", given);
        if (error) say(error);
        return true;
      } catch (trouble) {
        say((trouble as Error).message);
        return false;
      }
    },
    [key, me.id, say],
  );
  const enter = useCallback(
    async (blockId: string, element: Element, value: unknown, more: object = NONE) => {
      await send(blockId, element, value, more);
    },
    [send],
  );
  const press = useCallback(
    async (blockId: string, element: Element, value: unknown = null, more: object = NONE) => {
      if (element.confirm && !(await confirm(element.confirm))) return false;
      setBusy(`${blockId} ${element.action_id}`);
      const pressing = flush().then(() => send(blockId, element, value, more));
      if (element.type !== "button" && element.type !== "overflow") choosing.current = pressing;
      try {
        return await pressing;
      } finally {
        choosing.current = null;
        setBusy("");
      }
    },
    [confirm, flush, send],
  );
  const errors = props.errors ?? (NONE as Record<string, string>);
  const surface = useMemo(
    () => ({ spot: JSON.parse(key) as Spot, values: props.values, errors, busy, choosing, press, enter, onFlush, flush }),
    [key, props.values, errors, busy, press, enter, onFlush, flush],
  );
  return <Context.Provider value={surface}>{props.children}</Context.Provider>;
}
