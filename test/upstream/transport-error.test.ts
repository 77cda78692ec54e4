import { errors } from 'undici';
import { describe, expect, test } from 'vitest';
import { blamesUpstream, GatewayError } from '../../src/core/errors.ts';
import { classify, givenUp, type Progress } from '../../src/upstream/transport-error.ts';
import { failure } from '../helpers/call.ts';

const A = 'http://a.test:8080';
const withCode = (code: string): Error => Object.assign(new Error(`${code} ${A}`), { code });
const kindOf = (error: Error, progress: Progress): readonly [string, string | undefined] => {
  const { code, options } = classify(error, progress, A);
  return [code, options.proxyStatus];
};

describe('a network error', () => {
  test.each([
    ['ECONNREFUSED', 'connection_refused'],
    ['ENOENT', 'connection_refused'],
    ['EAGAIN', 'connection_refused'],
    ['ENOTFOUND', 'dns_error'],
    ['EAI_AGAIN', 'dns_error'],
    ['ETIMEDOUT', 'connection_timeout'],
    ['UND_ERR_CONNECT_TIMEOUT', 'connection_timeout'],
    ['EHOSTUNREACH', 'destination_ip_unroutable'],
    ['ENETUNREACH', 'destination_ip_unroutable'],
    ['CERT_HAS_EXPIRED', 'tls_certificate_error'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls_certificate_error'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls_certificate_error'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls_certificate_error'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls_certificate_error'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls_protocol_error'],
    ['EPROTO', 'tls_protocol_error'],
    ['ECONNRESET', 'connection_terminated'],
    ['EMFILE', 'connection_terminated'],
  ])('%s while it connects is GW_UPSTREAM_CONNECT, %s', (code, proxyStatus) => {
    expect(kindOf(withCode(code), 'connecting')).toEqual(['GW_UPSTREAM_CONNECT', proxyStatus]);
  });

  test.each(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ETIMEDOUT'])(
    '%s is GW_UPSTREAM_RESET while it waits, GW_BODY_TRUNCATED while it reads',
    (code) => {
      expect(classify(withCode(code), 'waiting', A).code).toBe('GW_UPSTREAM_RESET');
      expect(classify(withCode(code), 'reading', A).code).toBe('GW_BODY_TRUNCATED');
    },
  );

  test.each(['HPE_INVALID_CONSTANT', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH'])(
    '%s is GW_UPSTREAM_PROTOCOL before the head, GW_BODY_TRUNCATED after',
    (code) => {
      expect(classify(withCode(code), 'waiting', A).code).toBe('GW_UPSTREAM_PROTOCOL');
      expect(classify(withCode(code), 'reading', A).code).toBe('GW_BODY_TRUNCATED');
    },
  );

  test.each(['waiting', 'reading'] as const)(
    'a head that is too long is GW_UPSTREAM_HEADERS (%s)',
    (progress) => {
      const error = classify(withCode('UND_ERR_HEADERS_OVERFLOW'), progress, A);
      expect([error.code, blamesUpstream(error)]).toEqual(['GW_UPSTREAM_HEADERS', false]);
    },
  );

  test.each([new errors.InvalidArgumentError('x'), new errors.NotSupportedError('x')])(
    'about the request itself is our fault: %s',
    (error) => {
      expect(classify(error, 'connecting', A).code).toBe('GW_INTERNAL');
    },
  );

  test('for several addresses is judged by the first', () => {
    const all = new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]);
    expect(kindOf(all, 'connecting')).toEqual(['GW_UPSTREAM_CONNECT', 'connection_refused']);
  });

  test('that is a GatewayError already stays unchanged', () => {
    const own = failure('GW_CLIENT_CLOSED');
    expect(classify(own, 'reading', A)).toBe(own);
  });

  test.each(['connecting', 'waiting', 'reading'] as const)(
    'keeps its cause and reveals no address (%s)',
    (progress) => {
      const cause = withCode('ECONNRESET');
      const error = classify(cause, progress, A);
      expect(error.cause).toBe(cause);
      expect(error.message).not.toContain('a.test');
    },
  );
});

describe('an attempt that is given up', () => {
  test('has its origin, if it may be repeated elsewhere', () => {
    const timeout = new GatewayError('GW_UPSTREAM_TIMEOUT', 'no answer within 2000 ms');
    const error = givenUp(timeout, A);
    expect(error).toMatchObject({ code: 'GW_UPSTREAM_TIMEOUT', options: { target: A } });
    expect(error.message).toBe(timeout.message);
    expect(error.cause).toBe(timeout);
  });

  test.each([failure('GW_CLIENT_CLOSED'), failure('GW_DEADLINE_EXCEEDED'), new Error('x')])(
    'otherwise has exactly the given reason: %s',
    (reason) => {
      expect(givenUp(reason, A)).toBe(reason);
    },
  );
});
