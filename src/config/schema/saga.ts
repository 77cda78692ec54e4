/** The schema of `sagas`. */
import { z } from 'zod';
import { method } from './route.ts';
import { fieldName, positiveDuration, retention, shown, valuePath } from './types.ts';

const MOST_STEPS = 32;
export const MOST_ATTEMPTS = 20;

const template = (what: string) => z.string().min(1).describe(what);

const Call = z
  .strictObject({
    upstream: z.string().describe('Name of the upstream.'),
    method: method().default('POST').describe('Method.'),
    path: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .describe(
        'Template: `{input.orderId}` of the request, `{reserve.id}` of an earlier step, `{claim.sub}`, `{operation.id}`; in an undo also `{key}`, the key of the step.',
      ),
    query: z.record(z.string(), template('Template.')).optional().describe('Query to send.'),
    headers: z
      .record(fieldName(), template('Template.'))
      .optional()
      .describe('Fields to send, besides those that every call has.'),
    body: z
      .json()
      .optional()
      .describe(
        'JSON to send, with templates in its texts. A text that is only a template takes the type of the value.',
      ),
  })
  .describe('One request to an upstream.');

const attempts = () => z.int().min(1).max(MOST_ATTEMPTS).default(3);
const backoff = () => positiveDuration().prefault('1s');

const Step = z
  .strictObject({
    call: Call.describe(
      'What it does. It has an `Idempotency-Key` that stays the same when it is repeated.',
    ),
    pick: z
      .array(valuePath())
      .min(1)
      .optional()
      .describe(
        'Members of the answer that later steps need. Default: the whole answer. At most 16KiB is kept.',
      ),
    timeout: positiveDuration()
      .prefault('30s')
      .describe('Time for the step, its attempts included.'),
    attempts: attempts().describe('How often it is tried. What was refused (4xx) is not repeated.'),
    backoff: backoff().describe('Before the second attempt; it doubles up to 30s, with jitter.'),
    undo: z
      .union([z.literal('none'), Call])
      .optional()
      .describe(
        'What undoes it; `none` if nothing does. Each step but the last must say. 404 and 410 mean that there is nothing to undo.',
      ),
    undoUnknown: z
      .boolean()
      .default(true)
      .describe('Undo it too if nobody knows whether it was done, as after a timeout.'),
    pivot: z
      .boolean()
      .default(false)
      .describe(
        'Once it is done, nothing is undone any more: later steps are repeated until they succeed.',
      ),
  })
  .describe('One step.');

const stepName = () =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, {
    error: (issue) =>
      `${shown(issue.input)} cannot name a step: use letters, digits and _, starting with a letter`,
  });

export const mostRunning = () =>
  z
    .int()
    .min(1)
    .max(10_000)
    .default(200)
    .describe('How many may run at once in one process; 503 beyond it.');

export const Saga = z
  .strictObject({
    deadline: positiveDuration()
      .prefault('1h')
      .describe('Time for all steps; after that, what was done is undone.'),
    keep: retention().prefault('30d').describe('How long it can be read after its end.'),
    running: mostRunning(),
    one: z
      .string()
      .min(1)
      .optional()
      .describe(
        'Template such as `{input.orderId}`: while an operation runs, another one with the same value is refused with 409.',
      ),
    secret: z
      .array(valuePath())
      .min(1)
      .optional()
      .describe(
        'Members of the request and of kept answers that are sealed before they are stored: `input.card`, `charge.token`. Needs `store.keys`.',
      ),
    undo: z
      .strictObject({
        attempts: attempts().describe('How often; after the last one the operation is stuck.'),
        backoff: backoff().describe(
          'Before the second attempt; it doubles up to 30s, with jitter.',
        ),
        timeout: positiveDuration().prefault('30s').describe('Of each attempt.'),
        settle: positiveDuration()
          .prefault('30s')
          .describe(
            'How long a call that was cut off may still arrive: until then, "nothing to undo" is asked again.',
          ),
      })
      .prefault({})
      .describe('How steps are undone.'),
    steps: z
      .record(stepName(), Step)
      .refine((steps) => Object.keys(steps).length > 0, 'needs at least one step')
      .refine(
        (steps) => Object.keys(steps).length <= MOST_STEPS,
        `has more than ${MOST_STEPS} steps`,
      )
      .describe('In order.'),
  })
  .describe('Steps that are done one after another, and undone in reverse if one fails.');

export type ParsedSaga = z.output<typeof Saga>;
export type ParsedCall = z.output<typeof Call>;
