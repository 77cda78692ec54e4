import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { loadModules } from '../../src/assembly/modules.ts';
import type { Source } from '../../src/config/yaml/source.ts';
import { createGateway } from '../../src/gateway.ts';

/** Full collections, until `isDone` or for a while: finalizers and promises have their turn in between. */
async function collect(isDone: () => boolean): Promise<void> {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  for (let i = 0; i < 20 && !isDone(); i++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
}

test('a gateway that serves holds nothing of what was only parsed: files, positions, the tree', async () => {
  const parsed: WeakRef<Source | Source['tree']>[] = [];
  const gateway = await createGateway({
    file: path.resolve('gateway.config.yaml'),
    environment: { PORT: '0', ADMIN_PORT: '0' },
    log: pino({ level: 'silent' }),
    watch: true,
    loadModules: (source) => {
      parsed.push(new WeakRef(source), new WeakRef(source.tree));
      return loadModules(source);
    },
  });
  onTestFinished(async () => void (await gateway.close()));
  await gateway.listen();
  const kept = () => parsed.filter((each) => each.deref() !== undefined).length;
  await collect(() => kept() === 0);
  expect([parsed.length, kept()]).toEqual([2, 0]);

  await gateway.reload('admin');
  await collect(() => kept() === 0);
  expect([parsed.length, kept()]).toEqual([4, 0]);
  expect(gateway.status().ready).toBe(true);
});
