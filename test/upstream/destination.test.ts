import { describe, expect, test } from 'vitest';
import { destination, type DestinationOptions } from '../../src/upstream/destination.ts';
import { around, aContext, answering, aRequest } from '../helpers/call.ts';

const OPTIONS: DestinationOptions = {
  upstream: 'orders',
  host: 'target',
  via: true,
  keyOf: undefined,
};

/** What is sent to `orders` for `request`. */
async function sent(
  options: Partial<DestinationOptions>,
  request: Parameters<typeof aRequest>[0] = {},
): Promise<ReturnType<typeof aRequest>> {
  const call = answering(200);
  await around(destination({ ...OPTIONS, ...options }))(call)(aRequest(request));
  return call.requests[0]!;
}

describe('the fields of a call', () => {
  test('do not change the original request', async () => {
    const request = aRequest({ headers: { accept: '*/*' } });
    await around(destination({ ...OPTIONS, host: 'orders.example' }))(answering(200))(request);
    expect(request.headers).toEqual({ accept: '*/*' });
  });

  test('lack Via if the upstream is to get none', async () => {
    const headers = { via: '1.1 portico' };
    expect((await sent({ via: false }, { headers })).headers).toEqual({});
  });
});

describe('Host', () => {
  test.each([
    ['target', undefined],
    ['client', 'shop.example:8443'],
    ['orders.internal', 'orders.internal'],
  ])('for "%s" is %s', async (host, expected) => {
    const context = aContext({ host: 'shop.example:8443' });
    expect((await sent({ host }, { context })).headers['host']).toBe(expected);
  });

  test('is left to the target if there is no client', async () => {
    expect((await sent({ host: 'client' })).headers['host']).toBeUndefined();
  });
});

test('the upstream is the chain’s own, whatever the request names', async () => {
  expect((await sent({ upstream: 'backup' }, { upstream: 'orders' })).upstream).toBe('backup');
});

test('the key for balancing is read from the context', async () => {
  const keyOf = ({ id }: { readonly id: string }): string => `key of ${id}`;
  expect((await sent({ keyOf }, { context: aContext({ id: 'one' }) })).key).toBe('key of one');
  expect((await sent({})).key).toBeUndefined();
});
