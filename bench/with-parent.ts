/**
 * Loaded into every process of the bench through `--import`: ends the process when the bench is gone, however
 * that ended. It costs the process nothing while it runs.
 */
if (process.send !== undefined) {
  // The bench may be gone before this runs; the event does not come a second time.
  if (!process.connected) process.exit();
  process.once('disconnect', () => process.exit());
  // Listening must not keep a process alive that is done.
  process.channel?.unref();
}
