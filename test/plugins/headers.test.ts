import { describe, expect, test } from 'vitest';
import type { Headers } from '../../src/core/headers.ts';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';

async function editing(headers: object, answer: Headers = {}) {
  const seen: Headers[] = [];
  const gateway = await startGateway({
    config: {
      routes: {
        forwarded: forwardTo('/f', { headers }),
        composed: {
          match: { path: '/c' },
          headers,
          aggregate: { part: { upstream: 'up', path: '/' } },
        },
      },
    },
    upstreams: {
      up: (request) => {
        seen.push(request.headers);
        return { body: {}, headers: answer };
      },
    },
  });
  return { ...gateway, seen };
}

describe('headers', () => {
  test('edits what every upstream of the route gets: remove, then set, then add', async () => {
    const { fetch, seen } = await editing({
      request: {
        remove: ['Accept-Language', 'x-gone'],
        set: { 'X-Tier': 'gold', 'user-agent': 'portico' },
        add: { 'x-list': 'b', 'x-new': '1' },
      },
    });
    const sent = { 'accept-language': 'de', 'x-gone': '1', 'x-list': 'a', 'user-agent': 'curl' };

    await fetch('/f', { headers: sent });
    await fetch('/c', { headers: sent });

    const [forwarded, composed] = seen;
    expect(forwarded).toMatchObject({
      'x-tier': 'gold',
      'user-agent': 'portico',
      'x-list': 'a, b',
      'x-new': '1',
    });
    expect(composed).toMatchObject({ 'x-tier': 'gold', 'x-list': 'b', 'x-new': '1' });
    for (const each of seen) {
      expect(each).not.toHaveProperty('x-gone');
      expect(each).not.toHaveProperty('accept-language');
    }
  });

  test('edits what the client gets, whoever answers', async () => {
    const { fetch } = await editing(
      {
        response: {
          remove: ['Server', 'x-powered-by'],
          set: { 'cache-control': 'no-cache' },
          add: { vary: 'X-Own', 'set-cookie': 'b=2' },
        },
      },
      {
        server: 'php',
        'x-powered-by': 'php',
        'cache-control': 'public',
        vary: 'Accept',
        'set-cookie': 'a=1',
      },
    );

    const forwarded = await fetch('/f');
    const composed = await fetch('/c');

    expect(forwarded.headers.get('server')).toBeNull();
    expect(forwarded.headers.get('cache-control')).toBe('no-cache');
    expect(forwarded.headers.get('vary')).toBe('Accept, X-Own');
    expect(forwarded.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(composed.headers.get('cache-control')).toBe('no-cache');
    expect(composed.headers.get('vary')).toBe('X-Own');
    expect(composed.headers.getSetCookie()).toEqual(['b=2']);
  });

  test.each([
    'connection',
    'Content-Length',
    'host',
    'transfer-encoding',
    'upgrade',
    'te',
    'expect',
  ])('leaves %s to the gateway: naming it refuses the config', async (name) => {
    await expect(editing({ request: { set: { [name]: 'x' } } })).rejects.toThrow(
      /is a connection field/,
    );
  });

  test('refuses a value that no header can hold', async () => {
    await expect(editing({ response: { set: { 'x-a': 'a\r\nb: c' } } })).rejects.toThrow(
      /characters that a header must not have/,
    );
  });
});
