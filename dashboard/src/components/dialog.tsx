import { type ReactNode, type SyntheticEvent, useId, useLayoutEffect, useRef } from "react";
import { keepFocus } from "@/lib/kept-focus";
import styles from "./dialog.module.css";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}

/** A dialog over the page; the browser keeps the focus in it, and Escape closes it. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const isClosed = useRef(false);
  const id = useId();

  // Closed before it is removed from the page, or the browser would not give the focus back to what opened it.
  useLayoutEffect(() => {
    const dialog = element.current;
    isClosed.current = false;
    dialog?.showModal();
    return () => {
      isClosed.current = true;
      dialog?.close();
      keepFocus(); // what opened it may be gone
    };
  }, []);

  function close() {
    // The browser tells a second time of a dialog that was closed below, when another may be open.
    if (!isClosed.current) onClose();
    isClosed.current = true;
  }

  // By itself the browser gives the focus back first, and tells of it later: a key that is pressed in
  // between, such as Enter on the button that opens the dialog, would do nothing.
  function closeAtOnce(event: SyntheticEvent<HTMLDialogElement>) {
    event.preventDefault();
    event.currentTarget.close();
    close();
  }

  return (
    <dialog ref={element} className={styles.dialog} aria-labelledby={id} onCancel={closeAtOnce} onClose={close}>
      <h2 id={id} className={styles.title}>
        {title}
      </h2>
      {children}
    </dialog>
  );
}
