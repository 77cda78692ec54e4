import { describe, expect, test } from 'vitest';
import version from '../../plugins/version/index.ts';
import { startGateway } from '../gateway/support/gateway.ts';

/** The faults of a route with these options. */
async function faultOf(
  options: object,
  match: object = { path: '/{id}/a' },
  more: object = {},
): Promise<string> {
  const routes = { a: { match, respond: { body: '' }, version: options, ...more } };
  return startGateway({ config: { routes } }).then(
    () => 'none',
    (error: Error) => error.message.replaceAll(/^.*?routes\.a\.version:? ?\.?/gm, '').trim(),
  );
}

const versions = { v1: {}, v2: {} };

describe('versions are refused', () => {
  test.each<[options: object, fault: RegExp]>([
    [{ deprecated: '2026-13-01' }, /deprecated: "2026-13-01" is not a day such as "2026-12-31"/],
    [{ deprecated: '2026-02-30' }, /is not a day/],
    [{ sunset: 20_261_231 }, /expected a day such as "2026-12-31", found 20261231/],
    [{ deprecated: '2026-06-02', sunset: '2026-06-01' }, /sunset: must not be before deprecated/],
    [
      { from: 'query:v', versions: { v1: { deprecated: '2026-06-02', sunset: '2026-06-01' } } },
      /versions\.v1\.sunset: must not be before deprecated/,
    ],
    [{ afterSunset: 'gone' }, /afterSunset: needs sunset/],
    [{ link: 'docs/v1' }, /link: must be an http or https URL/],
    [{ successor: 'https://a.example/>, <x' }, /successor: must be an http or https URL/],
    [{ link: 'https://a.example/\r\nx: y' }, /link: must be/],
    [{ versions }, /versions: needs the key from/],
    [{ default: 'v1' }, /default: needs the key from/],
    [{ from: 'query:v' }, /from: needs versions/],
    [{ from: 'query:v', versions: {} }, /from: needs versions/],
    [{ from: 'query:v', versions, default: 'v3' }, /default: no such version/],
    [{ from: 'query:v', versions, name: 'v1' }, /name: cannot stand beside the key from/],
    [
      { from: 'query:v', versions, sunset: '2026-06-01' },
      /sunset: belongs to one of the versions, such as versions\.v1\.sunset/,
    ],
    [{ from: 'cookie:v', versions }, /from: must be header:<name>, query:<name>/],
    [{ from: 'path:di', versions }, /from: "\/\{id\}\/a" has no parameter \{di\}.*"id"/],
    [{ from: 'header:x_v', versions }, /from: must be header/],
    [{ from: 'query:v', versions: { 'v 1': {} } }, /v 1/],
    [{ name: 'a"b' }, /name: must be letters/],
    [{ sunsets: '2026-01-01' }, /sunsets: unknown key; did you mean "sunset"/],
  ])('%j', async (options, fault) => {
    expect(await faultOf(options)).toMatch(fault);
  });

  test('where the field that names them is set for upstreams, so that no client can send it', async () => {
    const own = { from: 'header:X-V', versions };
    const headers = { request: { set: { 'x-V': '{request.version}' } } };
    expect(await faultOf(own, { path: '/a' }, { headers })).toMatch(
      /from: headers\.request sets x-v, so no client can send it/,
    );
  });

  test('not where all is well', async () => {
    expect(await faultOf({})).toBe('none');
    expect(await faultOf({ from: 'path:id', versions, default: 'v1' })).toBe('none');
    expect(await faultOf({ deprecated: '2026-06-01T12:00:00+02:00' })).toBe('none');
  });
});

describe('portico audit', () => {
  const found = (options: object, now: string): string[] =>
    [
      ...version.risks!.ofOptions!(
        version.options.parse(options),
        new Map(),
        {} as never,
        Date.parse(now),
        {},
      ),
    ].map(({ rule, path }) => `${rule} ${path.join('.')}`);
  const ending = { deprecated: '2026-06-01', sunset: '2026-12-31' };

  test('finds a version that is served after its sunset, and a deprecation without a link', () => {
    expect(found(ending, '2026-12-30')).toEqual(['deprecated-without-link deprecated']);
    expect(found(ending, '2026-12-31')).toEqual([
      'past-sunset sunset',
      'deprecated-without-link deprecated',
    ]);
    const whole = { ...ending, link: 'https://a.example/', afterSunset: 'gone' };
    expect(found(whole, '2027-01-01')).toEqual([]);
    expect(found({ from: 'query:v', versions: { v1: ending } }, '2027-01-01')).toEqual([
      'past-sunset versions.v1.sunset',
      'deprecated-without-link versions.v1.deprecated',
    ]);
  });
});
