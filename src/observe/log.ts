/** The gateway's log: pino, as JSON lines on standard output. */
import type { FastifyBaseLogger } from 'fastify';
import { destination, pino, stdTimeFunctions } from 'pino';

/** Lines are written in batches; what is left goes out within this time, and when the process ends. */
const FLUSH_MS = 200;

export function createLogger(level: string): FastifyBaseLogger {
  const stream = destination({ dest: 1, sync: false, minLength: 4_096, periodicFlush: FLUSH_MS });
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
    stream,
  );
}
