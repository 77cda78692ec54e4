import { describe, expect, test } from 'vitest';
import { forwardTo, startGateway } from '../gateway/support/gateway.ts';
import { open, receive } from '../gateway/support/socket.ts';
import { bodyOf, startUpstream } from '../gateway/support/upstream.ts';
import { answerOf, ask, fetchH2, openH2 } from '../helpers/h2-client.ts';
import { pair } from '../listener/gateway.ts';

interface Sender {
  write(bytes: string): void;
  end(): void;
  /** The text of the answer, at its end. */
  readonly answer: Promise<string>;
}

async function world(version: string) {
  const seen = { begun: 0 };
  const origin = await startUpstream((request, response) => {
    seen.begun += 1;
    void bodyOf(request).then((body) => response.end(`got ${body.length}`));
  });
  const { url, gateway } = await startGateway({
    config: {
      server: version === 'HTTP/2' ? { tls: pair('server') } : {},
      upstreams: { up: { targets: [origin], bulkhead: { concurrency: 1, queue: 0 } } },
      routes: { all: forwardTo('/*') },
    },
  });
  const used = (): unknown => gateway.status().upstreams[0]?.slots.used;
  const begin = (fields: Record<string, string>): Promise<Sender> =>
    version === 'HTTP/2' ? beginH2(url, fields) : beginH1(url, fields);
  const get = async (): Promise<number> => {
    if (version === 'HTTP/2') return (await fetchH2(await openH2(url), { ':path': '/' })).status;
    return (await fetch(url)).status;
  };
  return { seen, used, begin, get };
}

async function beginH1(url: string, fields: Record<string, string>): Promise<Sender> {
  const socket = await open(url);
  const isChunked = fields['content-length'] === undefined;
  const all = { host: 'a', ...(isChunked ? { 'transfer-encoding': 'chunked' } : {}), ...fields };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  socket.write(`${['POST / HTTP/1.1', ...lines].join('\r\n')}\r\n\r\n`);
  return {
    write: (text) =>
      void socket.write(isChunked ? `${text.length.toString(16)}\r\n${text}\r\n` : text),
    end: () => void (isChunked && socket.write('0\r\n\r\n')),
    answer: receive(socket, (text) => /got \d+/.test(text)),
  };
}

async function beginH2(url: string, fields: Record<string, string>): Promise<Sender> {
  const stream = ask(await openH2(url), { ':method': 'POST', ':path': '/', ...fields });
  return {
    write: (text) => void stream.write(text),
    end: () => void stream.end(),
    answer: answerOf(stream).then(({ body }) => body.toString()),
  };
}

describe.each(['HTTP/1.1', 'HTTP/2'])('over %s', (version) => {
  test.each([
    ['of a declared length', { 'content-length': '10' }],
    ['without one', {}],
  ])('a short body %s holds no slot while it arrives', async (_which, fields) => {
    const { seen, used, begin, get } = await world(version);
    const slow = await begin(fields);
    slow.write('hello');

    expect(await get()).toBe(200);
    expect([used(), seen.begun]).toEqual([0, 1]);

    slow.write('hello');
    slow.end();
    expect(await slow.answer).toContain('got 10');
    expect(seen.begun).toBe(2);
  });

  test.each([
    ['that is declared', { 'content-length': '100000' }, 5],
    ['that is not', {}, 70_000],
    ['of gRPC, however short', { 'content-type': 'application/grpc+proto' }, 5],
  ])('a longer one %s streams', async (_which, fields, first) => {
    const { seen, used, begin } = await world(version);
    const sender = await begin(fields);
    sender.write('x'.repeat(first));
    await expect.poll(() => seen.begun).toBe(1);
    expect(used()).toBe(1);

    sender.write('x'.repeat(100_000 - first));
    sender.end();
    expect(await sender.answer).toContain('got 100000');
  });
});

test('100 Continue is sent when collecting begins', async () => {
  const { begin, used } = await world('HTTP/1.1');
  const sender = await begin({ 'content-length': '5', expect: '100-continue' });
  setTimeout(() => sender.write('hello'), 100);
  expect(await sender.answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
  expect(used()).toBe(0);
});
