/** What a generation has of operations: the engine, which outlives it, and the calls, which are its own. */
import type { Config } from '../config/build/config.ts';
import type { StoreConfig } from '../config/build/store-config.ts';
import { GatewayError } from '../core/errors.ts';
import type { Engine } from '../operations/engine.ts';
import type { RecordStore } from '../operations/record-store.ts';
import { Seals } from '../operations/seals.ts';
import { type OperationsContext, Waiters } from '../routes/operations/context.ts';
import type { OperationName } from '../observe/operation-metrics.ts';
import type { UpstreamLeases } from '../upstream/lease.ts';
import { OperationCalls } from './operation-calls.ts';
import type { StartFaults } from './start-faults.ts';
import type { World } from './world.ts';

export interface GenerationOperations {
  /** For actions. */
  readonly context: OperationsContext;
  /** From now on, this generation makes the calls. */
  serve(): void;
  /** Resolves once none of its calls is under way. */
  whenIdle(): Promise<void>;
  /** For plugins. */
  readonly records: RecordStore;
}

interface Birth {
  readonly world: World;
  /** The generation's identity. */
  readonly generation: object;
  readonly upstreams: UpstreamLeases;
  readonly faults: StartFaults;
}

/** `undefined` without a store; one that cannot be opened is a fault. */
export async function operationsOf(
  { store, sealKeys, sagas, routes }: Config,
  { world, generation, upstreams, faults }: Birth,
): Promise<GenerationOperations | undefined> {
  if (store === undefined) return undefined;
  const finding = { path: ['store', store.place.kind], message: 'the store cannot be opened' };
  const engine = await faults.attempt(finding, () => openEngine(store, world, generation));
  const seals = new Seals(sealKeys ?? []);
  const calls = new OperationCalls(upstreams, world, seals);
  const names = namesOf(sagas, routes);
  const place = routes.find(({ action }) => action.kind === 'operationStatus')?.matches[0]?.path
    ?.text;
  const prefix = (place ?? '/*').replace(/\/\*$/, '');
  return {
    context: { engine, prefix, waiters: new Waiters(), seals },
    serve: () => world.engines?.serveBy(calls, names),
    whenIdle: () => calls.whenIdle(),
    records: engine ?? CLOSED,
  };
}

const namesOf = (sagas: Config['sagas'], routes: Config['routes']): readonly OperationName[] => [
  ...Object.keys(sagas).map((name) => ({ kind: 'saga' as const, name })),
  ...routes.flatMap(({ name, action }) =>
    action.kind === 'command' ? [{ kind: 'command' as const, name }] : [],
  ),
];

/** Of a config that is only checked. */
const CLOSED: RecordStore = {
  swap: () => Promise.reject(new GatewayError('GW_DEPENDENCY_DOWN', 'the store is not open')),
};

/**
 * That of the generation before, whatever its settings: two beside each other would take over each other's work, and a
 * folder has room for one. None where a config is only checked.
 */
function openEngine(
  store: StoreConfig,
  { engines, kept, checking }: World,
  generation: object,
): Promise<Engine> | undefined {
  if (engines === undefined || checking) return undefined;
  return kept.keep(
    generation,
    'store',
    'the only one',
    () => engines.open(store),
    async (each) => (await each.catch(() => undefined))?.close(0),
  );
}
