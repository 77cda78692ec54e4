import { describe, expect, test } from 'vitest';
import { type BatchOptions, defineBff, z } from '../../src/index.ts';
import { testBff } from '../../src/testing.ts';

const LIST: BatchOptions = { list: '/items', parameter: 'ids', items: 'items' };
const item = (id: number) => ({ id, name: `n${id}` });

describe('a list that is no longer wanted', () => {
  const ends = async (steps: 'one' | 'both') => {
    const ended = Promise.withResolvers<Error>();
    let isEnded = false;
    const bff = defineBff(
      { upstreams: ['shop', 'other'], batch: { shop: { '/items/{id}': LIST } } },
      (app) => {
        app.get('/', { schema: { response: { 200: z.string() } } }, async (request) => {
          const { shop, other } = request.upstreams;
          const [a, b] = ['1', '2'].map((id) => shop.get('/items/{id}', { path: { id } }));
          const failing = request.gather({ a: a!, no: other.get('/no') });
          if (steps === 'both') {
            await request.gather({ b: b!, no: other.get('/no') }).catch(() => undefined);
            await failing.catch(() => undefined);
            return 'both';
          }
          const rest = request.gather({ b: b! });
          await failing.catch(() => undefined);
          await rest;
          return 'one';
        });
      },
    );
    const asked = Promise.withResolvers<void>();
    await using gateway = await testBff(bff, {
      other: async () => {
        await asked.promise;
        return { status: 404 };
      },
      shop: ({ signal }) => {
        signal.listen({
          onCancel: (reason) => {
            isEnded = true;
            ended.resolve(reason);
          },
        });
        asked.resolve();
        return steps === 'both'
          ? new Promise<never>(() => {})
          : new Promise((resolve) =>
              setTimeout(() => resolve({ body: { items: [item(1), item(2)] } }), 30),
            );
      },
    });
    const text = await (await gateway.fetch('/')).text();
    const why = steps === 'both' ? (await ended.promise).message : undefined;
    return { text, isEnded, why };
  };

  test('goes on for the part that is still wanted', async () => {
    expect(await ends('one')).toEqual({ text: 'one', isEnded: false });
  });

  test('ends with the last of its parts', async () => {
    expect(await ends('both')).toEqual({
      text: 'both',
      isEnded: true,
      why: 'no longer needed: another part failed',
    });
  });
});

describe('a batch that cannot work is refused where it is written', () => {
  test.each<[string, Partial<BatchOptions>, RegExp]>([
    [
      'a misspelt key',
      { lists: '/x' } as object,
      /batch\.shop\["\/items\/\{id\}"\]\.lists: unknown; a batch has list/,
    ],
    ['no parameter', { parameter: '' }, /needs parameter/],
    [
      'a list with the id in it',
      { list: '/items/{id}' },
      /every \{name\} of "\/items\/\{id\}" but one/,
    ],
    ['a list with a foreign name', { list: '/{shop}/items' }, /\{shop\} is not in/],
    ['a list that is no path', { list: 'items' }, /does not begin with \//],
    ['a cap of one', { max: 1 }, /max: 1 is not a whole number from 2 to 1000/],
    ['an unknown style', { style: 'pipe' as never }, /"pipe" is neither "comma" nor "repeat"/],
    ['no bytes', { maxBodyBytes: 0 }, /maxBodyBytes: 0/],
  ])('%s', (_what, options, message) => {
    const batch = { shop: { '/items/{id}': { ...LIST, ...options } } };
    expect(() => defineBff({ upstreams: ['shop'], batch }, () => undefined)).toThrow(message);
  });

  test('an upstream that is not declared', () => {
    const batch = { othr: { '/items/{id}': LIST } } as object;
    expect(() => defineBff({ upstreams: ['shop'], batch }, () => undefined)).toThrow(
      'batch.othr: the BFF does not declare the upstream "othr"',
    );
  });
});
