import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

const BROKEN = 'test/config/broken/actions.yaml';
const EXPECTED = readFileSync('test/config/broken/actions.expected.txt', 'utf8').trimEnd();

/** A file that says `text`. */
const fileOf = (text: string): string => join(folderOf({ 'c.yaml': text }), 'c.yaml');

const WARNED = [
  'version: 1',
  'routes:',
  '  wide: { match: { path: /* }, priority: 1, respond: {} }',
  '  never: { match: { path: /x }, respond: {} }',
].join('\n');

describe('portico validate', () => {
  test('says that a config is valid, and ends with 0', async () => {
    expect(await run(['validate'])).toEqual({
      code: 0,
      out: ['gateway.config.yaml is valid'],
      err: [],
    });
  });

  test('tells every fault on standard error, counts them, and ends with 78', async () => {
    const { code, out, err } = await run(['validate', '--config', BROKEN]);
    expect(code).toBe(78);
    expect(out).toEqual([]);
    expect(err).toEqual([...EXPECTED.split('\n'), '5 faults']);
  });

  test('counts one fault as one', async () => {
    const file = fileOf('version: 2');
    const { err } = await run(['validate', '-c', file]);
    expect(err).toEqual([`${file}:1:10  version: expected 1, found 2`, '1 fault']);
  });

  test('tells warnings of a config that may serve, and ends with 0', async () => {
    const file = fileOf(WARNED);
    expect(await run(['validate', '-c', file])).toEqual({
      code: 0,
      out: [`${file} is valid`],
      err: [
        `${file}:4:3  warning: routes.never: never matches: routes.wide takes all its requests`,
      ],
    });
  });

  test('tells of a file that is not there', async () => {
    expect(await run(['validate', '-c', 'none.yaml'])).toEqual({
      code: 78,
      out: [],
      err: ['none.yaml:1:1  there is no such file', '1 fault'],
    });
  });

  test('takes variables from the environment it is given, and from nowhere else', async () => {
    const file = fileOf('version: 1\nserver:\n  port: ${PATH}');
    expect((await run(['validate', '-c', file])).err[0]).toContain(
      'environment variable PATH is not set',
    );
    expect((await run(['validate', '-c', file], { PATH: '80' })).code).toBe(0);
  });
});

describe('portico validate --strict', () => {
  test('ends with 78 for a warning, and says why', async () => {
    const file = fileOf(WARNED);
    expect(await run(['validate', '--strict', '-c', file])).toEqual({
      code: 78,
      out: [],
      err: [
        expect.stringContaining('warning: routes.never: never matches'),
        `${file} would start, but 1 warning fails it with --strict`,
      ],
    });
  });

  test('is not valid as JSON either', async () => {
    const { code, out, err } = await run(['validate', '--strict', '--json', '-c', fileOf(WARNED)]);
    expect(JSON.parse(out[0]!)).toMatchObject({ valid: false, faults: [{ severity: 'warning' }] });
    expect([code, err]).toEqual([78, []]);
  });

  test('a config without a warning is valid', async () => {
    expect((await run(['validate', '--strict'])).code).toBe(0);
  });

  test('tells faults as ever', async () => {
    const { err } = await run(['validate', '--strict', '-c', BROKEN]);
    expect(err).toEqual([...EXPECTED.split('\n'), '5 faults']);
  });
});

describe('portico validate --json', () => {
  const json = async (file: string): Promise<unknown> => {
    const { out, err } = await run(['validate', '--json', '--config', file]);
    expect(err).toEqual([]);
    expect(out).toHaveLength(1);
    return JSON.parse(out[0]!);
  };

  test('is one object on standard output', async () => {
    expect(await json('gateway.config.yaml')).toEqual({ valid: true, faults: [] });
  });

  test('has each fault with its place, path, message and severity', async () => {
    const { valid, faults } = (await json(BROKEN)) as { valid: boolean; faults: unknown[] };
    expect(valid).toBe(false);
    expect(faults).toHaveLength(5);
    expect(faults[1]).toEqual({
      file: BROKEN,
      line: 10,
      column: 5,
      path: 'routes.two.redirect',
      message: 'a route has exactly one action, and this one already has "upstream"',
      severity: 'error',
    });
  });

  test('is valid with warnings among the faults', async () => {
    expect(await json(fileOf(WARNED))).toMatchObject({
      valid: true,
      faults: [{ path: 'routes.never', severity: 'warning' }],
    });
  });

  test('ends with 78 for a config that must not serve', async () => {
    expect((await run(['validate', '--json', '-c', BROKEN])).code).toBe(78);
  });
});
