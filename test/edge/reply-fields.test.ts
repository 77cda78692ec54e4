import Fastify from 'fastify';
import { expect, onTestFinished, test } from 'vitest';
import { replyFields, symbolOf } from '../../src/edge/reply-fields.ts';

async function seen(set: (reply: Parameters<typeof replyFields>[0]) => void) {
  const app = Fastify();
  onTestFinished(() => app.close());
  let fields: unknown;
  let symbol: symbol | undefined;
  app.get('/', (_request, reply) => {
    set(reply);
    symbol = symbolOf(reply);
    fields = { ...replyFields(reply) };
    return 'ok';
  });
  await app.inject('/');
  return { fields, symbol };
}

test('are found where this version of Fastify keeps them', async () => {
  expect((await seen(() => undefined)).symbol).toBeDefined();
});

test('are those that were set on the reply', async () => {
  const { fields } = await seen(
    (reply) => void reply.header('X-A', '1').header('set-cookie', ['a=1', 'b=2']),
  );
  expect(fields).toEqual({ 'x-a': '1', 'set-cookie': ['a=1', 'b=2'] });
});

test('are also those that were set past Fastify', async () => {
  const { fields } = await seen((reply) => {
    void reply.header('x-a', '1');
    reply.raw.setHeader('x-b', '2');
  });
  expect(fields).toEqual({ 'x-a': '1', 'x-b': '2' });
});
