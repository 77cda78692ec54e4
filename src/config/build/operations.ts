/** From the parsed `store` and `sagas` to what the gateway runs on. */
import { resolve } from 'node:path';
import type { z } from 'zod';
import type { ParsedCall, ParsedSaga } from '../schema/saga.ts';
import type { Store } from '../schema/store.ts';
import type { SagaConfig, StepCall, StepConfig } from './saga-config.ts';
import type { StoreConfig } from './store-config.ts';
import { defined } from './upstream.ts';

/** @param folder in which the config lies */
export function buildStore(
  { postgres, embedded, heartbeat, dead, timeout, keys: _keys, ...rest }: z.output<typeof Store>,
  folder: string,
): StoreConfig {
  const place: StoreConfig['place'] =
    postgres === undefined
      ? // One of the two is there: it has been checked.
        { kind: 'embedded', folder: resolve(folder, embedded!) }
      : { kind: 'postgres', url: postgres };
  return defined({ place, ...rest, timeoutMs: timeout, heartbeatMs: heartbeat, deadMs: dead });
}

export function buildSaga(
  name: string,
  { deadline, keep, running, one, secret, undo, steps }: ParsedSaga,
): SagaConfig {
  return defined({
    kind: 'saga' as const,
    name,
    deadlineMs: deadline,
    keepMs: keep,
    running,
    one,
    secret,
    undo: {
      attempts: undo.attempts,
      backoffMs: undo.backoff,
      timeoutMs: undo.timeout,
      settleMs: undo.settle,
    },
    steps: Object.entries(steps).map(([step, written]) => buildStep(step, written)),
  });
}

function buildStep(name: string, step: ParsedSaga['steps'][string]): StepConfig {
  const { call, pick, timeout, attempts, backoff, undo, undoUnknown, pivot } = step;
  return defined({
    name,
    call: buildCall(call),
    pick,
    timeoutMs: timeout,
    attempts,
    backoffMs: backoff,
    undo: undo === undefined || undo === 'none' ? undefined : buildCall(undo),
    undoUnknown,
    pivot,
  });
}

const buildCall = (call: ParsedCall): StepCall => defined(call);
