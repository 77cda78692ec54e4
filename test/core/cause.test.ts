import { describe, expect, test } from 'vitest';
import { causeLabel, causeOf } from '../../src/core/cause.ts';
import { GatewayError } from '../../src/core/errors.ts';

const coded = (code: string, cause?: unknown): Error =>
  Object.assign(new Error(code, { cause }), { code });
const ours = (options: object): GatewayError =>
  new GatewayError('GW_UPSTREAM_CONNECT', 'as the test wants it', options);

describe('the cause of an error', () => {
  test('is the code behind it, however deep', () => {
    expect(causeOf(ours({ cause: coded('ECONNREFUSED') }))).toBe('ECONNREFUSED');
    expect(causeOf(ours({ cause: ours({ cause: coded('ENOTFOUND') }) }))).toBe('ENOTFOUND');
  });

  test('is the first of several addresses’', () => {
    const all = new AggregateError([coded('ETIMEDOUT'), coded('ECONNREFUSED')]);
    expect(causeOf(ours({ cause: all }))).toBe('ETIMEDOUT');
  });

  test('is what the error says itself, before what stands behind it', () => {
    expect(causeOf(ours({ reason: 'token-expired', cause: coded('X') }))).toBe('token-expired');
  });

  test('is where something does not fit', () => {
    const errors = [{ in: 'body', pointer: '/items/0', detail: 'is no number' }];
    expect(causeOf(ours({ extensions: { errors } }))).toBe('body/items/0');
  });

  test('never is a text without end, nor a search without end', () => {
    const errors = [{ pointer: `/${'x'.repeat(10_000)}` }];
    expect(causeOf(ours({ extensions: { errors } }))!.length).toBe(200);
    const loop = new Error('loop');
    loop.cause = loop;
    expect(causeOf(loop)).toBeUndefined();
  });

  test.each([undefined, null, 'text', 7, new Error('plain')])('of %j is not known', (thrown) => {
    expect(causeOf(thrown)).toBeUndefined();
  });
});

describe('its label', () => {
  test.each([
    ['ECONNREFUSED', 'ECONNREFUSED'],
    ['HPE_INVALID_METHOD', 'HPE_INVALID_METHOD'],
    ['body/items/0', 'schema'],
    ['SOMETHING_OF_A_PLUGIN', 'other'],
  ])('of %s is %s: of a fixed set', (cause, label) => {
    expect(causeLabel(cause)).toBe(label);
  });
});
