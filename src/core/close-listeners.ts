/** Told what broke it; `undefined` where all went well. */
export type CloseListener = (error: Error | undefined) => void;

/** Tells all. One that throws must not keep another from giving a slot back. */
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
