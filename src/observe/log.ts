/** The gateway's log: pino, as JSON lines on standard output. */
import type { FastifyBaseLogger } from 'fastify';
import { pino, stdTimeFunctions } from 'pino';
import type { Clock } from '../core/clock.ts';
import { standardDescriptor, STDOUT } from './descriptor.ts';
import { LineOutput } from './line-output.ts';

/** For a gateway that is only checked. */
export const createSilentLogger = (): FastifyBaseLogger => pino({ level: 'silent' });

export function createLogger(level: string, output: LineOutput): FastifyBaseLogger {
  return pino(
    {
      level,
      base: null,
      formatters: { level: (label) => ({ level: label }) },
      timestamp: stdTimeFunctions.isoTime,
      redact: [
        'headers.authorization',
        'headers.cookie',
        'req.headers.authorization',
        'req.headers.cookie',
      ],
    },
    output,
  );
}

/** Where the log goes. */
export const logOutput = (clock: Clock): LineOutput =>
  new LineOutput({ descriptor: standardDescriptor(STDOUT), clock, notice: dropNotice });

/** A line of the log like any other, whatever its level. */
const dropNotice = (lines: number): string =>
  `{"level":"warn"${stdTimeFunctions.isoTime()},"lines":${lines},"msg":"log lines were dropped: the reader was too slow"}\n`;
