/** Each example in docs/recipes loads without a warning and does what its page says. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import { loadModules } from '../../src/assembly/modules.ts';
import { codeOf, startGateway } from './support/gateway.ts';
import { startUpstream } from './support/upstream.ts';

const PAGE = readFileSync('docs/recipes/long-polling.md', 'utf8');
const examples = [...PAGE.matchAll(/^```yaml\n(.*?)^```$/gms)].map(([, text]) => text!);
const [POLL, EVENTS, MODEL] = examples as [string, string, string];

interface Example {
  readonly upstreams: Record<string, object>;
  readonly routes: Record<string, object>;
}

/** Makes the times of an example a hundred times as short: 60s become 600ms. */
const faster = (text: string): string =>
  text.replaceAll(/\b(\d+)s\b/g, (_all, seconds: string) => `${Number(seconds) * 10}ms`);

/** The default times for `defaults.upstreams`, a hundred times as short too. */
const DEFAULTS = { timeout: '100ms', deadline: '150ms', idleTimeout: '300ms' };

/**
 * A gateway with an example's config in front of a real upstream; `bare` leaves out the keys of its
 * routes.
 */
async function serving(
  text: string,
  listener: Parameters<typeof startUpstream>[0],
  isBare = false,
) {
  const { upstreams, routes } = parse(faster(text)) as Example;
  const targets = [await startUpstream(listener)];
  const bare = (route: object): object => {
    const { match, upstream } = route as { match: object; upstream: string };
    return { match, upstream };
  };
  return startGateway({
    config: {
      defaults: { upstreams: DEFAULTS },
      upstreams: mapValues(upstreams, (own) => ({ ...own, targets })),
      routes: isBare ? mapValues(routes, bare) : routes,
    },
  });
}

const mapValues = (record: Readonly<Record<string, object>>, change: (value: object) => object) =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

test('each example is a valid config without warnings', async () => {
  expect(examples).toHaveLength(3);
  for (const text of examples) {
    const folder = mkdtempSync(join(tmpdir(), 'portico-recipe-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'gateway.config.yaml');
    writeFileSync(file, text);
    expect((await loadConfig({ file, environment: {}, loadModules })).warnings).toEqual([]);
  }
});

describe('a long poll', () => {
  test('is held for its time, and sent once', async () => {
    let hits = 0;
    const { fetch } = await serving(POLL, (_request, response) => {
      hits += 1;
      setTimeout(() => response.end('news'), 400);
    });
    const response = await fetch('/chat/poll');
    expect([response.status, await response.text(), hits]).toEqual([200, 'news', 1]);
  });

  test('is cut without its keys', async () => {
    const { fetch } = await serving(POLL, () => undefined, true);
    const response = await fetch('/chat/poll');
    expect(response.status).toBe(504);
    expect(await codeOf(response)).toMatch(/GW_UPSTREAM_TIMEOUT|GW_DEADLINE_EXCEEDED/);
  });
});

describe.each([
  ['a stream of events', EVENTS, '/events', 'GET', 600],
  ['a model that thinks between two words', MODEL, '/v1/chat', 'POST', 500],
] as const)('%s', (_what, text, path, method, pauseMs) => {
  const talking: Parameters<typeof startUpstream>[0] = (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 1\n\n');
    setTimeout(() => response.end('data: 2\n\n'), pauseMs);
  };

  test('survives a long pause', async () => {
    const { fetch } = await serving(text, talking);
    const response = await fetch(path, { method });
    expect(await response.text()).toBe('data: 1\n\ndata: 2\n\n');
  });

  test('is cut during the pause without its keys', async () => {
    const { fetch } = await serving(text, talking, true);
    const response = await fetch(path, { method });
    await expect(response.text()).rejects.toThrow();
  });
});

test('a model may take long for its first word, and gets the request once', async () => {
  let hits = 0;
  const { fetch } = await serving(MODEL, (request, response) => {
    hits += 1;
    void once(request.resume(), 'end').then(() => setTimeout(() => response.end('word'), 700));
  });
  const response = await fetch('/v1/chat', { method: 'POST', body: 'x'.repeat(2_000_000) });
  expect([response.status, await response.text(), hits]).toEqual([200, 'word', 1]);
});
