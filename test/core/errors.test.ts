import { describe, expect, test } from 'vitest';
import {
  blamesUpstream,
  type ErrorCode,
  ERRORS,
  GatewayError,
  isGatewayError,
  toGatewayError,
} from '../../src/core/errors.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];
const where = (claim: (code: ErrorCode) => boolean): ErrorCode[] => codes.filter(claim);

describe('the table of errors', () => {
  test.each(codes)('%s has a status of its own kind, a title and an RFC 9209 type', (code) => {
    const { status, title, proxyStatus } = ERRORS[code];
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(600);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(proxyStatus).toMatch(/^[a-z]+(_[a-z]+)+$/);
  });

  test('blames the upstream for what the upstream did, and for nothing else', () => {
    expect(where((code) => ERRORS[code].blamesUpstream)).toEqual([
      'GW_UPSTREAM_CONNECT',
      'GW_UPSTREAM_RESET',
      'GW_UPSTREAM_PROTOCOL',
      'GW_UPSTREAM_INVALID',
      'GW_BODY_TRUNCATED',
      'GW_UPSTREAM_TIMEOUT',
      'GW_DEADLINE_EXCEEDED',
    ]);
  });

  test('allows any method to be repeated only where nothing was sent', () => {
    expect(where((code) => ERRORS[code].repeatable === 'any')).toEqual(['GW_UPSTREAM_CONNECT']);
  });

  test('allows idempotent methods to be repeated after a reset or a timeout', () => {
    const idempotent = where((code) => ERRORS[code].repeatable === 'idempotent');
    expect(idempotent).toEqual(['GW_UPSTREAM_RESET', 'GW_UPSTREAM_TIMEOUT']);
  });
});

describe('an error', () => {
  test('takes its status from the table', () => {
    expect(new GatewayError('GW_BODY_TOO_LARGE', 'more than 1 byte').statusCode).toBe(413);
  });

  test('keeps its cause', () => {
    const cause = new Error('ECONNREFUSED');
    expect(new GatewayError('GW_UPSTREAM_CONNECT', 'refused', { cause }).cause).toBe(cause);
  });

  test.each([
    'GW_BULKHEAD_FULL',
    'GW_CIRCUIT_OPEN',
    'GW_RATE_LIMITED',
    'GW_CLIENT_CLOSED',
  ] as const)('%s is made without a stack: shed load stays cheap', (code) => {
    const limit = Error.stackTraceLimit;
    expect(new GatewayError(code, 'full').stack).not.toContain('\n    at ');
    expect(Error.stackTraceLimit).toBe(limit);
  });

  test('has a stack where it may be a bug', () => {
    expect(new GatewayError('GW_INTERNAL', 'a bug').stack).toContain('errors.test.ts');
  });

  test('is recognised from another copy of the package', () => {
    const foreign = Object.assign(new Error('x'), { [Symbol.for('portico.error')]: true });
    expect(isGatewayError(foreign)).toBe(true);
  });

  test.each([undefined, null, 'text', 7, new Error('x'), {}])('is not seen in %s', (thrown) => {
    expect(isGatewayError(thrown)).toBe(false);
    expect(blamesUpstream(thrown)).toBe(false);
  });

  test('that nobody foresaw is our bug, with what was thrown as its cause', () => {
    const thrown = new RangeError('oops');
    expect(toGatewayError(thrown)).toMatchObject({ code: 'GW_INTERNAL', cause: thrown });
    expect(toGatewayError(thrown).message).not.toContain('oops');
  });

  test('of ours stays the same object', () => {
    const own = new GatewayError('GW_GONE', 'past its sunset');
    expect(toGatewayError(own)).toBe(own);
  });
});
