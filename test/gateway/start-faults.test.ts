import { expect, test } from 'vitest';
import { StartFaults } from '../../src/assembly/start-faults.ts';
import { ConfigError, type Finding } from '../../src/config/fault.ts';
import { manualClock } from '../helpers/clock.ts';

const AT: Finding = { path: ['plugins', 'mine'], message: 'the plugin could not start' };

function startFaults() {
  const clock = manualClock();
  const place = ({ message }: Finding) =>
    ({ file: 'c.yaml', line: 1, column: 1, path: '', message, severity: 'error' }) as const;
  const none = {
    actions: [],
    plugins: new Map(),
    bffs: new Map(),
    fastifyPlugins: [],
    findings: [],
    place,
  };
  const faults = new StartFaults(none, clock);
  const told = (): readonly string[] => {
    try {
      faults.throwAny();
    } catch (error) {
      return (error as ConfigError).faults.map(({ message }) => message);
    }
    return [];
  };
  return { clock, faults, told };
}

test('a start that succeeds returns its result, without a fault', async () => {
  const { clock, faults, told } = startFaults();
  expect(await faults.attempt(AT, () => 1)).toBe(1);
  expect(await faults.attempt(AT, async () => 2)).toBe(2);
  expect(told()).toEqual([]);
  expect(clock.pending).toBe(0);
});

test('a start that never ends is a fault after a minute', async () => {
  const { clock, faults, told } = startFaults();
  const attempt = faults.attempt(AT, () => new Promise(() => undefined));
  clock.advance(60_000);
  expect(await attempt).toBeUndefined();
  expect(told()).toEqual(['the plugin could not start: it did not finish within 60s']);
});

test('an error is reported once, though Fastify throws it again for everything later', async () => {
  const { faults, told } = startFaults();
  const error = new Error('no licence');
  const start = (): never => {
    throw error;
  };
  await faults.attempt(AT, start);
  await faults.attempt(AT, start);
  await faults.attempt(AT, () => Promise.reject(new Error('no room')));
  expect(told()).toEqual([
    'the plugin could not start: no licence',
    'the plugin could not start: no room',
  ]);
});
