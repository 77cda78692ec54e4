/** What a change of a saga leaves undone, or lets happen twice. Operations that run keep the definition they have. */
import type { SagaConfig, StepConfig } from '../config/build/saga-config.ts';
import type { Path } from '../config/fault.ts';
import type { FoundRisk } from './risk.ts';
import type { Side } from './side.ts';

export function* sagaRisks(before: Side, after: Side): Generator<FoundRisk> {
  yield* keyRisks(before, after);
  for (const [name, saga] of Object.entries(after.config.sagas)) {
    const old = before.config.sagas[name];
    if (old !== undefined) yield* risksOf(old, saga, ['sagas', name]);
  }
}

/** What is in the store was sealed by keys of before. */
function* keyRisks({ config: old }: Side, { config: now }: Side): Generator<FoundRisk> {
  for (const { id, key } of old.sealKeys ?? []) {
    if (now.sealKeys?.some((each) => each.id === id && each.key === key) === true) continue;
    const message = `steps and undos that need what the key "${id}" has sealed can no longer be called`;
    yield weaker(['store', 'keys'], message);
  }
}

function* risksOf(before: SagaConfig, after: SagaConfig, path: Path): Generator<FoundRisk> {
  if (before.one !== undefined && after.one === undefined) {
    yield weaker([...path, 'one'], 'several operations with the same value may run at once');
  }
  const bare = before.secret?.filter((each) => after.secret?.includes(each) !== true) ?? [];
  if (bare.length > 0) {
    yield weaker([...path, 'secret'], `${bare.join(', ')}: it is stored as it is`);
  }
  for (const step of after.steps) {
    const old = before.steps.find(({ name }) => name === step.name);
    if (old !== undefined) yield* stepRisks(old, step, [...path, 'steps', step.name]);
  }
  // Undoing goes backwards: what comes later is undone first.
  const [was, is] = [before, after].map(({ steps }) => steps.map(({ name }) => name));
  const kept = was!.filter((name) => is!.includes(name));
  if (kept.join() !== is!.filter((name) => was!.includes(name)).join()) {
    yield weaker([...path, 'steps'], 'its steps are done, and undone, in another order');
  }
}

function* stepRisks(before: StepConfig, after: StepConfig, path: Path): Generator<FoundRisk> {
  if (before.undo !== undefined && after.undo === undefined) {
    yield weaker([...path, 'undo'], 'it stays done when a later step fails');
  } else if (before.undoUnknown && !after.undoUnknown) {
    yield weaker([...path, 'undoUnknown'], 'it stays done if nobody knows whether it was');
  }
  if (!before.pivot && after.pivot) {
    yield weaker([...path, 'pivot'], 'once it is done, nothing is undone any more');
  }
}

const weaker = (path: Path, message: string): FoundRisk => ({
  rule: 'saga-weakened',
  severity: 'medium',
  path,
  message,
});
