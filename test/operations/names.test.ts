import { describe, expect, test } from 'vitest';
import {
  fingerprint,
  isOperationId,
  operationId,
  stepKey,
  undoKey,
} from '../../src/operations/ids.ts';
import { idempotencyKey } from '../../src/operations/idempotency-key.ts';
import { outcomeOfError, outcomeOfStatus, undoOutcome } from '../../src/operations/outcome.ts';

describe('an operation', () => {
  test('has one id for one key of one consumer on one route', () => {
    const id = operationId('fulfil', 'u1', 'k');
    expect(isOperationId(id)).toBe(true);
    expect(operationId('fulfil', 'u1', 'k')).toBe(id);
    const others = [operationId('other', 'u1', 'k'), operationId('fulfil', 'u2', 'k')];
    expect(new Set([id, ...others]).size).toBe(3);
    // Names that run into each other are still two.
    expect(operationId('a', 'bc', 'k')).not.toBe(operationId('ab', 'c', 'k'));
  });

  test('is asked for by an id only', () => {
    for (const text of ['', 'x', '../x', operationId('a', 'b', 'c').toUpperCase()]) {
      expect(isOperationId(text)).toBe(false);
    }
  });

  test('has one key for a step, and another for its undo', () => {
    expect(stepKey('o', 'charge')).toBe('o:charge');
    expect([undoKey('o', 'charge', 1), undoKey('o', 'charge', 2)]).toEqual([
      'o:charge:undo',
      'o:charge:undo.2',
    ]);
  });

  test('knows its request again by method, path, query, type and body', () => {
    const request = {
      method: 'POST',
      path: '/a',
      query: '',
      contentType: 'application/json',
      body: Buffer.from('{}'),
    };
    const same = fingerprint(request);
    expect(fingerprint({ ...request })).toBe(same);
    const others = [
      { method: 'PUT' },
      { path: '/b' },
      { query: '?x' },
      { contentType: 'text/plain' },
      { body: Buffer.from('[]') },
    ].map((change) => fingerprint({ ...request, ...change }));
    expect(new Set([same, ...others]).size).toBe(6);
  });
});

describe('Idempotency-Key', () => {
  test.each([
    ['"8e03978e-40d5"', '8e03978e-40d5'],
    ['8e03978e-40d5', '8e03978e-40d5'],
    ['"a \\"b\\" \\\\"', 'a "b" \\'],
    [`"${'k'.repeat(255)}"`, 'k'.repeat(255)],
  ])('%s is the key %s', (field, key) => {
    expect(idempotencyKey(field)).toBe(key);
  });

  test('is absent if there is none', () => {
    expect(idempotencyKey(undefined)).toBeUndefined();
  });

  test.each(['', '""', '"', 'a b', '"é"', 'k'.repeat(256), '"a" "b"', '"\\x"'])(
    '%s is none',
    (field) => {
      expect(() => idempotencyKey(field)).toThrow(/Idempotency-Key/);
    },
  );

  test('is refused if there are two', () => {
    expect(() => idempotencyKey(['"a"', '"b"'])).toThrow(/one text/);
  });
});

describe('an answer', () => {
  test.each([
    [200, 'done'],
    [204, 'done'],
    [302, 'refused'],
    [402, 'refused'],
    [404, 'refused'],
    [408, 'unknown'],
    [409, 'refused'],
    [425, 'notSent'],
    [429, 'notSent'],
    [500, 'unknown'],
    [503, 'unknown'],
  ])('with status %i means %s', (status, outcome) => {
    expect(outcomeOfStatus({ status, saysWhen: false })).toBe(outcome);
  });

  test('with 409 and Retry-After is of a call that still runs', () => {
    expect(outcomeOfStatus({ status: 409, saysWhen: true })).toBe('unknown');
  });

  test('to an undo: what is not there needs none', () => {
    expect([204, 404, 410, 409, 500].map(undoOutcome)).toEqual([
      'done',
      'nothing',
      'nothing',
      'failed',
      'failed',
    ]);
  });
});

describe('an error', () => {
  test('before anything was sent is certain; after a first attempt it is not', () => {
    expect(outcomeOfError('GW_UPSTREAM_CONNECT', false)).toBe('notSent');
    expect(outcomeOfError('GW_CIRCUIT_OPEN', false)).toBe('notSent');
    expect(outcomeOfError('GW_UPSTREAM_CONNECT', true)).toBe('unknown');
  });

  test.each(['GW_UPSTREAM_TIMEOUT', 'GW_UPSTREAM_RESET', 'GW_BODY_TRUNCATED'] as const)(
    '%s leaves the effect unknown',
    (code) => {
      expect(outcomeOfError(code, false)).toBe('unknown');
    },
  );
});
