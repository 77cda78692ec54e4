import { describe, expect, test } from 'vitest';
import {
  type LoadArguments,
  loadOptions,
  readDuration,
  readHeader,
} from '../../src/cli/load-arguments.ts';
import { folderOf } from '../config/config-files.ts';
import { run } from './run.ts';

const GIVEN: LoadArguments = { connections: 64, duration: 10_000 };
const URL_8080 = new URL('http://127.0.0.1:8080/a?b=c');

describe('the arguments of portico load', () => {
  test('are a GET of the config beside, until told otherwise', () => {
    expect(loadOptions({ ...GIVEN, path: '/a' })).toEqual({
      subject: { kind: 'config', file: 'gateway.config.yaml' },
      request: { method: 'GET', path: '/a', headers: { accept: '*/*' } },
      connections: 64,
      measureMs: 10_000,
    });
  });

  test('are a POST with a body, of the type that it has', () => {
    const { request } = loadOptions({ ...GIVEN, path: '/a', body: 'no JSON' });
    expect(request).toMatchObject({
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream' },
    });
    expect(Buffer.from(request.body!, 'base64').toString()).toBe('no JSON');
  });

  test('read a body from a file, byte for byte', () => {
    const bodyFile = `${folderOf({ body: '{"a": 1}\n' })}/body`;
    const { request } = loadOptions({
      ...GIVEN,
      path: '/a',
      bodyFile,
      header: { 'content-type': 'x/y' },
    });
    expect(request.headers['content-type']).toBe('x/y');
    expect(Buffer.from(request.body!, 'base64').toString()).toBe('{"a": 1}\n');
  });

  test('take no body that is larger than 16 MiB, and no folder for one', () => {
    const folder = folderOf({ body: 'x'.repeat(16_777_217) });
    const read = (bodyFile: string) => () => loadOptions({ ...GIVEN, path: '/a', bodyFile });
    expect(read(`${folder}/body`)).toThrow('has 16777217 bytes; at most 16 MiB are sent');
    expect(read(folder)).toThrow(`${folder} cannot be read (EISDIR)`);
  });

  test('may have the path in the URL', () => {
    const { subject, request } = loadOptions({ ...GIVEN, url: URL_8080 });
    expect([subject, request.path]).toEqual([
      { kind: 'running', origin: 'http://127.0.0.1:8080' },
      '/a?b=c',
    ]);
  });

  test.each<[Partial<LoadArguments>, string]>([
    [{}, 'pass the path'],
    [{ url: URL_8080, config: 'a.yaml' }, 'leave --config out'],
    [{ url: URL_8080, stub: true }, '--stub'],
    [{ url: URL_8080, path: '/x' }, 'leave --path out'],
    [{ path: '/a', admin: URL_8080 }, '--admin goes with --url'],
    [{ path: '/a', stubDelay: 5 }, 'go with --stub'],
    [{ path: '/a', stubBody: '' }, 'go with --stub'],
    [{ path: '/a', body: 'a', bodyFile: 'b' }, 'not both'],
    [{ path: '/a', token: 'a', header: { authorization: 'b' } }, 'not both'],
    [
      { path: '/a', bodyFile: '/nowhere/at/all' },
      '--body-file: /nowhere/at/all cannot be read (ENOENT)',
    ],
  ])('%j are refused: %s', (given, message) => {
    expect(() => loadOptions({ ...GIVEN, ...given })).toThrow(
      expect.objectContaining({
        name: 'RangeError',
        message: expect.stringContaining(message) as unknown,
      }),
    );
  });

  test.each([
    ['10', 10_000],
    ['0.5', 500],
    ['250ms', 250],
    ['2m', 120_000],
  ])('a duration of %s is %i ms', (text, ms) => {
    expect(readDuration(text)).toBe(ms);
  });

  test('gather headers by name', () => {
    expect(readHeader('X-B:  2 ', readHeader('X-A: 1'))).toEqual({ 'x-a': '1', 'x-b': '2' });
  });

  test.each([
    [['--duration', '0'], 'at least 100ms'],
    [['--duration', '25h'], 'at most 24h'],
    [['--duration', 'long'], 'not a duration'],
    [['--connections', '0'], 'from 1 to 10000'],
    [['--connections', '1.5'], 'from 1 to 10000'],
    [['--path', 'api'], 'must begin with /'],
    [['--path', '/a b'], 'must begin with /'],
    [['--method', 'HEAD'], 'Allowed choices are GET'],
    [['--url', '127.0.0.1:8080'], 'it must be a URL'],
    [['--url', 'http://a:b@127.0.0.1'], 'credentials'],
    [['--header', 'x'], "'name: value'"],
    [['--header', 'a b: c'], 'Header name must be a valid HTTP token'],
    [['--header', 'x: a\nb: c'], 'Invalid character'],
    [['--header', 'a: 1', '--header', 'A: 2'], 'a is given twice'],
    [['--header', 'Content-Length: 7'], 'content-length is set by the load itself'],
    [['--token', 'a\r\nb'], 'Invalid character'],
    [['--bodyfile', 'x'], 'did you mean "--body-file"?'],
  ])('%j are a mistake of use: %s', async (args, message) => {
    const { code, out, err } = await run(['load', '--path', '/', ...args]);
    expect({ code, out }).toEqual({ code: 2, out: [] });
    expect(err.join('\n')).toContain(message);
  });
});
