import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultsIn, faultsOf, folderOf } from './config-files.ts';

const HINT = '; inside { } and [ ], quote values with ${…}, {…} or a leading *, as in "/a/{id}"';

describe('a YAML syntax error', () => {
  test.each([
    ['an unquoted ${X} in a list', 'a: [${X}]', '1:6'],
    ['an unquoted ${X} in a map', 'a: { b: ${X:-1} }', '1:10'],
    ['an unquoted ${X} within text', 'a: { b: http://${X}:1 }', '1:17'],
    ['an unquoted {id} in a map', 'a: { path: /orders/{id} }', '1:20'],
    ['an unquoted {id} in a list', 'a: [/orders/{id}]', '1:13'],
    ['an unquoted {id} before more text', 'a: { path: "/x", to: /y/{id}/z }', '1:25'],
    ['a lone star in a list', 'a: [*]', '1:5'],
  ])('gets the hint to quote it: %s', async (_what, text, place) => {
    const [fault, ...others] = await faultsOf(text);
    expect(fault).toMatch(new RegExp(`^c.yaml:${place} {2}YAML syntax: `));
    expect(fault).toContain(HINT);
    expect(others).toEqual([]);
  });

  test('without the space after a colon is told so, where braces make it a key', async () => {
    const text = 'version: 1\nroutes: { a: { match: {path:/a}, respond: {} } }';
    expect(await faultsOf(text)).toEqual([
      'c.yaml:2:24  routes.a.match.path:/a: unknown key; put a space after the colon of "path"',
    ]);
  });

  test.each([
    ['quotes stand around it', 'a: { path: "/orders/{id}", b: [1 }'],
    ['no brace is near', 'a: "x\nb: 1'],
    ['the line has nothing of the kind', 'a: [1, 2\nb: 3'],
  ])('gets no hint to quote where %s', async (_what, text) => {
    expect((await faultsOf(text)).join('\n')).not.toContain('quote values');
  });

  test.each([
    ['a tab', 'a:\n\tb: 1', 'c.yaml:2:1  YAML syntax: Tabs are not allowed as indentation'],
    ['a colon', 'a: b: c', '; quote a value that holds ": "'],
    [
      'a key that is too far in',
      'a: 1\n  b: 2\nc: 3',
      '; all keys of a map start in the same column',
    ],
    [
      'a quote without its end',
      'a: 1\nb: "x\nc: 3\nd: 4',
      'c.yaml:2:4  YAML syntax: this " is never closed',
    ],
    [
      'a single quote without its end',
      "a: { b: 'x }",
      "c.yaml:1:9  YAML syntax: this ' is never closed",
    ],
    ['a colon without its space', 'a:\n  b: 1\n  c:2s', 'put a space after the colon of a key'],
    [
      'a blank of a web page',
      'a:\n  b:\u00a01s\n  c: 1',
      'this line contains a blank that is not a space',
    ],
    ['quotes of a text processor', 'a: { b: “/x/{id}” }', `write quotes as " or ', not “`],
    ['an @', 'a: @b', 'reserved character @; quote the value'],
    ['a second document', 'a: 1\n---\nb: 2', 'c.yaml:2:1  a second document starts here'],
    [
      'indentation',
      'a:\n    b: 1\n  c: 2',
      'c.yaml:3:1  YAML syntax: All mapping items must start',
    ],
  ])('is told for %s', async (_what, text, message) => {
    expect((await faultsOf(text)).join('\n')).toContain(message);
  });

  test('is told once a line, and without what only follows from it', async () => {
    const text = [
      'a: [${X}, ${Y}]',
      'b: [${Z}]',
      'c: { path: /a/{id} }',
      'd: 1',
      'e: { path: /b/{id} }',
    ].join('\n');
    const faults = await faultsOf(text);
    expect(faults.map((fault) => fault.split('  ')[0])).toEqual([
      'c.yaml:1:6',
      'c.yaml:2:6',
      'c.yaml:3:15',
    ]);
  });

  test('names signs as they are typed', async () => {
    expect((await faultsOf('a: { path: /a/{id} }'))[0]).toContain('YAML syntax: Unexpected {; ');
  });
});

describe('a file that cannot be read', () => {
  test('is a fault', async () => {
    const files = { 'c.yaml': 'version: 1\ninclude: [a.yaml]', 'a.yaml/x': '' };
    expect(await faultsOf(files)).toEqual(['a.yaml:1:1  is a folder, not a file']);
  });

  test.each(['latin1', 'utf16le'] as const)(
    'is a fault in %s, and not guessed',
    async (encoding) => {
      const file = join(folderOf({ 'c.yaml': '' }), 'c.yaml');
      writeFileSync(file, Buffer.from('version: 1 # é', encoding));
      expect((await faultsIn(file))[0]).toMatch(/c\.yaml:1:1 {2}is not UTF-8: save it/);
    },
  );

  test('is told by its name when it is not there', async () => {
    expect(await faultsIn('test/config/none.yaml')).toEqual([
      'test/config/none.yaml:1:1  there is no such file',
    ]);
  });

  test.each([
    ['', 'nothing'],
    ['# only a comment', 'nothing'],
    ['- a', 'a list'],
    ['hello', '"hello"'],
  ])('%s is no map of sections', async (text, found) => {
    const [fault] = await faultsOf(text);
    expect(fault).toBe(`c.yaml:1:1  expected a map of sections, found ${found}`);
  });
});
