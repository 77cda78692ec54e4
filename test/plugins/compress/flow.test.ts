/** Compressed answers on their way: slow ones, long ones, and those that are given up. */
import { request } from 'node:http';
import { buffer } from 'node:stream/consumers';
import zlib from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { eventually, startUpstream } from '../../helpers/upstream.ts';
import { recordingLog } from '../recording-log.ts';
import { ask, CODINGS, decoded, gatewayTo, open, opened, textOf } from './support.ts';

/** What the client can decode so far. */
const DECODERS = {
  gzip: () => zlib.createGunzip(),
  br: () => zlib.createBrotliDecompress(),
  zstd: () => zlib.createZstdDecompress(),
} as const;

describe.each(CODINGS)('with %s', (coding) => {
  test('bytes of a slow body do not stay in the compressor', async () => {
    const { gateway, answers } = await open();
    const opening = opened(`${gateway.url}/`, coding);
    await eventually(() => answers.length === 1);
    answers[0]!.write('first');
    const answer = await opening;
    expect(answer.headers['content-encoding']).toBe(coding);
    let text = '';
    answer.pipe(DECODERS[coding]()).on('data', (bytes: Buffer) => (text += bytes.toString()));
    await eventually(() => text === 'first');
    answers[0]!.write(', second');
    await eventually(() => text === 'first, second');
    answers[0]!.end(', last');
    await eventually(() => text === 'first, second, last');
  });

  test('a slow reader pauses the upstream, and gets every byte', async () => {
    const chunk = Buffer.alloc(65_536);
    let written = 0;
    const gateway = await gatewayTo((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/wasm' });
      const more = (): void => {
        while (written < 200) {
          written += 1;
          // Random, so that as many bytes come out.
          crypto.getRandomValues(chunk);
          if (!response.write(Buffer.from(chunk))) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    });
    const answer = await opened(`${gateway.url}/`, coding);
    let before = -1;
    while (before !== written) {
      before = written;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(written).toBeLessThan(200);
    const bytes = await buffer(answer);
    expect(decoded(answer.headers, bytes).length).toBe(200 * 65_536);
  });

  test('a client that leaves ends the upstream, and gives its place back', async () => {
    const { gateway, answers } = await open(
      { compress: {} },
      { plugins: { compress: { concurrency: 1 } } },
    );
    const opening = opened(`${gateway.url}/`, coding);
    await eventually(() => answers.length === 1);
    answers[0]!.write(textOf(2_000));
    (await opening).destroy();
    await eventually(() => answers[0]!.destroyed);
    const again = opened(`${gateway.url}/`, coding);
    await eventually(() => answers.length === 2);
    answers[1]!.end(textOf(2_000));
    expect((await again).headers['content-encoding']).toBe(coding);
  });

  test('a body that breaks off never looks whole', async () => {
    const { gateway, answers } = await open();
    const opening = opened(`${gateway.url}/`, coding);
    await eventually(() => answers.length === 1);
    answers[0]!.write(textOf(2_000));
    const answer = await opening;
    answers[0]!.destroy();
    await expect(buffer(answer)).rejects.toThrow('aborted');
  });
});

test('a client that leaves while its answer waits to be decided on ends the upstream', async () => {
  const { gateway, answers } = await open({ compress: { minimum: '1MiB' } });
  const asked = request(`${gateway.url}/`, { headers: { 'accept-encoding': 'gzip' } }).end();
  asked.on('error', () => undefined);
  await eventually(() => answers.length === 1);
  asked.destroy();
  await eventually(() => answers[0]!.destroyed);
});

test('a body that breaks off before anything was sent is an error of the gateway', async () => {
  const gateway = await gatewayTo((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.write('a');
    setImmediate(() => response.destroy());
  });
  expect((await ask(`${gateway.url}/`, { headers: { 'accept-encoding': 'gzip' } })).status).toBe(
    502,
  );
});

test('past the concurrency, answers pass as they are', async () => {
  const { gateway, answers } = await open(
    { compress: {} },
    { plugins: { compress: { concurrency: 1 } } },
  );
  const first = opened(`${gateway.url}/`, 'gzip');
  await eventually(() => answers.length === 1);
  answers[0]!.write(textOf(2_000));
  expect((await first).headers['content-encoding']).toBe('gzip');

  const second = ask(`${gateway.url}/`, { headers: { 'accept-encoding': 'gzip' } });
  await eventually(() => answers.length === 2);
  answers[1]!.end(textOf(2_000));
  expect((await second).headers).not.toHaveProperty('content-encoding');
  expect((await second).headers.vary).toBe('Accept-Encoding');
  expect((await second).text).toBe(textOf(2_000));

  answers[0]!.end();
  await buffer(await first);
  const third = ask(`${gateway.url}/`, { headers: { 'accept-encoding': 'gzip' } });
  await eventually(() => answers.length === 3);
  answers[2]!.end(textOf(2_000));
  expect((await third).headers['content-encoding']).toBe('gzip');
});

test('the access log counts the bytes that the client gets', async () => {
  const { log, lines } = recordingLog();
  const { url } = await startUpstream((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end(textOf(50_000));
  });
  const gateway = await startGateway({
    log,
    config: {
      telemetry: { logs: { access: true } },
      upstreams: { up: { targets: [url] } },
      routes: { all: { match: { path: '/*' }, upstream: 'up', compress: {} } },
    },
  });
  const { bytes } = await ask(`${gateway.url}/`, { headers: { 'accept-encoding': 'br' } });
  const logged = (): unknown => lines().find((line) => 'bytesSent' in line);
  await eventually(() => logged() !== undefined);
  expect(logged()).toMatchObject({ status: 200, bytesSent: bytes.length });
});
