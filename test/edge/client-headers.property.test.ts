import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ClientExchange } from '../../src/edge/client-exchange.ts';
import { forbiddenFields, removeForbidden } from '../../src/edge/client-headers.ts';
import { forwardedHeaders } from '../../src/edge/forwarded.ts';

/** `npm run fuzz` makes more runs. */
const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 3_000) };

const OWNED = 'x-user-id';
const NAMES = [
  'accept authorization cookie content-type content-length te trailer via',
  'connection keep-alive proxy-connection proxy-authorization upgrade expect',
  'x-forwarded-for x-forwarded-host x-forwarded-anything forwarded x-real-ip',
  'x-user-id x_user_id x-user_id x-request-id x-original-url x-a x-b host',
].flatMap((line) => line.split(' '));
const name = fc.oneof(fc.constantFrom(...NAMES), fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/));
const value = fc.oneof(
  fc.constantFrom('', 'a', 'close', 'keep-alive', 'trailers', 'gzip, trailers', 'chunked', ','),
  fc.array(name, { maxLength: 4 }).map((names) => names.join(', ')),
  fc.stringMatching(/^[\x20-\x7e]{0,12}$/),
);
const fields = fc.dictionary(name, value, { maxKeys: 10 });

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authorization',
  'proxy-authenticate',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Fields that `Connection` cannot remove. */
const KEPT = ['authorization', 'cookie', 'content-type', 'content-length'];

test('whatever fields a client sends, those sent upstream obey the rules', () => {
  fc.assert(
    fc.property(fields, (sent) => {
      const headers: IncomingHttpHeaders = { ...sent };
      removeForbidden({ headers } as IncomingMessage, forbiddenFields([OWNED]));
      const peer = {
        address: '192.0.2.1',
        scheme: 'http',
        chain: '192.0.2.1',
        forwardedFor: 'for=192.0.2.1',
        forwardedBy: '',
        certificate: undefined,
        mayVouch: true,
      } as const;
      const exchange = new ClientExchange(
        { id: 'the-id', method: 'GET', headers, peer, client: peer },
        0,
      );
      exchange.aim({ path: '/', query: '', host: 'a.example' });
      const out = { ...exchange.fields, ...forwardedHeaders(headers) };

      expect(out).toMatchObject({
        'x-forwarded-for': '192.0.2.1',
        'x-forwarded-host': 'a.example',
        'x-forwarded-proto': 'http',
        forwarded: 'for=192.0.2.1;host="a.example";proto=http',
        'x-request-id': 'the-id',
      });
      expect(String(out['via'])).toMatch(/(^|, )1\.1 portico$/);
      for (const field of Object.keys(out)) {
        expect(field).not.toMatch(/_/);
        expect(HOP_BY_HOP.has(field), field).toBe(false);
        expect([OWNED, 'x-real-ip', 'x-original-url', 'expect', 'host']).not.toContain(field);
        expect(field).not.toBe('x-forwarded-anything');
      }
      if (out['te'] !== undefined) expect(out['te']).toBe('trailers');
      for (const field of KEPT) expect(out[field], field).toBe(sent[field]);
      const named = (sent['connection'] ?? '').split(',').map((each) => each.trim().toLowerCase());
      for (const field of named) if (/^x-[ab]$/.test(field)) expect(out[field]).toBeUndefined();
    }),
    RUNS,
  );
});
