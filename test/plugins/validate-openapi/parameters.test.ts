/** Parameters of requests, by the styles of OpenAPI. */
import { describe, expect, test } from 'vitest';
import { checking, documentOf, query } from './checking.ts';

const integers = { type: 'array', items: { type: 'integer' }, maxItems: 3 };
const size = {
  type: 'object',
  required: ['w'],
  properties: { w: { type: 'integer' }, h: { type: 'integer' } },
  additionalProperties: false,
};

const of = async (parameter: object | readonly object[], validate: object = {}) =>
  checking(documentOf({ 'GET /a': { parameters: [parameter].flat() } }), {}, validate);

describe('a parameter of the query', () => {
  test.each([
    [{ type: 'integer', minimum: 1 }, 'q=1', 'q=0'],
    [{ type: 'integer' }, 'q=-7', 'q=1.5'],
    [{ type: 'number' }, 'q=1e3', 'q=0x10'],
    [{ type: 'boolean' }, 'q=false', 'q=no'],
    [{ type: 'string', enum: ['a', 'ä b'] }, 'q=%C3%A4+b', 'q=c'],
    [{ type: 'string', format: 'date' }, 'q=2026-01-31', 'q=2026-02-31'],
    [{ type: 'string', format: 'unheard-of' }, 'q=x', 'q=1&q=2'],
    [{ type: ['integer', 'null'] }, 'q=', 'q=x'],
    [{ anyOf: [{ type: 'integer' }, { type: 'string', enum: ['all'] }] }, 'q=all', 'q=some'],
    [{ type: 'string' }, 'q=1', 'q=%FF'],
  ])('%j: %s fits, and %s is 400', async (schema, good, bad) => {
    const { ask, calls } = await of(query('q', schema));
    expect((await ask(`/api/a?${good}`)).status).toBe(200);
    const refused = await ask(`/api/a?${bad}`);
    expect([refused.status, refused.code]).toEqual([400, 'GW_REQUEST_INVALID']);
    expect(refused.faults.every((each) => each.startsWith('query /q: '))).toBe(true);
    expect(calls).toEqual([`GET /a?${good}`]);
  });

  test('that is required must be there', async () => {
    const { ask } = await of(query('q', { type: 'string' }, { required: true }));
    expect((await ask('/api/a?Q=1')).faults).toEqual(['query /q: is required']);
  });

  test('that comes twice is refused, whichever the upstream would take', async () => {
    const { ask } = await of([query('role', { type: 'string' })]);
    for (const pollution of ['role=user&role=admin', 'role=user&r%6Fle=admin']) {
      expect((await ask(`/api/a?${pollution}`)).faults).toEqual([
        'query /role: must not be given twice',
      ]);
    }
  });

  test.each([
    [{}, 'q=1&q=2', 'q=1&q=x'],
    [{ explode: false }, 'q=1,2', 'q=1,2,3,4'],
    [{ explode: false }, 'q=', 'q=1%2C2'],
    [{ style: 'spaceDelimited', explode: false }, 'q=1%202+3', 'q=1%20x'],
    [{ style: 'pipeDelimited', explode: false }, 'q=1|2%7C3', 'q=1|x'],
    [{ explode: false }, 'q=7', 'q=1&q=2'],
  ])('that is a list is written as %j says: %s, not %s', async (more, good, bad) => {
    const { ask } = await of(query('q', integers, more));
    expect((await ask(`/api/a?${good}`)).status).toBe(200);
    expect((await ask(`/api/a?${bad}`)).status).toBe(400);
  });

  test.each([
    [{}, 'w=1&h=2', 'h=2'],
    [{ explode: false }, 'q=w,1,h,2', 'q=w,1,h'],
    [{ style: 'deepObject', explode: true }, 'q[w]=1&q%5Bh%5D=2', 'q[w]=x'],
    [{ style: 'deepObject', explode: true }, 'q[w]=1', 'q[w]=1&q[__proto__]=2'],
    [{ style: 'deepObject', explode: true }, '', 'q[w]=1&q[w]=2'],
  ])('that is an object is written as %j says: %s, not %s', async (more, good, bad) => {
    const { ask } = await of(query('q', size, more), { unknownQuery: 'refuse' });
    expect((await ask(`/api/a?${good}`)).status).toBe(200);
    expect((await ask(`/api/a?${bad}`)).status).toBe(400);
  });

  test('that is JSON is read as such', async () => {
    const media = { content: { 'application/json': { schema: size } } };
    const { ask } = await of({ name: 'q', in: 'query', ...media });
    const q = (text: string) => ask(`/api/a?q=${encodeURIComponent(text)}`);
    expect((await q('{"w":1}')).status).toBe(200);
    expect((await q('{"w":"1"}')).faults).toEqual(['query /q/w: must be integer']);
    expect((await q('{')).faults).toEqual(['query /q: must be JSON']);
    expect((await q('{"w":1,"__proto__":{}}')).status).toBe(400);
  });

  test('that the document does not have passes, unless `unknownQuery: refuse`', async () => {
    const parameter = query('q', { type: 'string' });
    const lax = await of(parameter);
    expect((await lax.ask('/api/a?debug=1')).status).toBe(200);
    const strict = await of(parameter, { unknownQuery: 'refuse' });
    expect((await strict.ask('/api/a?debug=1&__proto__=2&q=1')).faults).toEqual([
      'query /debug: is not allowed',
      'query /__proto__: is not allowed',
    ]);
    expect(strict.calls).toEqual([]);
  });

  test('names what is wrong without its value', async () => {
    const { ask } = await of(query('q', { type: 'string', pattern: '^[a-z]+$' }));
    const { faults } = await ask('/api/a?q=SECRET-VALUE');
    expect(faults.join()).not.toContain('SECRET');
  });
});

describe('a parameter of the path', () => {
  test.each([
    [{ style: 'simple' }, { type: 'string', maxLength: 2 }, 'ab', 'abc'],
    [{ style: 'simple' }, integers, '1,2', '1,x'],
    [{ style: 'simple', explode: true }, size, 'w=1,h=2', 'w=1,h'],
    [{ style: 'label' }, { type: 'integer' }, '.7', '.x'],
    [{ style: 'label', explode: true }, integers, '.1.2', '.1.x'],
  ])('is written as %j says: %j', async (more, schema, good, bad) => {
    const parameter = { name: 'p', in: 'path', required: true, schema, ...more };
    const { ask } = await checking(documentOf({ 'GET /a/{p}': { parameters: [parameter] } }));
    expect((await ask(`/api/a/${good}`)).status).toBe(200);
    expect((await ask(`/api/a/${bad}`)).status).toBe(400);
  });
});

describe('a header and a cookie', () => {
  const parameters = [
    { name: 'X-Trace', in: 'header', required: true, schema: { type: 'integer' } },
    { name: 'X-Ids', in: 'header', schema: integers },
    { name: 'tier', in: 'cookie', schema: { enum: ['free', 'gold'] } },
  ];
  const with_ = async (headers: Record<string, string>) =>
    (await (await of(parameters)).ask('/api/a', { headers })).faults;

  test('are checked by their names, whatever their case', async () => {
    expect(await with_({ 'x-trace': '1', 'X-IDS': '1, 2', cookie: 'a=b; tier=gold' })).toEqual([]);
    expect(await with_({})).toEqual(['headers /x-trace: is required']);
    expect(await with_({ 'x-trace': '1', 'x-ids': '1, x' })).toEqual([
      'headers /x-ids/1: must be integer',
    ]);
    expect(await with_({ 'x-trace': '1', cookie: 'tier=admin' })).toEqual([
      'cookies /tier: must be equal to one of the allowed values',
    ]);
  });
});
