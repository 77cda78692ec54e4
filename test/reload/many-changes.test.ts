import { expect, test } from 'vitest';
import { changesInWords } from '../../src/config/changes/words.ts';
import type { Snapshot } from '../../src/config/yaml/source.ts';
import { bound, FIGURE_TRIES, size } from '../helpers/figures.ts';

const ROUTES = size('ROUTES', 1_000, 10_000);

const config = (status: number): Snapshot => {
  const route = (i: number): string =>
    `  r${i}:\n    match: { path: /r${i} }\n    respond: { status: ${status} }\n`;
  const text = `routes:\n${Array.from({ length: ROUTES }, (_each, i) => route(i)).join('')}`;
  return { texts: new Map([[`${process.cwd()}/gateway.config.yaml`, text]]), included: new Map() };
};

/** The most CPU time that this thread takes between two turns of the event loop while `work` runs, in milliseconds. */
async function longestBlock(work: () => Promise<unknown>): Promise<number> {
  let most = 0;
  let isOver = false;
  let last = process.threadCpuUsage();
  const look = (): void => {
    const { user, system } = process.threadCpuUsage(last);
    most = Math.max(most, (user + system) / 1_000);
    last = process.threadCpuUsage();
    if (!isOver) setImmediate(look);
  };
  setImmediate(look);
  await work();
  isOver = true;
  return most;
}

test('others run while changes of many routes are put in words', FIGURE_TRIES, async () => {
  let changes: readonly string[] = [];
  const block = await longestBlock(async () => {
    changes = await changesInWords(config(200), config(201), new Set());
  });
  expect(changes.at(-1)).toBe(`and ${ROUTES - 20} more`);
  expect(block).toBeLessThan(bound(50, 5_000));
});
