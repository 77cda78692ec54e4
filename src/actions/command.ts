/** Accepts a write at once and sends it later, as often as it takes: a saga of one step, with nothing to undo. */
import { z } from 'zod';
import type { ActionConfig } from '../config/actions.ts';
import { checkSentPath, checkTarget } from '../config/check/template.ts';
import type { SagaDefinition } from '../config/build/saga-config.ts';
import { fieldName, positiveDuration, retention, shown } from '../config/schema/types.ts';
import { MOST_ATTEMPTS, mostRunning } from '../config/schema/saga.ts';
import { isMap } from '../config/yaml/tree.ts';
import { firstValue } from '../core/headers.ts';
import { type ClientExchange, exchangeOf } from '../edge/client-exchange.ts';
import { versionOf } from '../operations/ids.ts';
import { starting, type Wanted } from '../routes/operations/start-operation.ts';
import { storeRequest } from '../routes/operations/stored-request.ts';
import { compileRewrite } from '../routes/rewrite.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import { defineAction } from './action.ts';
import { checkStarting } from './operation-check.ts';
import { startKeys } from './saga.ts';
import { keyDropped, keyRisks } from './start-risks.ts';

/** Credentials are never stored; the rest says who asks, or belongs to the connection. */
const NOT_STORED =
  /^(authorization|proxy-.*|cookie|x-api-key|idempotency-key|portico-.*|ce-.*|webhook-.*|host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer|x-forwarded-.*|forwarded|via)$/;

const storedField = () =>
  fieldName().refine((name) => !NOT_STORED.test(name) && !name.includes('*'), {
    error: (issue) => `${shown(issue.input)} is never stored: name fields that say what is sent`,
  });

const Command = z
  .strictObject({
    upstream: z.string().describe('Name of the upstream.'),
    path: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .optional()
      .describe(
        'Path sent: `/orders/{id}/cancel` with parameters of the match, or `/orders/*`. Default: as the client sent it.',
      ),
    forwardHeaders: z
      .array(storedField())
      .prefault(['content-type', 'accept-language'])
      .describe('Fields of the client that are stored and sent; never credentials.'),
    attempts: z
      .int()
      .min(1)
      .max(MOST_ATTEMPTS)
      .default(5)
      .describe('How often it is sent. What was refused (4xx) is not repeated.'),
    backoff: positiveDuration()
      .prefault('1s')
      .describe('Before the second attempt; it doubles up to 30s, with jitter.'),
    timeout: positiveDuration().prefault('1m').describe('Time for all attempts.'),
    keep: retention().prefault('30d').describe('How long it can be read after its end.'),
    running: mostRunning(),
    ...startKeys,
  })
  .describe(
    'Action: accept a write with 202, and send it to an upstream until it succeeds or is refused.',
  );

interface CommandConfig extends ActionConfig, Omit<z.output<typeof Command>, 'path'> {
  readonly kind: 'command';
  readonly path: string | undefined;
}

export const command = defineAction({
  key: 'command',
  kind: 'command',
  schema: Command,
  callsUpstreams: true,
  readsBody: true,
  *check(written) {
    const { route, at, matches, checkUpstream } = written;
    if (route['command'] === undefined) return;
    yield* checkStarting(written, 'command');
    if (!isMap(route['command'])) return;
    const { upstream, path } = route['command'];
    if (typeof upstream === 'string')
      yield* checkUpstream(upstream, [...at, 'command', 'upstream']);
    if (typeof path !== 'string') return;
    yield* checkTarget(path, [...at, 'command', 'path'], matches);
    yield* checkSentPath(path, [...at, 'command', 'path']);
  },
  build: ({ path, ...rest }): CommandConfig => ({ kind: 'command', path, ...rest }),
  describe: ({ upstream }) => `command to ${upstream}`,
  upstreams: ({ upstream }) => [upstream],
  create: commanding,
  risks: keyRisks('command', ({ key }: CommandConfig) => key === 'required'),
  *loosened(before, now) {
    if (before.key === 'required' && now.key !== 'required') yield keyDropped('command');
  },
  plan: ({ upstream, path: written }) => {
    const rewrite = compileRewrite(written);
    return (exchange) => {
      const { method, query } = exchange;
      const call = { name: '', upstream, method, path: rewrite(exchange), query, headers: {} };
      return {
        calls: [{ ...call, after: [], isRequired: false, isLater: true }],
        answer: { status: 202 },
      };
    };
  },
});

/** Before anything is sent; a command has no later step that it could delay. */
const DEADLINE_MS = 86_400_000;

function commanding(route: Route, config: CommandConfig, context: ActionContext): Action {
  const { attempts, backoff, timeout, keep, running, key, maxWait } = config;
  const definition: SagaDefinition = {
    kind: 'command',
    name: route.config.name,
    deadlineMs: DEADLINE_MS,
    undo: { attempts: 1, backoffMs: 1_000, timeoutMs: 1_000, settleMs: 0 },
    steps: [
      {
        name: 'send',
        call: 'input',
        timeoutMs: timeout,
        attempts,
        backoffMs: backoff,
        undoUnknown: false,
        pivot: false,
      },
    ],
  };
  const rules = { isKeyRequired: key === 'required', maxWaitMs: maxWait, keepMs: keep, running };
  const start = starting(route, context, rules, wantCommand(definition, config));
  return function startCommand(request, reply, fail) {
    start(exchangeOf(request.raw), reply).catch(fail);
  };
}

function wantCommand(
  definition: SagaDefinition,
  { upstream, path, forwardHeaders }: CommandConfig,
): (exchange: ClientExchange, body: Buffer) => Wanted {
  const rewrite = compileRewrite(path);
  const version = versionOf({ definition, upstream, path, forwardHeaders });
  return (exchange, body) => {
    const { method, query, headers } = exchange;
    const stored = forwardHeaders.flatMap((name) => {
      const value = firstValue(headers[name]);
      return value === undefined ? [] : [[name, value] as const];
    });
    const input = storeRequest({
      upstream,
      method,
      path: rewrite(exchange),
      query,
      headers: Object.fromEntries(stored),
      body: body.length === 0 ? undefined : body,
    });
    return { definition, version, input, claims: {} };
  };
}
