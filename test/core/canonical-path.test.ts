import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalPath, type PathRules } from '../../src/core/canonical-path.ts';
import { hasParameters, otherReadings } from '../../src/core/path-parameters.ts';

const rules = (fields: Partial<PathRules> = {}): PathRules => ({
  handling: 'normalize',
  escapedSlash: 'refuse',
  parameters: 'keep',
  ...fields,
});
const canonical = (path: string, fields?: Partial<PathRules>): string =>
  canonicalPath(path, rules(fields));
const refused = expect.objectContaining({ code: 'GW_REQUEST_INVALID' });

describe('the canonical path', () => {
  test.each([
    ['/', '/'],
    ['/orders/42', '/orders/42'],
    ['/orders/42/', '/orders/42/'],
    ["/a-b_c~d!$&'()*+,=:@", "/a-b_c~d!$&'()*+,=:@"],
    ['/matrix;v=1;w=2/x', '/matrix;v=1;w=2/x'],
    ['/.well-known/jwks.json', '/.well-known/jwks.json'],
    ['/.../x', '/.../x'],
    ['/a..b/..c/d..', '/a..b/..c/d..'],
  ])('of %s is %s', (path, expected) => {
    expect(canonical(path)).toBe(expected);
    expect(canonical(path, { handling: 'reject' })).toBe(expected);
  });

  test.each([
    ['an unreserved escape', '/%61dmin', '/admin'],
    ['an escaped tilde', '/%7Euser', '/~user'],
    ['escapes in small letters', '/caf%c3%a9', '/caf%C3%A9'],
    ['a raw space', '/a b', '/a%20b'],
    ['raw characters no path may hold', '/<>"{}|^`', '/%3C%3E%22%7B%7D%7C%5E%60'],
    ['doubled slashes', '//a///b//', '/a/b/'],
    ['a single dot', '/./a/./b/.', '/a/b/'],
    ['two dots', '/a/b/../c', '/a/c'],
    ['two dots at the end', '/a/b/..', '/a/'],
    ['more dots than segments', '/../../a', '/a'],
    ['nothing but dots', '/a/..', '/'],
    ['escaped dots', '/a/%2e%2E/b', '/b'],
    ['half escaped dots', '/a/.%2e/b', '/b'],
    ['dots after a doubled slash', '/a//../b', '/b'],
    ['an escaped percent sign, once', '/%2561dmin', '/%2561dmin'],
  ])('makes one of %s', (_what, path, expected) => {
    expect(canonical(path)).toBe(expected);
    if (path === expected) return;
    expect(() => canonical(path, { handling: 'reject' })).toThrow(refused);
  });

  test.each([
    ['half an escape', '/a%4'],
    ['a bare percent sign', '/100%'],
    ['an escape of no digits', '/%zz'],
    ['an escape with a sign', '/%+1'],
    ['NUL', '/admin%00'],
    ['a raw NUL', '/admin\u0000'],
    ['a line feed', '/a%0ab'],
    ['a raw carriage return', '/a\rb'],
    ['DEL', '/a%7f'],
    ['a tab', '/a\tb'],
    ['a backslash', String.raw`/a\b`],
    ['an escaped backslash', '/a%5cb'],
    ['a raw #', '/a#b'],
    ['raw UTF-8', '/caf\u00c3\u00a9'],
    ['a raw byte past ASCII', '/caf\u00e9'],
    ['a character past one byte', '/caf\u0119'],
    ['an escaped slash', '/a%2fb'],
    ['parameters of two dots', '/a/..;/b'],
    ['parameters of two dots, named', '/a/..;x=1/b'],
    ['parameters of one dot', '/a/.;x/b'],
    ['parameters of escaped dots', '/a/%2e%2e;x/b'],
    ['escaped parameters of two dots', '/a/..%3bx/b'],
    ['parameters of no segment', '/;x/admin'],
    ['parameters of no segment, between', '/a/;/admin'],
    ['escaped parameters of no segment', '/%3bx/admin'],
    ['escaped parameters of no segment, between', '/a/%3B/admin'],
  ])('refuses %s', (_what, path) => {
    expect(() => canonical(path)).toThrow(refused);
  });

  test('does not quote the path in its refusal', () => {
    expect(() => canonical('/secret%00')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('secret') as string }),
    );
  });

  test('keeps parameters of an empty last segment: they hide nothing', () => {
    expect(canonical('/app/;jsessionid=1')).toBe('/app/;jsessionid=1');
  });
});

describe('an escaped slash that is kept', () => {
  const kept = (path: string): string => canonical(path, { escapedSlash: 'keep' });

  test('is data: it never separates', () => {
    expect(kept('/a%2fb/c')).toBe('/a%2Fb/c');
    expect(kept('/a%2Fb/../c')).toBe('/c');
    expect(kept('/%2f/x')).toBe('/%2F/x');
  });

  test.each(['/a%2f..', '/..%2fa', '/a%2f..%2fb', '/a%2f.%2fb', '/x%2f..;y/z', '/x%2f%2e%2e'])(
    'does not hide dot segments: %s is refused',
    (path) => {
      expect(() => kept(path)).toThrow(refused);
    },
  );

  test('may stand beside dots that are none', () => {
    expect(kept('/a..%2F..b')).toBe('/a..%2F..b');
  });
});

describe('any path', () => {
  const piece = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('/', '.', '..', '%2e', '%2E', ';', '//', '/../') },
    fc.constantFrom('%61', '%7e', '%2f', '%2F', '%5c', '%3b', '%25', '%c3%a9', '%00', '%', '\\'),
    fc.string({ unit: 'binary', maxLength: 3 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 4 }),
  );
  const paths = fc.array(piece, { maxLength: 12 }).map((pieces) => `/${pieces.join('')}`);
  const anyRules = fc.record({
    handling: fc.constant('normalize' as const),
    escapedSlash: fc.constantFrom('refuse' as const, 'keep' as const),
    parameters: fc.constantFrom('refuse' as const, 'keep' as const),
  });
  const outcome = (path: string, how: PathRules): string | undefined => {
    try {
      return canonicalPath(path, how);
    } catch (error) {
      expect(error).toMatchObject({ code: 'GW_REQUEST_INVALID' });
      return undefined;
    }
  };
  /** Runs `claim` on what comes out, where something does. */
  const always = (claim: (out: string, how: PathRules, path: string) => void): void =>
    fc.assert(
      fc.property(paths, anyRules, (path, how) => {
        const out = outcome(path, how);
        if (out !== undefined) claim(out, how, path);
      }),
      // `npm run fuzz` looks for longer.
      { numRuns: Number(process.env['FUZZ_RUNS'] ?? 2_000) },
    );

  test('is canonical without its parameters too: cutting them makes no empty or dot segment', () => {
    always((out, how) => {
      if (how.parameters === 'refuse') expect(hasParameters(out)).toBe(false);
      else for (const read of otherReadings(out)) expect(outcome(read, how)).toBe(read);
    });
  });

  test('has one spelling: the canonical one is its own', () => {
    always((out, how) => expect(canonicalPath(out, how)).toBe(out));
  });

  test('comes out without doubled slashes and dot segments', () => {
    always((out) => expect(out).not.toMatch(/^[^/]|\/\/|\/\.{1,2}(\/|$)/));
  });

  test('comes out with path characters and escapes in capitals, no needless ones', () => {
    always((out) => {
      expect(out).toMatch(/^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-F]{2})*$/);
      const escapes = [...out.matchAll(/%([0-9A-F]{2})/g)].map(([, hex]) => parseInt(hex!, 16));
      const texts = escapes.map((code) => String.fromCodePoint(code));
      expect(texts.filter((text) => /[A-Za-z0-9\-._~]/.test(text))).toEqual([]);
    });
  });

  test('is the same path to a URL parser behind us', () => {
    always((out) => expect(new URL(`http://upstream${out}`).pathname).toBe(out));
  });

  test('is either canonical or refused where the rules say reject', () => {
    always((out, how, path) => {
      const strict = outcome(path, { ...how, handling: 'reject' });
      expect(strict).toBe(out === path ? path : undefined);
    });
  });
});
