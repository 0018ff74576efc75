// The question before a press that asks for one.

import { createContext, type ReactNode, useCallback, useContext, useEffect, useRef, useState } from "react";
import type { Confirm } from "./slack";
import { Say, words } from "./text";

type Asked = { confirm: Confirm; answer: (yes: boolean) => void };
const Context = createContext<(confirm: Confirm) => Promise<boolean>>(async () => true);
export const useConfirm = () => useContext(Context);

export function ConfirmProvider({ children }: { children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const box = useRef<HTMLDialogElement>(null);
  const ask = useCallback(
    (confirm: Confirm) => new Promise<boolean>((answer) => setAsked({ confirm, answer })),
    [],
  );
  useEffect(() => {
    if (asked) box.current?.showModal();
  }, [asked]);
  const answer = (yes: boolean) => {
    box.current?.close();
    asked?.answer(yes);
    setAsked(null);
  };
  return (
    <Context.Provider value={ask}>
      {children}
      {asked && (
        <dialog
          ref={box}
          className="dialog confirm"
          aria-labelledby="confirm-title"
          onCancel={(event) => {
            event.preventDefault();
            answer(false);
          }}
        >
          <h2 id="confirm-title">{words(asked.confirm.title) || "Are you sure?"}</h2>
          <div className="dialog-body">
            <Say text={asked.confirm.text} />
          </div>
          <footer>
            <button type="button" className="button" onClick={() => answer(false)}>
              {words(asked.confirm.deny) || "Cancel"}
            </button>
            <button
              type="button"
              className={`button ${asked.confirm.style === "danger" ? "danger" : "primary"} filled`}
              onClick={() => answer(true)}
            >
              {words(asked.confirm.confirm) || "Yes"}
            </button>
          </footer>
        </dialog>
      )}
    </Context.Provider>
  );
}
