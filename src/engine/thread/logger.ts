/** What DBOS logs, as far as it is anybody's concern. */
import type { DLogger } from '@dbos-inc/dbos-sdk';

/** `onTrouble` is told of warnings and errors. */
export function loggerOf(onTrouble: (error: Error) => void): DLogger {
  const quiet = (): void => undefined;
  const tell = (entry: unknown): void =>
    onTrouble(entry instanceof Error ? entry : new Error(String(entry)));
  return { info: quiet, debug: quiet, warn: tell, error: tell };
}
