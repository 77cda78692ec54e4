/** Starts a saga: accepts the request at once, and does the rest whatever happens. */
import { z } from 'zod';
import type { ActionConfig } from '../config/actions.ts';
import { hint } from '../config/check/suggest.ts';
import { positiveDuration } from '../config/schema/types.ts';
import { type SagaConfig, upstreamsOfSaga } from '../config/build/saga-config.ts';
import { isMap } from '../config/yaml/tree.ts';
import { follow } from '../core/value-path.ts';
import type { Consumer } from '../core/call.ts';
import { GatewayError } from '../core/errors.ts';
import { parseRequestJson } from '../core/json.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import { versionOf } from '../operations/ids.ts';
import { claimsIn, renderText } from '../routes/operations/render-call.ts';
import { starting, type Wanted } from '../routes/operations/start-operation.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import { defineAction } from './action.ts';
import { checkStarting } from './operation-check.ts';
import type { PlannedCall } from './plan.ts';
import { keyDropped, keyRisks } from './start-risks.ts';

export const startKeys = {
  key: z
    .enum(['optional', 'required'])
    .default('optional')
    .describe(
      'Whether requests must have an `Idempotency-Key`. Repeated with the same key, a request starts nothing again.',
    ),
  maxWait: positiveDuration()
    .refine((ms) => ms <= 60_000, 'must be at most 60s')
    .prefault('30s')
    .describe('Longest time for which a client may wait for the end, by `Prefer: wait=5`.'),
};

const Started = z.strictObject({ name: z.string().describe('Name of the saga.'), ...startKeys });

const SagaStart = z
  .union([z.string().transform((name) => Started.parse({ name })), Started])
  .describe(
    'Action: start a saga, by its name. It answers 202 with the address of the operation; the body is JSON, which the steps see as `input`.',
  );

interface SagaActionConfig extends ActionConfig {
  readonly kind: 'saga';
  readonly saga: SagaConfig;
  readonly isKeyRequired: boolean;
  readonly maxWaitMs: number;
}

export const saga = defineAction({
  key: 'saga',
  kind: 'saga',
  schema: SagaStart,
  callsUpstreams: true,
  readsBody: true,
  *check(written) {
    const { route, at, config } = written;
    if (route['saga'] === undefined) return;
    yield* checkStarting(written, 'saga');
    const named: unknown = isMap(route['saga']) ? route['saga']['name'] : route['saga'];
    const known = isMap(config['sagas']) ? Object.keys(config['sagas']) : [];
    if (typeof named !== 'string' || known.includes(named)) return;
    const path = isMap(route['saga']) ? [...at, 'saga', 'name'] : [...at, 'saga'];
    yield { path, message: `no saga "${named}"${hint(named, known)}` };
  },
  build: ({ name, key, maxWait }, _beside, _route, { sagas }): SagaActionConfig => ({
    kind: 'saga',
    // It is there: it has been checked.
    saga: sagas[name]!,
    isKeyRequired: key === 'required',
    maxWaitMs: maxWait,
  }),
  describe: ({ saga: { name } }) => `saga ${name}`,
  upstreams: ({ saga: each }) => upstreamsOfSaga(each),
  create: startingSaga,
  plan:
    ({ saga: { steps } }) =>
    () => ({ calls: plannedSteps(steps), answer: { status: 202 } }),
  risks: keyRisks('saga', ({ isKeyRequired }: SagaActionConfig) => isKeyRequired),
  *loosened(before, now) {
    if (before.isKeyRequired && !now.isKeyRequired) yield keyDropped('saga');
  },
});

function startingSaga(route: Route, config: SagaActionConfig, context: ActionContext): Action {
  const { saga: definition, isKeyRequired, maxWaitMs } = config;
  const { keepMs, running } = definition;
  const rules = { isKeyRequired, maxWaitMs, keepMs, running };
  const start = starting(route, context, rules, wantSaga(definition));
  return function startSaga(request, reply, fail) {
    start(exchangeOf(request.raw), reply).catch(fail);
  };
}

/** One after another, as they are written. */
const plannedSteps = (steps: SagaConfig['steps']): readonly PlannedCall[] =>
  steps.flatMap(({ name, call }, i) => {
    if (call === 'input') return [];
    const { upstream, method, path } = call;
    const after = i === 0 ? [] : [steps[i - 1]!.name];
    const planned = { name, upstream, method, path, query: '', headers: {}, after };
    return { ...planned, isRequired: true, isLater: true };
  });

/** Makes what is to run of a request. */
function wantSaga({ one, keepMs: _keep, running: _running, ...definition }: SagaConfig) {
  const version = versionOf(definition);
  const calls = definition.steps.flatMap(({ call, undo }) => [
    ...(call === 'input' ? [] : [call]),
    ...(undo === undefined ? [] : [undo]),
  ]);
  const claims = claimsIn(calls, one === undefined ? [] : [one]);
  return (_exchange: unknown, body: Buffer, consumer: Consumer): Wanted => {
    // Its digits are kept: the text is stored, and what is read here is only looked at.
    const value = parseRequestJson(body);
    if (!isMap(value)) throw new GatewayError('GW_REQUEST_INVALID', 'the body is not an object');
    const input = body.toString('utf8');
    const named = claims.flatMap(({ text, rest }) => {
      const claim = follow(consumer.claims, rest);
      return claim === undefined ? [] : [[text, claim] as const];
    });
    const wanted = { definition, version, input, claims: Object.fromEntries(named) };
    return one === undefined ? wanted : { ...wanted, one: valueOfOne(one, wanted, consumer) };
  };
}

function valueOfOne(
  one: string,
  { definition, input, claims }: Wanted,
  consumer: Consumer,
): string {
  const starter = { id: consumer.id, via: consumer.via, claims };
  try {
    return renderText(one, { definition, input, starter, kept: {}, operation: '', forwardKey: '' });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new GatewayError('GW_REQUEST_INVALID', error.message, { cause: error });
  }
}
