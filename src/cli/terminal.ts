/** What commands get from the process. */
import type { Environment } from '../config/yaml/environment.ts';
import type { LineOutput } from '../observe/line-output.ts';

export interface Terminal {
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  /** How wide a line of `out` may be; absent where that is not a terminal. */
  readonly columns?: number | undefined;
  /** Shows what goes on, on one line of standard error, until something is written or `''` comes; absent where that is not a terminal. */
  readonly showStatus?: ((text: string) => void) | undefined;
  readonly onSignal: (
    signals: readonly NodeJS.Signals[],
    listener: (signal: NodeJS.Signals) => void,
  ) => void;
  /** npm started this process, and is gone: it passes signals to its shell, and no further. */
  readonly onNpmGone: (listener: () => void) => void;
  /**
   * From here on nothing that is written, by `out`, `err` or anybody's `console`, waits for its reader.
   *
   * @returns standard output
   */
  readonly openLog: () => Promise<LineOutput>;
  /** Ends the process at once. */
  readonly exit: (code: number) => void;
}

/** What the process ends with. 78 is EX_CONFIG of sysexits.h; 130 is 128 + SIGINT, as shells say it. */
export const EXIT = { ok: 0, failed: 1, usage: 2, badConfig: 78, interrupted: 130 } as const;
