import { describe, expect, test } from 'vitest';
import { destination, type DestinationOptions } from '../../src/upstream/destination.ts';
import { around, aContext, answering, aRequest } from '../helpers/call.ts';

const OPTIONS: DestinationOptions = {
  upstream: 'orders',
  host: 'target',
  via: true,
  keyOf: undefined,
};

/** What `orders` is sent for `request`. */
async function sent(
  options: Partial<DestinationOptions>,
  request: Parameters<typeof aRequest>[0] = {},
): Promise<ReturnType<typeof aRequest>> {
  const call = answering(200);
  await around(destination({ ...OPTIONS, ...options }))(call)(aRequest(request));
  return call.requests[0]!;
}

describe('what a call is sent with', () => {
  test('is what its context says, then its own fields, then what hooks have told', async () => {
    const context = aContext({
      fields: { via: '1.1 portico', 'x-request-id': 'one', 'x-forwarded-for': '192.0.2.1' },
      toldUpstreams: { 'x-user': 'ann' },
    });
    const headers = { via: '1.1 cdn, 1.1 portico', 'x-user': 'eve', accept: '*/*' };
    expect((await sent({}, { context, headers })).headers).toEqual({
      via: '1.1 cdn, 1.1 portico',
      'x-request-id': 'one',
      'x-forwarded-for': '192.0.2.1',
      'x-user': 'ann',
      accept: '*/*',
    });
  });

  test('leaves the request that was given as it was', async () => {
    const request = aRequest({ headers: { accept: '*/*' } });
    await around(destination({ ...OPTIONS, host: 'orders.example' }))(answering(200))(request);
    expect(request.headers).toEqual({ accept: '*/*' });
  });

  test('has no Via where the upstream is to get none', async () => {
    const context = aContext({ fields: { via: '1.1 portico' } });
    expect((await sent({ via: false }, { context })).headers).toEqual({});
  });
});

describe('Host', () => {
  test.each([
    ['target', undefined],
    ['client', 'shop.example:8443'],
    ['orders.internal', 'orders.internal'],
  ])('of "%s" is %s', async (host, expected) => {
    const context = aContext({ host: 'shop.example:8443' });
    expect((await sent({ host }, { context })).headers['host']).toBe(expected);
  });

  test('is left to the target where no client asked for one', async () => {
    expect((await sent({ host: 'client' })).headers['host']).toBeUndefined();
  });
});

test('the upstream is its own, whoever the request was made for', async () => {
  expect((await sent({ upstream: 'backup' }, { upstream: 'orders' })).upstream).toBe('backup');
});

test('what balancing goes by is read from the context', async () => {
  const keyOf = ({ id }: { readonly id: string }): string => `key of ${id}`;
  expect((await sent({ keyOf }, { context: aContext({ id: 'one' }) })).key).toBe('key of one');
  expect((await sent({})).key).toBeUndefined();
});
