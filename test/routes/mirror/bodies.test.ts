/** Bodies, over real sockets: of requests that are copied, and of answers that are compared. */
import { once } from 'node:events';
import { type IncomingMessage, request as ask } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { TestGateway } from '../../../src/testing.ts';
import { startRecorder, startUpstream } from '../../gateway/support/upstream.ts';
import { eventually } from '../../helpers/upstream.ts';
import { differencesOf, startMirrored, statusOf, untilMirror } from './support.ts';

type Body = Uint8Array<ArrayBuffer>;

const KIB = 1_024;

async function startPair(mirror: object = {}, old?: string) {
  const [primary, next] = [await startRecorder(), await startRecorder()];
  const gateway = await startMirrored({
    mirror: { unsafe: true, ...mirror },
    config: {
      upstreams: { old: { targets: [old ?? primary.url] }, next: { targets: [next.url] } },
    },
  });
  return { gateway, primary, next };
}

const post = (gateway: TestGateway, body: RequestInit['body'] & {}, more: RequestInit = {}) =>
  gateway.fetch('/', { method: 'POST', body, ...more });

describe('the body of a request', () => {
  test.each([1, 60 * KIB])('of %i bytes is sent to both, byte by byte', async (length) => {
    const { gateway, primary, next } = await startPair();
    const body = Buffer.alloc(length, 'abc');
    expect((await post(gateway, body)).status).toBe(200);
    await untilMirror(gateway, ({ outcomes, open }) => outcomes['answered'] === 1 && open === 0);
    expect(primary.received[0]!.body.equals(body)).toBe(true);
    expect(next.received[0]!.body.equals(body)).toBe(true);
    expect(next.received[0]!.headers['content-length']).toBe(String(length));
  });

  test('that comes in chunks is sent to both', async () => {
    const { gateway, next } = await startPair();
    const body = new Blob(['one ', 'two']).stream();
    await post(gateway, body, { duplex: 'half' });
    await eventually(() => next.received.length === 1);
    expect(next.received[0]!.body.toString()).toBe('one two');
  });

  test.each([
    ['declared', (body: Body) => body],
    ['not declared', (body: Body) => new Blob([body]).stream()],
  ])('that is too long, and %s, is not copied; the primary gets it', async (_how, bodyFor) => {
    const { gateway, primary, next } = await startPair({ maxBody: '4KiB' });
    const body = new Uint8Array(300 * KIB);
    const sent = await post(gateway, bodyFor(body), { duplex: 'half' });
    expect(sent.status).toBe(200);
    expect((await statusOf(gateway)).outcomes).toEqual({ large: 1 });
    expect(primary.received[0]!.body).toHaveLength(body.length);
    expect(next.received).toEqual([]);
  });

  test('that a client does not finish is not copied, and holds nothing', async () => {
    const { gateway, next } = await startPair();
    const client = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    await once(client, 'connect');
    client.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc');
    await new Promise((resolve) => setTimeout(resolve, 30));
    client.destroy();
    await untilMirror(gateway, ({ outcomes, open }) => outcomes['incomplete'] === 1 && open === 0);
    expect(next.received).toEqual([]);
  });

  test('that the primary does not want is not read for the sake of the mirror', async () => {
    const early = await startUpstream((_request, response) => response.writeHead(413).end());
    const { gateway, next } = await startPair({ maxBody: '1MiB' }, early);
    const sending = ask(gateway.url, { method: 'POST', headers: { 'content-length': 200_000 } });
    sending.on('error', () => undefined).write('x'.repeat(70));
    const [response] = (await once(sending, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(413);
    await untilMirror(gateway, ({ outcomes }) => outcomes['incomplete'] === 1);
    sending.destroy();
    expect(next.received).toEqual([]);
  });

  test('that waits for `100 Continue` is copied as any other', async () => {
    const { gateway, next } = await startPair();
    const sending = ask(gateway.url, {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': 3 },
    });
    sending.flushHeaders();
    await once(sending, 'continue');
    sending.end('abc');
    await once(sending, 'response');
    await eventually(() => next.received.length === 1);
    expect(next.received[0]!.headers).not.toHaveProperty('expect');
  });
});

describe('the body of an answer', () => {
  const big = Buffer.alloc(3_000 * KIB, 'answer');
  const streaming = () => startUpstream((_request, response) => void response.end(big));

  test('that is too long to compare reaches the client whole, and the mirror is cut off', async () => {
    const { gateway } = await startPair({ compare: true }, await streaming());
    const response = await gateway.fetch('/');
    expect(Buffer.from(await response.arrayBuffer()).equals(big)).toBe(true);
    await untilMirror(gateway, ({ outcomes, open }) => outcomes['answered'] === 1 && open === 0);
  });

  test('of a mirror is read up to its cap and no further', async () => {
    let isCut = false;
    const endless = await startUpstream((_request, response) => {
      response.on('close', () => (isCut = true));
      const more = (): void => {
        while (!response.destroyed && response.write('x'.repeat(16 * KIB)));
      };
      response.on('drain', more);
      more();
    });
    const gateway = await startMirrored({
      config: { upstreams: { old: { targets: [(await startRecorder()).url] }, next: { targets: [endless] } } }, // prettier-ignore
    });
    await gateway.fetch('/');
    await eventually(() => isCut);
    await untilMirror(gateway, ({ open }) => open === 0);
  });

  test('in pieces is compared once both are whole', async () => {
    const inPieces = (last: string) =>
      startUpstream((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' }).write('{"a":');
        setTimeout(() => response.write('1,'), 5);
        setTimeout(() => response.end(`${last}}`), 10);
      });
    const gateway = await startMirrored({
      mirror: { compare: true },
      config: {
        upstreams: {
          old: { targets: [await inPieces('"b":1')] },
          next: { targets: [await inPieces('"b":2')] },
        },
      },
    });
    expect(await (await gateway.fetch('/')).json()).toEqual({ a: 1, b: 1 });
    await untilMirror(gateway, ({ comparison }) => comparison!.different === 1);
    expect((await differencesOf(gateway))[0]!.differences[0]!.path).toBe('b');
  });
});
