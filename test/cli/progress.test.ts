/** What shows on a terminal while something takes long. */
import { expect, test } from 'vitest';
import { withProgress } from '../../src/cli/progress.ts';
import { StatusLine } from '../../src/cli/status-line.ts';
import { manualClock } from '../helpers/clock.ts';

/** Work that ends when the test says so, and what was shown meanwhile. */
function watched() {
  const clock = manualClock();
  const shown: string[] = [];
  const ending = Promise.withResolvers<string>();
  const terminal = { showStatus: (text: string) => void shown.push(text) };
  const result = withProgress({ terminal, what: 'checking', clock }, () => ending.promise);
  return { clock, shown, ending, result };
}

test('nothing shows of what takes less than a second', async () => {
  const { clock, shown, ending, result } = watched();
  clock.advance(999);
  ending.resolve('done');
  expect(await result).toBe('done');
  expect(shown).toEqual(['']);
  expect(clock.pending).toBe(0);
});

test('each second is counted, and the end leaves nothing', async () => {
  const { clock, shown, ending, result } = watched();
  clock.advance(2_500);
  ending.resolve('done');
  await result;
  expect(shown).toEqual(['checking: 1 s', 'checking: 2 s', '']);
  clock.advance(5_000);
  expect(shown).toHaveLength(3);
});

test('a failure is passed on, and leaves nothing', async () => {
  const { clock, shown, ending, result } = watched();
  clock.advance(1_000);
  ending.reject(new Error('broken'));
  await expect(result).rejects.toThrow('broken');
  expect(shown).toEqual(['checking: 1 s', '']);
});

test('without a terminal there is no timer', async () => {
  const clock = manualClock();
  await withProgress({ terminal: {}, what: 'checking', clock }, () => {
    expect(clock.pending).toBe(0);
    return Promise.resolve();
  });
});

test.each([
  [20, 'checking my.gateway'],
  [0, 'checking my.gateway.config.yaml: 3 s'],
])('on %i columns it stays on one line, and is erased', (columns, first) => {
  let written = '';
  const line = new StatusLine({ columns, write: (text) => (written += text) });
  line.erase();
  line.show('checking my.gateway.config.yaml: 3 s');
  line.show('4 s');
  line.show('');
  line.erase();
  expect(written).toBe(`${first}\r\u001b[2K4 s\r\u001b[2K`);
});
