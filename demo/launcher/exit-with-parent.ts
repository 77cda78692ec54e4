/** No orphan survives a killed `npm start`: a forked process ends when its parent is gone. */

/** Exits when the parent does; does nothing in a process that was not forked. */
export function exitWithParent(): void {
  if (process.send === undefined) return;
  // The parent may be gone before this runs; the event does not come a second time.
  if (!process.connected) process.exit();
  process.once('disconnect', () => process.exit());
  // Listening must not keep a process alive that is done.
  process.channel?.unref();
}
