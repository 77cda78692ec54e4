/** Which rows bench/regress compares with a revision that may not know all of them. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { type Bench, findComparable } from '../../bench/compare/gateways.ts';
import { parseOptions } from '../../bench/compare/options.ts';
import { judge } from '../../bench/compare/verdicts.ts';
import { Processes } from '../../bench/processes.ts';
import { ANSWER } from '../../src/load/answer.ts';

/** A gateway that refuses configs of TLS and of this checkout's `regress.yaml`, and has two routes. */
const OLD_GATEWAY = `
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
const config = readFileSync(process.argv.at(-1), 'utf8');
if (config.includes('tls:') || config.includes('five:')) process.exit(78);
const server = createServer(({ url }, response) => {
  const isKnown = url === '/bare/42' || url === '/api/orders/42';
  response.writeHead(isKnown ? 200 : 404).end(isKnown ? ${JSON.stringify(ANSWER)} : '{}');
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: 'http://127.0.0.1:' + server.address().port }));
});
`;

function aFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'portico-compare-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** A checkout of a revision whose `regress.yaml` has the routes that it knows. */
function anOldCheckout(main = OLD_GATEWAY): string {
  const folder = aFolder();
  mkdirSync(join(folder, 'src'));
  writeFileSync(join(folder, 'src/main.ts'), main);
  mkdirSync(join(folder, 'bench/configs'), { recursive: true });
  writeFileSync(join(folder, 'bench/configs/regress.yaml'), 'version: 1\n');
  return folder;
}

function aBench(only: string): Bench {
  const processes = new Processes();
  onTestFinished(() => processes.stop());
  return {
    options: parseOptions(['old', '--sources', '--only', only])!,
    processes,
    cores: { gateway: undefined, rest: undefined },
    issuer: { url: 'http://127.0.0.1:1', tokens: () => [] },
    tokens: ['token'],
    // Nothing is measured here.
    load: undefined as unknown as Bench['load'],
    upstream: { url: 'http://127.0.0.1:1', pid: process.pid },
    folder: aFolder(),
  };
}

test('a revision gets its own config where it refuses that of this checkout', async () => {
  const old = anOldCheckout();

  const [comparable] = await findComparable(aBench('bare'), old, () => undefined);

  expect(comparable!.fileBefore).toBe(join(old, 'bench/configs/regress.yaml'));
  expect(comparable!.fileNow).toMatch(/bench\/configs\/regress\.yaml$/);
  expect(comparable!.fileNow).not.toContain(old);
});

test('rows that a revision does not know are skipped, each with a line', async () => {
  const told: string[] = [];

  const comparable = await findComparable(
    aBench('bare,five parts,TLS,1000 routes'),
    anOldCheckout(),
    (line) => told.push(line),
  );

  expect(comparable.flatMap(({ rows }) => rows.map(({ name }) => name))).toEqual([
    'bare',
    '1000 routes',
  ]);
  expect(told).toEqual([
    'five parts: skipped, because old has no such route',
    'TLS: skipped, because old does not start with its config',
  ]);
});

test('a row that is answered wrongly is an error, not a row to skip', async () => {
  const wrong = anOldCheckout(OLD_GATEWAY.replace('200 : 404', '503 : 503'));

  await expect(findComparable(aBench('bare'), wrong, () => undefined)).rejects.toThrow(
    /bare: status/,
  );
});

test('a row is worse where the lower end of its interval is over the bound', () => {
  const pairs = [1.1, 1.12, 1.09, 1.11, 1.1].map((ratio) => ({
    before: new Map([['bare', 100]]),
    now: new Map([['bare', 100 * ratio]]),
  }));

  const { ratios, beforeUs, nowUs } = judge('bare', pairs);

  expect(ratios.low).toBeGreaterThan(1.03);
  expect(beforeUs).toBe(100);
  expect(nowUs).toBeCloseTo(110);
});
