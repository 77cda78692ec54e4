/**
 * Notices that npm is gone.
 *
 * npm runs a script in a shell and passes signals on to that shell, which dies of a SIGTERM but leaves
 * the script running: `kill` on `npm run portico -- start` would leave the gateway behind. All that the script sees
 * is that it has another parent.
 */
import type { Environment } from '../config/yaml/environment.ts';

const LOOK_EVERY_MS = 250;

/** Calls back once when the process that npm started us through has ended; without npm, never. */
export function onNpmGone(env: Environment, callback: () => void): void {
  if (env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, LOOK_EVERY_MS);
  timer.unref();
}
