/** Called with what broke the exchange; `undefined` if it succeeded. */
export type CloseListener = (error: Error | undefined) => void;

/** Calls all listeners. One that throws must not keep another from freeing its slot. */
export function tellClosed(listeners: readonly CloseListener[], error: Error | undefined): void {
  let at = 0;
  try {
    for (const listener of listeners) {
      at += 1;
      listener(error);
    }
  } finally {
    if (at < listeners.length) tellClosed(listeners.slice(at), error);
  }
}
