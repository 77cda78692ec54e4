/**
 * Reports when files may have changed.
 *
 * It watches their folders, not the files: editors replace a file with a new one, and
 * Kubernetes switches a link beside it. Changes without an event (a link into another folder, a network
 * file system) are found by looking again from time to time.
 */
import { type FSWatcher, watch } from 'node:fs';
import { dirname } from 'node:path';
import type { Clock, Timer } from '../core/clock.ts';

/** A certificate and its key are two files: so long after the last event both should be there. */
const QUIET_MS = 250;
/** In a folder that is never quiet, such as one with log files, this is waited for and no longer. */
const BUSY_MS = 2_000;
const LOOK_MS = 60_000;

export interface FileWatch {
  close(): void;
}

/** Runs `onChange` when `files` may have changed; it has to look whether they have. */
export function watchFiles(
  files: readonly string[],
  clock: Clock,
  onChange: () => void,
): FileWatch {
  let quiet: Timer | undefined;
  let look: Timer | undefined;
  let since: number | undefined;
  const settled = (): void => {
    since = undefined;
    onChange();
  };
  const changed = (): void => {
    const now = clock.now();
    since ??= now;
    clock.cancel(quiet);
    quiet = clock.after(Math.max(0, Math.min(QUIET_MS, since + BUSY_MS - now)), settled);
  };
  const lookAgain = (): void => {
    look = clock.after(LOOK_MS, () => {
      onChange();
      lookAgain();
    });
  };
  lookAgain();
  const watchers = [...new Set(files.map((file) => dirname(file)))].flatMap((folder) =>
    watchFolder(folder, changed),
  );
  return {
    close: () => {
      clock.cancel(quiet);
      clock.cancel(look);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** Empty where the system cannot watch it: then looking again must do. */
function watchFolder(folder: string, onEvent: () => void): readonly FSWatcher[] {
  try {
    const watcher = watch(folder, { persistent: false }, onEvent);
    watcher.on('error', () => watcher.close());
    return [watcher];
  } catch {
    return [];
  }
}
