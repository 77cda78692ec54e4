/** The rules of `portico audit` for sagas, and for the store of operations. */
import type { SagaConfig, StepConfig } from '../build/saga-config.ts';
import type { Config } from '../build/config.ts';
import type { Path } from '../fault.ts';
import { isPublicHttp } from '../schema/public-http.ts';
import type { AuditRule, Risk } from './audit.ts';

/** By these, an upstream with `retry` repeats a call that may have been done. */
const REPEATED: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export const SAGA_RULES: readonly AuditRule[] = [
  {
    id: 'embedded-store',
    severity: 'medium',
    *find({ store }) {
      if (store?.place.kind !== 'embedded') return;
      const message =
        'operations are kept on this machine alone: no other gateway goes on with them when it is gone';
      yield { path: ['store', 'embedded'], message };
    },
  },
  {
    id: 'operations-unwatched',
    severity: 'medium',
    *find({ store, sagas, admin }) {
      if (store === undefined || admin !== undefined || Object.keys(sagas).length === 0) return;
      const message =
        'nobody learns of operations that are stuck, or settles them: the admin port, with its metrics, is off';
      yield { path: ['store'], message };
    },
  },
  {
    id: 'unknown-not-undone',
    severity: 'medium',
    *find({ sagas }) {
      for (const [{ undo, undoUnknown }, path] of stepsOf(sagas)) {
        if (undo === undefined || undoUnknown) continue;
        const message = 'a call that was cut off may have been done, and nothing undoes it';
        yield { path: [...path, 'undoUnknown'], message };
      }
    },
  },
  {
    id: 'pivot-repeats',
    severity: 'low',
    *find({ sagas }) {
      for (const [{ pivot }, path, isLast] of stepsOf(sagas)) {
        if (!pivot || isLast) continue;
        const message =
          'later steps are repeated for ever: have an alert on portico_saga_steps_total whose outcome is not "done"';
        yield { path: [...path, 'pivot'], message };
      }
    },
  },
  {
    id: 'step-retried-twice',
    severity: 'low',
    *find({ sagas, upstreams }) {
      for (const [name, saga] of Object.entries(sagas)) {
        for (const step of saga.steps) {
          yield* retriedTwice(step, saga, ['sagas', name, 'steps', step.name], upstreams);
        }
      }
    },
  },
  {
    id: 'store-over-plain',
    severity: 'low',
    *find({ store }) {
      if (store?.place.kind !== 'postgres') return;
      const { hostname, searchParams } = new URL(store.place.url);
      const isVerified = /^(require|verify-ca|verify-full)$/.test(
        searchParams.get('sslmode') ?? '',
      );
      if (hostname === '' || isVerified || !isPublicHttp(`http://${hostname}`)) return;
      const message = 'a public name is called without TLS: add ?sslmode=verify-full';
      yield { path: ['store', 'postgres'], message };
    },
  },
];

function* retriedTwice(
  { call, undo, attempts }: StepConfig,
  saga: SagaConfig,
  path: Path,
  upstreams: Config['upstreams'],
): Generator<Risk> {
  const calls = [
    { key: 'call', call, most: attempts },
    { key: 'undo', call: undo, most: saga.undo.attempts },
  ] as const;
  for (const { key, call: made, most } of calls) {
    if (made === undefined || made === 'input' || !REPEATED.has(made.method)) continue;
    const own = upstreams[made.upstream]?.retry?.attempts ?? 1;
    if (own <= 1) continue;
    const message = `"${made.upstream}" repeats ${made.method} by itself: up to ${most * own} calls`;
    yield { path: [...path, key], message };
  }
}

function* stepsOf(
  sagas: Config['sagas'],
): Generator<readonly [step: StepConfig, path: Path, isLast: boolean]> {
  for (const [name, { steps }] of Object.entries(sagas)) {
    for (const step of steps) {
      yield [step, ['sagas', name, 'steps', step.name], step === steps.at(-1)];
    }
  }
}
