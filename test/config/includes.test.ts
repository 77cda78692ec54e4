import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { faultsOf, folderOf, load } from './config-files.ts';

const route = (name: string, path = name): string =>
  `routes:\n  ${name}:\n    match: { path: /${path} }\n    respond: {}\n`;
const main = (include: string): string => `version: 1\ninclude: ${include}\n${route('main')}`;

describe('included files', () => {
  test('add their routes, upstreams and plugins, in the order of their names', async () => {
    const folder = folderOf({
      'c.yaml': main('[routes/*.yaml, more/x.yaml]'),
      'routes/b.yaml': route('b'),
      'routes/a.yaml': `upstreams: { u: { targets: [http://u:1] } }\n${route('a')}`,
      'more/x.yaml': `version: 1\n${route('x')}`,
    });
    const { config } = await load(join(folder, 'c.yaml'), {});
    expect(config.routes.map(({ name }) => name)).toEqual(['main', 'a', 'b', 'x']);
    expect(Object.keys(config.upstreams)).toEqual(['u']);
    const names = ['c.yaml', 'routes/a.yaml', 'routes/b.yaml', 'more/x.yaml'];
    expect(config.files).toEqual(names.map((name) => join(folder, name)));
  });

  test('are read once, and never the first file again', async () => {
    const folder = folderOf({
      'c.yaml': main('["*.yaml", a.yaml, ./a.yaml]'),
      'a.yaml': route('a'),
    });
    const { config } = await load(join(folder, 'c.yaml'), {});
    expect(config.files).toHaveLength(2);
  });

  test('may hold a section that the first file has not', async () => {
    const files = { 'c.yaml': main('[a.yaml]'), 'a.yaml': 'server: { port: 0 }\nadmin: false\n' };
    const { config } = await load(join(folderOf(files), 'c.yaml'), {});
    expect(config.server.listeners[0]?.address).toMatchObject({ port: 0 });
    expect(config.admin).toBeUndefined();
  });

  test('start the names of their modules at their own folder', async () => {
    const files = {
      'c.yaml': main('[mobile/routes.yaml]'),
      'mobile/routes.yaml':
        'upstreams: { u: { targets: [http://u:1] } }\n' +
        'routes: { mobile: { match: { path: /m/* }, bff: ./bff.ts } }\n',
      'mobile/bff.ts': `export default { [Symbol.for('portico.bff')]: true, upstreams: ['u'] };`,
    };
    expect(await faultsOf(files)).toEqual([]);
  });
});

describe('a name that is defined twice', () => {
  test('is a fault that names both places', async () => {
    const files = {
      'c.yaml': main('[a.yaml, b.yaml]'),
      'a.yaml': route('same', 'a'),
      'b.yaml': `# second\n${route('same', 'b')}`,
    };
    expect(await faultsOf(files)).toEqual([
      'b.yaml:3:3  routes.same: defined twice: first at a.yaml:2:3',
    ]);
  });

  test('may be a section that is no map of names', async () => {
    const files = {
      'c.yaml': `server: { port: 0 }\n${main('[a.yaml]')}`,
      'a.yaml': 'server: { host: "::1" }\nversion: 2',
    };
    expect(await faultsOf(files)).toEqual([
      'a.yaml:1:1  server: defined twice: first at c.yaml:1:1',
      'a.yaml:2:1  version: defined twice: first at c.yaml:2:1',
    ]);
  });
});

test('what no file says is told of the first one', async () => {
  const files = { 'c.yaml': 'include: [a.yaml]\nadmin: false', 'a.yaml': 'server: {}' };
  expect(await faultsOf(files)).toEqual(['c.yaml:1:1  version: is missing']);
});

describe('an include that does not work', () => {
  test('is a fault at its pattern', async () => {
    expect(await faultsOf(main('[a/*.yaml, b.yaml]'))).toEqual([
      'c.yaml:2:11  include[0]: no file matches "a/*.yaml"',
      'c.yaml:2:21  include[1]: no file matches "b.yaml"',
    ]);
  });

  test('is refused in an included file', async () => {
    const files = { 'c.yaml': main('[a.yaml]'), 'a.yaml': 'include: [b.yaml]', 'b.yaml': '' };
    expect(await faultsOf(files)).toEqual([
      'a.yaml:1:1  include: is in an included file: only the first file may include others',
    ]);
  });

  test('hides no fault of the other files, and invents none', async () => {
    const files = {
      'c.yaml': `server: { prot: 1 }\n${main('[a.yaml, folder]')}  u: { match: { path: /u }, upstream: u }`,
      'a.yaml': 'upstreams: { u: { targets: [http://u:1] }',
      'folder/x': '',
    };
    expect(await faultsOf(files)).toEqual([
      expect.stringMatching(/^a\.yaml:1:42 {2}YAML syntax: Flow map/),
      'c.yaml:1:11  server.prot: unknown key; did you mean "port"?',
      'folder:1:1  is a folder, not a file',
    ]);
  });

  test('of a list, or of nothing, is told as what it is', async () => {
    const files = { 'c.yaml': main('[a.yaml, b.yaml]'), 'a.yaml': '- 1', 'b.yaml': '' };
    expect(await faultsOf(files)).toEqual([
      'a.yaml:1:1  expected a map of sections, found a list',
      'b.yaml:1:1  expected a map of sections, found nothing',
    ]);
  });
});
