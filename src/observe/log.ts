/** The gateway's log: JSON lines on standard output, by pino, and by hand where there is one a request. */
import type { FastifyBaseLogger } from 'fastify';
import { pino } from 'pino';
import type { Clock } from '../core/clock.ts';
import { type AccessLog, accessLines } from './access-log.ts';
import { standardDescriptor, STDOUT } from './descriptor.ts';
import { LineOutput } from './line-output.ts';
import { wallTimes } from './wall-time.ts';

export interface Log {
  readonly log: FastifyBaseLogger;
  readonly logAccess: AccessLog;
}

/** Takes the lines of the log. */
export interface LogOutput {
  /** Whole lines, with their ends; never waits and never throws. */
  readonly write: (text: string) => void;
  /** Lines that were dropped so far. */
  readonly dropped: number;
  /** Writes what is left, for up to `ms`. */
  readonly end: (ms: number) => Promise<void>;
}

/** For a gateway that is only checked. */
export const createSilentLogger = (): FastifyBaseLogger => pino({ level: 'silent' });

export function createLog(level: string, output: LogOutput): Log {
  const timeField = timeFields();
  const log = pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: timeField,
      redact: [
        'headers.authorization',
        'headers.cookie',
        'req.headers.authorization',
        'req.headers.cookie',
      ],
    },
    output,
  );
  const logAccess = accessLines({
    isWanted: () => log.isLevelEnabled('info'),
    head: () => `{"level":"info"${timeField()}`,
    write: (line) => output.write(line),
  });
  return { log, logAccess };
}

/** Where the log goes. */
export const logOutput = (clock: Clock): LineOutput =>
  new LineOutput({ descriptor: standardDescriptor(STDOUT), clock, notice: dropNotices() });

function timeFields(): () => string {
  const textOf = wallTimes();
  return () => `,"time":"${textOf(Date.now())}"`;
}

/** A line of the log like any other, whatever its level. */
function dropNotices(): (lines: number) => string {
  const timeField = timeFields();
  return (lines) =>
    `{"level":"warn"${timeField()},"lines":${lines},"msg":"log lines were dropped: the reader was too slow"}\n`;
}
