import { describe, expect, test } from 'vitest';
import { canonicalPath } from '../../src/core/canonical-path.ts';

const outcome = (path: string, escapedSlash: 'refuse' | 'keep'): string => {
  try {
    return canonicalPath(path, { handling: 'normalize', escapedSlash, parameters: 'keep' });
  } catch (error) {
    return (error as { code: string }).code;
  }
};

/** Each is `/admin/x` to some server behind some gateway; the right column says who was caught. */
const SPELLINGS = [
  ['/./admin/x', '@fastify/reply-from: normalised after routing'],
  ['/%2e/admin/x', '@fastify/reply-from'],
  ['/ho/%2E%2E/admin/x', 'GHSA-2q7r-29rg-6m5h'],
  ['/%61dmin/x', 'CVE-2026-22031'],
  ['//admin/x', 'CVE-2026-33808'],
  ['///admin//x', 'merged slashes'],
  ['/a/../admin/x', 'CVE-2019-9901'],
  ['/a/..//admin/x', 'dots beside slashes'],
  ['/api%2e/../admin/x', 'CVE-2026-40912'],
  ['/a/..;/admin/x', 'Tomcat behind a proxy'],
  ['/a/..;x=1/admin/x', 'the same, named'],
  ['/a/%2e%2e;/admin/x', 'the same, escaped'],
  ['/;/admin/x', 'CVE-2020-11989'],
  ['/admin%2fx', 'a decoding proxy'],
  ['/admin%2Fx', 'a decoding proxy'],
  ['/a/..%2fadmin/x', 'CVE-2021-43557'],
  ['/a%2f..%2fadmin/x', 'the same, both slashes'],
  ['/admin%5cx', 'a Windows server'],
  [String.raw`/admin\x`, 'a Windows server'],
  [String.raw`/a\..\admin\x`, 'WHATWG URL'],
  ['/admin%00/x', 'CVE-2019-9900'],
  ['/admin/x%00', 'CVE-2019-9900'],
  ['/admin%0d%0a/x', 'a split request'],
  ['/admin/x#y', 'CVE-2021-32779'],
  ['/%2561dmin/x', 'decoded twice'],
  ['/%252e%252e/admin/x', 'decoded twice'],
] as const;

describe('a spelling of a guarded path', () => {
  test.each(SPELLINGS)('%s is the plain one, another path, or refused (%s)', (path) => {
    // What only a second decoding would reach is data: it keeps its percent sign.
    const data = path.replaceAll('%25', '%');
    const allowed = ['/admin/x', 'GW_REQUEST_INVALID', ...(data === path ? [] : [path])];
    expect(allowed).toContain(outcome(path, 'refuse'));
  });

  test.each(SPELLINGS)('%s hides nothing where escaped slashes are kept (%s)', (path) => {
    const out = outcome(path, 'keep');
    const asReadBehindUs = out.replaceAll(/%2F/g, '/').replaceAll(/;[^/]*/g, '');
    expect(asReadBehindUs).not.toMatch(/\/\.{0,2}(?:\/|$)/);
  });

  test.each(['/admin/..', '/admin/../', '/admin/%2e%2e/', '/admin/x/../..'])(
    '%s is not below the guard',
    (path) => {
      expect(outcome(path, 'refuse')).toBe('/');
    },
  );
});
