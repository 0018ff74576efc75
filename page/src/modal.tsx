// The open dialog: the top of the stack, with what the app says is wrong beside each field.

import { type FormEvent, useEffect, useRef, useState } from "react";
import { Blocks } from "./blocks";
import { act, type View } from "./slack";
import { SurfaceProvider, useSurface } from "./surface";
import { words } from "./text";
import { useWorkspace } from "./workspace";

/** `hint`: a line above the fields, from the story's guide. */
export function Modal({ stack, hint }: { stack: View[]; hint: string | null }) {
  const box = useRef<HTMLDialogElement>(null);
  const { me, say } = useWorkspace();
  const view = stack.at(-1) as View;
  const fields = view.blocks.map((block) => block.block_id).join(" ");

  useEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  // A new page begins at its top, in its first field; one that only grew keeps its place.
  useEffect(() => {
    const dialog = box.current;
    if (!dialog || dialog.querySelector(".dialog-body")?.contains(document.activeElement)) return;
    dialog.querySelector(".dialog-body")?.scrollTo(0, 0);
    const first = dialog.querySelector<HTMLElement>("[data-field=first]");
    (first ?? dialog.querySelector<HTMLElement>("h2"))?.focus();
  }, [view.id, fields]);
  // The first field that was refused.
  useEffect(() => {
    const wrong = Object.keys(view.errors).map((id) => box.current?.querySelector(`[data-block="${CSS.escape(id)}"]`));
    wrong[0]?.querySelector<HTMLElement>("input, textarea, button")?.focus();
  }, [view.errors]);

  const close = (whole: boolean) => {
    act(me.id, "close", { whole_stack: whole }).catch((trouble: Error) => say(trouble.message));
  };
  return (
    <dialog
      ref={box}
      className="dialog"
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        if (event.target !== box.current) return;
        event.preventDefault();
        close(true);
      }}
    >
      <SurfaceProvider key={view.id} spot={{ view: view.id }} values={view.state.values} errors={view.errors}>
        <Page view={view} stacked={stack.length > 1} hint={hint} close={close} />
      </SurfaceProvider>
    </dialog>
  );
}

type PageProps = { view: View; stacked: boolean; hint: string | null; close: (whole: boolean) => void };

function Page({ view, stacked, hint, close }: PageProps) {
  const { me, say } = useWorkspace();
  const surface = useSurface();
  const [sending, setSending] = useState(false);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    // Who chooses and then saves at once means both; after a button the dialog may be another one.
    if (sending || (surface.busy && !surface.choosing.current)) return;
    setSending(true);
    try {
      await surface.choosing.current;
      await surface.flush();
      await act(me.id, "submit");
    } catch (trouble) {
      say((trouble as Error).message);
    } finally {
      setSending(false);
    }
  };
  return (
    <form onSubmit={submit} noValidate>
      <header>
        {stacked && (
          <button type="button" className="quiet" aria-label="Back" onClick={() => close(false)}>
            ←
          </button>
        )}
        <h2 id="dialog-title" tabIndex={-1}>
          {words(view.title)}
        </h2>
        <button type="button" className="quiet" aria-label="Close all" onClick={() => close(true)}>
          ×
        </button>
      </header>
      <div className="dialog-body" tabIndex={-1}>
        {hint && view.submit && <p className="story-hint">{hint}</p>}
        <Blocks blocks={view.blocks} />
      </div>
      {view.trouble && (
        <p className="trouble" role="alert">
          {view.trouble}
        </p>
      )}
      <footer>
        <button type="button" className="button" onClick={() => close(false)}>
          {words(view.close) || "Cancel"}
        </button>
        {view.submit && (
          <button type="submit" className="button primary filled" aria-busy={sending}>
            {words(view.submit)}
          </button>
        )}
      </footer>
    </form>
  );
}
