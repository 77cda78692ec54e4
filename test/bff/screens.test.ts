/** The table of bff/README.md: what the same screens cost for phones and for browsers. */
import { readFileSync } from 'node:fs';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/core/clock.ts';
import { partOf, writePart } from '../helpers/docs-part.ts';
import { demoShop } from './demo-shop.ts';

const PAGE = 'bff/README.md';
const UPDATES = process.env['UPDATE_DOCS'] === '1';

/** How long each call takes in the table. */
const CALL_MS = 20;

/** Turns of the event loop after which whatever can happen without an answer has happened. */
const QUIET_TURNS = 200;

/** Nothing is ever too late. */
const STILL: Clock = { now: () => 0, after: () => ({ refresh() {} }), cancel() {} };

interface Cost {
  readonly bytes: number;
  readonly calls: number;
  /** Waves of calls, each of which needs answers of the one before. */
  readonly rounds: number;
}

/** All calls that wait are answered at once when nothing else happens any more. */
async function cost(path: string): Promise<Cost> {
  let waiting: (() => void)[] = [];
  const { ask, calls } = await demoShop({
    clock: STILL,
    hold: () => new Promise<void>((resolve) => waiting.push(resolve)),
  });
  let bytes: number | undefined;
  const asked = ask(path).then(async (response) => {
    expect([response.status, response.headers.get('gateway-degraded')]).toEqual([200, null]);
    bytes = (await response.arrayBuffer()).byteLength;
  });
  let rounds = 0;
  const state = { isOver: false };
  const over = asked.finally(() => (state.isOver = true));
  while (!state.isOver) {
    const before = waiting.length;
    for (let i = 0; i < QUIET_TURNS; i++) await turn();
    if (waiting.length !== before || before === 0) continue;
    rounds += 1;
    for (const answer of waiting) answer();
    waiting = [];
  }
  await over;
  return { bytes: bytes ?? 0, calls: calls().length, rounds };
}

const SCREENS = {
  home: ['/mobile/home', '/web/home'],
  product: ['/mobile/products/p1', '/web/products/p1'],
  order: ['/mobile/orders/42', '/web/orders/42'],
} as const;

const told = ({ bytes, calls, rounds }: Cost): string =>
  `${bytes.toLocaleString('en')} bytes, ${calls} calls, ${rounds * CALL_MS} ms`;

describe('bff/README.md', () => {
  test('shows what the screens cost: phones get at most a fifth of the bytes', async () => {
    const rows = ['| screen | mobile | web | bytes |', '|---|---|---|---|'];
    for (const [screen, [small, rich]] of Object.entries(SCREENS)) {
      const [mobile, web] = [await cost(small), await cost(rich)];
      const times = Math.floor(web.bytes / mobile.bytes);
      rows.push(`| ${screen} | ${told(mobile)} | ${told(web)} | 1 : ${times} |`);
      expect(times).toBeGreaterThanOrEqual(5);
    }
    const table = rows.join('\n');
    if (UPDATES) writePart(PAGE, 'screens', table);
    const shown = partOf(PAGE, 'screens')
      .replaceAll(/ *\| */g, '|')
      .replaceAll(/-+/g, '-');
    expect(shown).toBe(table.replaceAll(/ *\| */g, '|').replaceAll(/-+/g, '-'));
  });

  test.each(['mobile', 'web', 'public/v1'])('bff/%s names each of its endpoints', (folder) => {
    const readme = readFileSync(`bff/${folder}/README.md`, 'utf8');
    const code = ['index', 'home', 'product', 'orders', 'account', 'images']
      .map((name) => {
        try {
          return readFileSync(`bff/${folder}/${name}.ts`, 'utf8');
        } catch {
          return '';
        }
      })
      .join('\n');
    const paths = [...code.matchAll(/app\.(?:get|post|put)\(\s*'([^']+)'/g)].map(
      ([, path]) => path!,
    );
    expect(paths.length).toBeGreaterThanOrEqual(4);
    for (const path of paths) expect(readme).toContain(path);
  });
});
