/** The schema of how unhealthy targets are found: by checks, and by their traffic. */
import { z } from 'zod';
import { percent, positiveDuration, shown } from './types.ts';

/** A status, or all of a class. */
const statuses = () =>
  z.array(
    z.union([
      z.int().min(100).max(599),
      z.string().regex(/^[1-5]xx$/, {
        error: (issue) =>
          `${shown(issue.input)} is not a status: use 204, or 2xx for a whole class`,
      }),
    ]),
  );

export const HealthOptions = z.strictObject({
  path: z
    .string()
    .regex(/^\/[\x21-\x7e]*$/, {
      error: (issue) => `${shown(issue.input)} is not a path such as /healthz`,
    })
    .optional()
    .describe('Path of the check, a GET. Needed without `grpc`.'),
  grpc: z
    .string()
    .max(255)
    .optional()
    .describe(
      'Instead of `path`: asks `grpc.health.v1.Health` about this service, such as `shop.v1.Stock`; "" asks about the server. Needs `http2`.',
    ),
  interval: positiveDuration()
    .prefault('5s')
    .describe('Time between checks of a target, plus up to a tenth at random.'),
  timeout: positiveDuration()
    .prefault('1s')
    .describe('Time for one check, including the connection.'),
  healthy: z
    .int()
    .min(1)
    .max(100)
    .default(2)
    .describe('Consecutive passed checks until a target is back.'),
  unhealthy: z
    .int()
    .min(1)
    .max(100)
    .default(3)
    .describe(
      'Consecutive failed checks until a target is left out; a failed first check is enough.',
    ),
  statuses: statuses().min(1).prefault(['2xx']).describe('Statuses of a healthy target.'),
});

export const Health = HealthOptions.describe(
  'Checks every target regularly; off unless it is set.',
);

export const Outlier = z
  .strictObject({
    consecutive: z.int().min(1).default(5).describe('Consecutive failures that eject a target.'),
    eject: positiveDuration()
      .prefault('30s')
      .describe(
        'How long the first ejection lasts; each further one lasts that much longer, up to 10 times as long.',
      ),
    maxEjected: percent()
      .prefault('50%')
      .describe('Share of the targets that may be ejected at once, rounded down.'),
  })
  .describe('Leaves out a target whose traffic keeps failing; false disables it.');
