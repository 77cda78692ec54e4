import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, parse, problemCode, receive } from '../gateway/support/socket.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { answerOf, ask, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

/** Sends ten bytes per second; returns the status, the code and the time taken. */
async function drip(version: string, length: number, type = 'text/plain') {
  const origin = await startUpstream((request, response) => {
    request.resume().on('end', () => response.end('ok'));
  });
  const { url, gateway } = await startGateway({
    config: {
      server: version === 'HTTP/2' ? { tls: pair('server') } : {},
      upstreams: { up: { targets: [origin] } },
      routes: { all: forwardTo('/*') },
    },
  });
  const fields = { 'content-length': String(length), 'content-type': type };
  const startedAt = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const send = (write: (text: string) => void): void => {
    timer = setInterval(() => write('x'), 100);
  };
  const answer = version === 'HTTP/2' ? await overHttp2() : await overHttp1();
  clearInterval(timer);
  return {
    ...answer,
    ms: performance.now() - startedAt,
    used: gateway.status().upstreams[0]?.slots.used,
  };

  async function overHttp1() {
    const socket = await open(url);
    const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}`);
    socket.write(`${['POST / HTTP/1.1', 'host: a', ...lines].join('\r\n')}\r\n\r\n`);
    send((text) => socket.write(text));
    const raw = parse(await Promise.race([receive(socket), sleep(9_000, '')]));
    return { status: raw.status, code: raw.body === '' ? '' : problemCode(raw) };
  }

  async function overHttp2() {
    const stream = ask(await openH2(url), { ':method': 'POST', ':path': '/', ...fields });
    send((text) => stream.write(text));
    const none = sleep(9_000, undefined);
    const got = await Promise.race([answerOf(stream).catch(() => undefined), none]);
    if (got === undefined) return { status: Number.NaN, code: '' };
    return { status: got.status, code: String(got.body) };
  }
}

test.each(['HTTP/1.1', 'HTTP/2'])(
  'a body at ten bytes per second is 408 after five seconds over %s, except for gRPC',
  async (version) => {
    const [short, long, grpc] = await Promise.all([
      drip(version, 1_000),
      drip(version, 1_000_000),
      drip(version, 1_000_000, 'application/grpc'),
    ]);
    for (const { status, code, ms, used } of [short, long]) {
      expect(status).toBe(408);
      expect(code).toContain('GW_REQUEST_TIMEOUT');
      expect(ms).toBeGreaterThan(4_900);
      expect(used).toBe(0);
    }
    expect([grpc.status, grpc.used]).toEqual([Number.NaN, 1]);
  },
);
