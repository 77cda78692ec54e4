import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { isBff } from '../src/authoring/bff.ts';
import { ERRORS, GatewayError } from '../src/core/errors.ts';
import { run } from './cli/run.ts';
import { faultsOf } from './config/config-files.ts';
import { served } from './docs/served.ts';
import { startGateway } from './gateway/support/gateway.ts';
import { closedOrigin, startUpstream } from './gateway/support/upstream.ts';
import { Page } from './helpers/page.ts';
import { metricsOf } from './listener/gateway.ts';

const README = new Page('README.md');
const [OWN, SHOP] = README.blocks('yaml') as [string, string];
const [METRIC, FAULTS] = README.blocks('text') as [string, string];

/** The table as docs/errors.md must have it. */
function errorTable(): string {
  const rows = Object.entries(ERRORS).map(([code, row]) => {
    const blames = row.blamesUpstream ? 'yes' : 'no';
    return `| ${code} | ${row.status} | ${row.title} | ${blames} | ${row.repeatable} |`;
  });
  return ['| code | status | when | blames | retry |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** Ids differ from one request to the next. */
const withoutId = (text: string): string => text.replace(/urn:request:[^"]+/, 'urn:request:…');

describe('five minutes with a service of your own', () => {
  const own = (target: string) => served(OWN, { replace: { 'http://127.0.0.1:3000': target } });

  test('answer as the service does, with what is left of the limit', async () => {
    const { fetch } = await own(await startUpstream((_request, response) => response.end('mine')));
    const response = await fetch('/');
    expect([response.status, await response.text()]).toEqual([200, 'mine']);
    expect(response.headers.get('ratelimit')).toContain('r=99');
  });

  test('show the error of a service that is gone, and its metric', async () => {
    const gateway = await own(await closedOrigin());
    const response = await gateway.fetch('/', { method: 'POST' });
    const [shown] = README.blocks('json');
    expect([response.status, `${withoutId(await response.text())}\n`]).toEqual([502, shown]);
    await expect.poll(() => metricsOf(gateway)).toContain(METRIC.trim());
  });

  test('open the circuit after as many attempts as the page says', async () => {
    let attempts = 0;
    const { fetch } = await served(OWN, {
      upstreams: {
        app: () => {
          attempts += 1;
          throw new GatewayError('GW_UPSTREAM_CONNECT', 'app refused the connection');
        },
      },
    });
    const answered: number[] = [];
    while (answered.length < 21 && answered.at(-1) !== 503) {
      answered.push((await fetch('/', { method: 'POST' })).status);
    }
    const failed = /after (\d+) failed attempts/.exec(README.text)?.[1];
    expect([attempts, answered.at(-1)]).toEqual([Number(failed), 503]);
  });

  test('show the fault of a misspelt key', async () => {
    const misspelt = OWN.replace('upstream: app', 'upstrem: app');
    const faults = await faultsOf({ 'my.yaml': misspelt });
    expect(faults).toEqual([FAULTS.trim()]);
  });
});

describe('README.md', () => {
  test('has an aggregate that is there without its optional part', async () => {
    const {
      plugins: _plugins,
      defaults: _defaults,
      ...shop
    } = parse(SHOP) as {
      readonly plugins: unknown;
      readonly defaults: unknown;
      readonly routes: Readonly<Record<string, object>>;
    };
    const { 'order-summary': summary } = shop.routes;
    const { fetch } = await startGateway({
      config: { routes: { summary } },
      upstreams: { orders: () => ({ body: { id: '42' } }), payments: () => ({ status: 503 }) },
    });
    const response = await fetch('/api/orders/42/summary');
    expect(await response.json()).toEqual({ order: { id: '42' }, payment: { status: 'unknown' } });
    expect(response.headers.get('gateway-degraded')).toBe('payment;reason=status-503');
  });

  test('lists commands that there are', async () => {
    const [, listed] = README.text.split('## Commands');
    const commands = [...listed!.matchAll(/^portico (\w+)/gm)].map(([, name]) => name!);
    expect(commands).toHaveLength(new Set(commands).size);
    for (const name of commands) {
      expect(await run(['help', name])).toMatchObject({ code: 0, err: [] });
    }
  });

  test('has a BFF that is one', async () => {
    const folder = mkdtempSync(join('test', '.readme-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'example.ts');
    writeFileSync(file, README.blocks('ts')[0]!);
    expect(isBff(((await import(pathToFileURL(file).href)) as { default: unknown }).default)).toBe(
      true,
    );
  });
});

test('docs/errors.md has the error table of the code', () => {
  expect(new Page('docs/errors.md').text).toContain(errorTable());
});
