/** Compressed answers by other ways: Fastify's reply, HTTP/2, chunks of all sizes, and many at once. */
import { randomBytes } from 'node:crypto';
import { request, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { answerOf, openH2 } from '../../helpers/h2-client.ts';
import { seeded } from '../../helpers/seeded.ts';
import { eventually } from '../../helpers/upstream.ts';
import { ask, CODINGS, decoded, gatewayTo, open, opened, textOf } from './support.ts';

/** Its hook makes answers go through Fastify's reply. */
const payload = fileURLToPath(new URL('../fixtures/payload.ts', import.meta.url));

describe('beside hooks of Fastify', () => {
  const beside = { plugins: { payload: { module: payload } } };

  test('a client that leaves ends the upstream', async () => {
    const { gateway, answers } = await open({ compress: {} }, beside);
    const opening = opened(`${gateway.url}/`, 'gzip');
    await eventually(() => answers.length === 1);
    answers[0]!.write(textOf(2_000));
    const answer = await opening;
    expect(answer.headers).toMatchObject({ 'x-payload': 'stream', 'content-encoding': 'gzip' });
    answer.destroy();
    await eventually(() => answers[0]!.destroyed);
  });

  test('a client that leaves while its answer waits to be decided on ends the upstream', async () => {
    const { gateway, answers } = await open({ etag: { maxWait: '1m' } }, beside);
    const asked = request(`${gateway.url}/`).end();
    asked.on('error', () => undefined);
    await eventually(() => answers.length === 1);
    answers[0]!.write('first');
    asked.destroy();
    await eventually(() => answers[0]!.destroyed);
  });

  test('a body that breaks off never looks whole', async () => {
    const { gateway, answers } = await open({ compress: {} }, beside);
    const opening = opened(`${gateway.url}/`, 'gzip');
    await eventually(() => answers.length === 1);
    answers[0]!.write(textOf(2_000));
    const answer = await opening;
    answers[0]!.destroy();
    await expect(buffer(answer)).rejects.toThrow('aborted');
  });
});

test('over HTTP/2, answers are compressed and tagged as well', async () => {
  const gateway = await gatewayTo(
    (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/html', 'content-length': 20_000 });
      response.end(textOf(20_000));
    },
    { compress: {}, etag: {} },
    { server: { http2: 'prior' } },
  );
  const session = await openH2(gateway.url);
  const accept = { ':path': '/', 'accept-encoding': 'br' };
  const { headers, body } = await answerOf(session.request(accept));
  expect(headers).toMatchObject({
    ':status': 200,
    'content-encoding': 'br',
    vary: 'Accept-Encoding',
  });
  expect(decoded({ 'content-encoding': 'br' }, body)).toBe(textOf(20_000));
  const known = { ...accept, 'if-none-match': headers.etag };
  expect(await answerOf(session.request(known))).toMatchObject({
    status: 304,
    body: Buffer.alloc(0),
  });
  expect((await answerOf(session.request({ ...accept, ':method': 'HEAD' }))).headers).toMatchObject(
    {
      'content-encoding': 'br',
    },
  );
});

test.each(CODINGS)('whatever the chunks are, %s decodes to them', async (coding) => {
  const random = seeded(coding.length);
  const bodies = Array.from({ length: 20 }, () =>
    Array.from({ length: Math.floor(random() * 8) }, () => {
      const length = Math.floor(2 ** (random() * 17)) - 1;
      return random() < 0.5 ? randomBytes(length) : Buffer.alloc(length, 'ab');
    }),
  );
  const trickle = async (response: ServerResponse, chunks: readonly Buffer[]): Promise<void> => {
    for (const chunk of chunks) {
      response.write(chunk);
      if (random() < 0.3) await new Promise((resolve) => setTimeout(resolve, random() * 40));
    }
    response.end();
  };
  const gateway = await gatewayTo(
    ({ url }, response) => {
      response.writeHead(200, { 'content-type': 'text/html' });
      void trickle(response, bodies[Number(url!.slice(1))]!);
    },
    { compress: { minimum: '100B' } },
  );
  const same = bodies.map(async (chunks, i) => {
    const { text } = await ask(`${gateway.url}/${i}`, { headers: { 'accept-encoding': coding } });
    return text === Buffer.concat(chunks).toString('latin1');
  });
  expect(await Promise.all(same)).toEqual(bodies.map(() => true));
});

test('a hundred at once get what belongs to each', async () => {
  const gateway = await gatewayTo((incoming, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end(`${incoming.url} ${textOf(20_000)}`);
  });
  const all = Array.from({ length: 100 }, async (_, i) => {
    const headers = { 'accept-encoding': CODINGS[i % 3]! };
    const { text } = await ask(`${gateway.url}/${i}`, { headers });
    return text === `/${i} ${textOf(20_000)}`;
  });
  expect(await Promise.all(all)).toEqual(Array.from({ length: 100 }, () => true));
});
