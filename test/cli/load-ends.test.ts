/** What `portico load` starts ends with it, whatever happens. */
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { eventually } from '../helpers/upstream.ts';
import { configFile, startLoad } from './load-process.ts';

const BRIEF = ['-d', '1', '--warm-up', '0', '-c', '8'];

describe('what portico load starts', { timeout: 60_000 }, () => {
  const config = () =>
    configFile({
      upstreams: { orders: { targets: ['http://orders.internal:4001'] } },
      routes: { orders: { match: { path: '/orders/*' }, upstream: 'orders' } },
    });
  const LONG = ['--path', '/orders/42', '--stub', '-c', '8', '-d', '1h', '--warm-up', '0'];

  test.each(['SIGINT', 'SIGTERM'] as const)('ends on %s, and all of it with it', async (signal) => {
    const load = startLoad(['--config', config(), ...LONG]);
    await load.said('measuring');
    const pids = [...load.running().keys()].toSorted();
    expect(pids).toEqual(['gateway-process', 'load-process', 'main', 'stub-process']);

    load.child.kill(signal);
    expect(await load.ended).toMatchObject({
      code: 130,
      out: '',
      err: expect.stringContaining('interrupted') as unknown,
    });
    expect([...load.running().keys()]).toEqual([]);
  });

  test('ends on a signal while it still starts', async () => {
    const load = startLoad(['--config', config(), ...LONG]);
    await eventually(() => load.running().has('gateway-process'));

    load.child.kill('SIGINT');
    expect(await load.ended).toMatchObject({ code: 130, out: '' });
    expect([...load.running().keys()]).toEqual([]);
  });

  test('ends with it even where it is killed', async () => {
    const load = startLoad(['--config', config(), ...LONG]);
    await load.said('measuring');

    load.child.kill('SIGKILL');
    await load.ended;
    await eventually(() => load.running().size === 0);
  });

  test('ends with the gateway, and its end is told', async () => {
    const load = startLoad(['--config', config(), ...LONG]);
    await load.said('measuring');

    process.kill(load.running().get('gateway-process')!, 'SIGKILL');
    expect(await load.ended).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('load: the gateway: ended by itself, with SIGKILL') as unknown,
    });
    expect([...load.running().keys()]).toEqual([]);
  });

  test('is gone after a measurement', async () => {
    const load = startLoad(['--config', config(), '--path', '/orders/42', '--stub', ...BRIEF]);
    await once(load.child, 'exit');
    expect([...load.running().keys()]).toEqual([]);
  });
});
