import { describe, expect, test } from 'vitest';
import { EngineWatch } from '../../src/operations/engine-watch.ts';
import type { OperationCount } from '../../src/operations/engine.ts';

const OPEN: readonly OperationCount[] = [{ kind: 'saga', name: 's', status: 'stuck', count: 2 }];

function watched() {
  let now = 1_000;
  const watch = new EngineWatch(
    () => now,
    () => 1_000_000 + now,
  );
  const pass = (ms: number): void => void (now += ms);
  const counted = (): void => watch.hear({ event: 'counted', open: OPEN, everyMs: 1_000 });
  return { watch, pass, counted };
}

describe('an engine', () => {
  test('is unknown before it is opened, and after it was closed', () => {
    const { watch } = watched();
    expect(watch.health).toBeUndefined();
    watch.begin();
    expect(watch.health).toMatchObject({ isUp: false, since: 1_001_000 });
    watch.hear({ event: 'up' });
    watch.hear({ event: 'closed' });
    expect(watch.health).toBeUndefined();
  });

  test('is up for as long as the store answers, and keeps what it said last', () => {
    const { watch, pass, counted } = watched();
    watch.begin();
    watch.hear({ event: 'up' });
    counted();
    pass(3_000);
    expect(watch.health).toMatchObject({ isUp: true, since: 1_001_000, open: OPEN });
    pass(1);
    expect(watch.health).toMatchObject({ isUp: false, since: 1_001_000, open: OPEN });
    pass(5_000);
    counted();
    expect(watch.health).toMatchObject({ isUp: true, since: 1_009_001 });
  });

  test('that ends is down at once, with the code of what ended it', () => {
    const { watch, pass } = watched();
    watch.begin();
    watch.hear({ event: 'up' });
    pass(10);
    watch.hear({ event: 'down', error: 'at db.internal', code: 'ECONNREFUSED', retryMs: 1 });
    expect(watch.health).toMatchObject({
      isUp: false,
      since: 1_001_010,
      restarts: 1,
      fault: { at: 1_001_010, code: 'ECONNREFUSED' },
    });
    watch.hear({ event: 'trouble', error: 'no code' });
    watch.hear({ event: 'takenOver', ids: ['a', 'b'] });
    expect(watch.health).toMatchObject({ takeovers: 2, fault: { code: 'error' } });
  });
});
