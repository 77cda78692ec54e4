/**
 * Distinguishes the first request to stop from the second.
 *
 * One Ctrl-C can arrive twice: from the terminal, and passed on by npm, which is in the same process
 * group. So a signal within half a second of the first is taken for its echo.
 */
export interface StopSignals {
  readonly first: () => void;
  readonly second: () => void;
}

const ECHO_MS = 500;

export function onStopSignals({ first, second }: StopSignals): void {
  let firstAt: number | undefined;
  const heard = () => {
    if (firstAt === undefined) {
      firstAt = performance.now();
      first();
    } else if (performance.now() - firstAt > ECHO_MS) {
      second();
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, heard);
}
