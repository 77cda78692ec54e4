/** A log that remembers what was written to it. */
import { pino } from 'pino';

export interface Line {
  readonly level: number;
  readonly plugin?: string;
  readonly msg: string;
}

export function recordingLog() {
  const written: string[] = [];
  const log = pino({}, { write: (line: string) => void written.push(line) });
  return {
    log,
    text: (): string => written.join(''),
    lines: (): Line[] => written.map((line) => JSON.parse(line) as Line),
  };
}
