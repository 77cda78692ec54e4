import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { identity, startH2, startSecure } from '../helpers/secure-upstream.ts';
import { codeOf, forwardTo, startGateway } from './support/gateway.ts';

const ca = join(process.cwd(), 'test/fixtures/tls/ca.pem');

async function gatewayTo(target: string, upstream: object) {
  return startGateway({
    config: {
      upstreams: { up: { targets: [target], retry: false, ...upstream } },
      routes: { all: forwardTo('/*') },
    },
  });
}

describe('a gateway in front of an https upstream', () => {
  test('serves if the authority is given, as a file or as text', async () => {
    const { url } = await startSecure((_request, response) => void response.end('served'));
    for (const given of [ca, readFileSync(ca, 'utf8')]) {
      const { fetch } = await gatewayTo(url, { tls: { ca: given } });
      expect(await (await fetch('/a')).text()).toBe('served');
    }
  });

  test('answers 502 tls_certificate_error if it is not, and says no more', async () => {
    const upstream = await startSecure((_request, response) => void response.end());
    const { fetch } = await gatewayTo(upstream.url, {});
    const response = await fetch('/a');
    expect(response.status).toBe(502);
    expect(response.headers.get('proxy-status')).toBe('portico; error=tls_certificate_error');
    expect(await codeOf(response)).toBe('GW_UPSTREAM_CONNECT');
    expect(upstream.hits).toBe(0);
  });

  test('verifies the target by its own name even if Host is the client’s', async () => {
    const upstream = await startSecure(
      (request, response) => void response.end(request.headers.host),
    );
    const tls = { ca, servername: 'orders.internal' };
    const { fetch, url } = await gatewayTo(upstream.url, { tls, host: 'client' });
    expect(await (await fetch('/a')).text()).toBe(new URL(url).host);
    expect(upstream.names).toEqual(['orders.internal']);
  });
});

test.each([
  ['h2', identity('server')],
  ['h2c', undefined],
])('a gateway in front of an %s upstream streams both ways', async (_kind, tls) => {
  const upstream = await startH2(
    (stream) => {
      stream.respond({ ':status': 201, 'x-own': '1' });
      stream.pipe(stream);
    },
    tls === undefined ? {} : { tls },
  );
  const { fetch } = await gatewayTo(upstream.url, {
    http2: true,
    ...(tls === undefined ? {} : { tls: { ca } }),
  });
  const answers = await Promise.all(
    Array.from({ length: 10 }, () =>
      fetch('/a', { method: 'POST', body: 'x'.repeat(500_000), headers: { te: 'trailers' } }),
    ),
  );
  for (const response of answers) {
    expect([response.status, response.headers.get('x-own')]).toEqual([201, '1']);
    expect([...response.headers.keys()].filter((name) => name.startsWith(':'))).toEqual([]);
    expect(await response.text()).toHaveLength(500_000);
  }
  expect(upstream.sessions).toHaveLength(1);
});
