import { status } from '@grpc/grpc-js';
import { describe, expect, test } from 'vitest';
import type { TestGateway } from '../../src/testing.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { get, metadataOf, startStock, stockClient, watch } from '../helpers/grpc.ts';
import { pair } from '../listener/gateway.ts';

/** A gateway in front of `targets`. */
const inFrontOf = (targets: readonly string[], more: object): Promise<TestGateway> =>
  startGateway({
    config: {
      server: { tls: pair('server') },
      admin: { port: 0 },
      upstreams: { up: { targets, http2: true, retry: false, ...more } },
      routes: { all: forwardTo('/*') },
    },
  });

const circuitOf = async ({ gateway: { adminUrl } }: TestGateway) => {
  const { upstreams } = (await (await fetch(`${adminUrl}/status`)).json()) as {
    readonly upstreams: readonly { readonly circuit: string; readonly circuitWhy?: string }[];
  };
  const { circuit, circuitWhy } = upstreams[0]!;
  return [circuit, circuitWhy];
};

/** A service whose calls all end with `code`. */
const failing = (code: status, fields = {}) =>
  startStock({
    Get: (_call, done) => done({ code, details: 'no', metadata: metadataOf(fields) }),
    Watch: (call) => {
      call.write(Buffer.from('one'));
      call.emit('error', { code, details: 'no' });
    },
  });

describe('the circuit', () => {
  const breaker = { consecutive: 2, open: '1m' };

  test('opens at calls that fail at once', async () => {
    const { url } = await failing(status.UNAVAILABLE);
    const gateway = await inFrontOf([url], { breaker });
    const client = stockClient(gateway.url);
    await get(client);
    await get(client);
    expect(await circuitOf(gateway)).toEqual([
      'open',
      expect.stringContaining('gRPC status 14') as string,
    ]);
    expect((await get(client)).details).toMatch(/^Upstream keeps failing/);
  });

  test('opens at calls that fail after a message', async () => {
    const { url } = await failing(status.INTERNAL);
    const gateway = await inFrontOf([url], { breaker });
    const client = stockClient(gateway.url);
    expect(await watch(client)).toMatchObject({ messages: ['one'], code: status.INTERNAL });
    expect((await circuitOf(gateway))[0]).toBe('closed');
    await watch(client);
    expect((await circuitOf(gateway))[0]).toBe('open');
  });

  test('stays closed where the request is at fault', async () => {
    for (const code of [status.NOT_FOUND, status.INVALID_ARGUMENT, status.RESOURCE_EXHAUSTED]) {
      const { url } = await failing(code);
      const gateway = await inFrontOf([url], { breaker });
      const client = stockClient(gateway.url);
      for (const call of [get, watch, get]) expect((await call(client)).code).toBe(code);
      expect(await circuitOf(gateway)).toEqual(['closed', undefined]);
    }
  });
});

describe('a call that is unavailable at once', () => {
  const healthy = () => startStock({ Get: (_call, done) => done(null, Buffer.from('here')) });
  const balance = 'roundRobin';

  test('is made again at another target, where the config lists it', async () => {
    const [bad, good] = [await failing(status.UNAVAILABLE), await healthy()];
    const retry = { on: ['unavailable'], backoff: '0s' };
    const { url } = await inFrontOf([bad.url, good.url], { retry, balance });
    const client = stockClient(url);
    for (let i = 0; i < 4; i += 1) expect(await get(client)).toMatchObject({ message: 'here' });
  });

  test('is not made again otherwise', async () => {
    const [bad, good] = [await failing(status.UNAVAILABLE), await healthy()];
    const { url } = await inFrontOf([bad.url, good.url], { retry: { backoff: '0s' }, balance });
    const client = stockClient(url);
    const codes = [(await get(client)).code, (await get(client)).code];
    expect(new Set(codes)).toEqual(new Set([status.OK, status.UNAVAILABLE]));
  });

  test('is not made again if the server asks not to', async () => {
    const bad = await failing(status.UNAVAILABLE, { 'grpc-retry-pushback-ms': '-1' });
    const good = await healthy();
    const retry = { on: ['unavailable'], backoff: '0s' };
    const { url } = await inFrontOf([bad.url, good.url], { retry, balance });
    const client = stockClient(url);
    const codes = [(await get(client)).code, (await get(client)).code];
    expect(new Set(codes)).toEqual(new Set([status.OK, status.UNAVAILABLE]));
  });
});
