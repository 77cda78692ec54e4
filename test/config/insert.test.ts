import { describe, expect, test } from 'vitest';
import { type Entry, insertEntry } from '../../src/config/yaml/insert.ts';

const ENTRY: Entry = {
  section: 'routes',
  name: 'web',
  lines: ['match: { path: /web/* }', 'bff: ./bff/web/index.ts'],
};

const PLUGIN: Entry = { section: 'plugins', name: 'stamp', lines: ['module: ./stamp.ts'] };

describe('an entry added to the text of a config', () => {
  test('follows the last one, and every other byte stays', () => {
    const text = `# mine
version: 1 # the first
routes:
    # the shop
    shop:   {match: {path: /*},   upstream: "shop"} # all
upstreams:  {shop: {targets: [http://shop]}}
`;
    expect(insertEntry(text, ENTRY)).toBe(`# mine
version: 1 # the first
routes:
    # the shop
    shop:   {match: {path: /*},   upstream: "shop"} # all
    web:
      match: { path: /web/* }
      bff: ./bff/web/index.ts
upstreams:  {shop: {targets: [http://shop]}}
`);
  });

  test('keeps a distance if the others do', () => {
    const text = `routes:
  a:
    upstream: a

  # about b
  b: { upstream: b }

# about plugins
plugins: {}
`;
    expect(insertEntry(text, ENTRY)).toBe(`routes:
  a:
    upstream: a

  # about b
  b: { upstream: b }

  web:
    match: { path: /web/* }
    bff: ./bff/web/index.ts

# about plugins
plugins: {}
`);
  });

  test.each([
    ['version: 1\n', 'version: 1\n\nplugins:\n  stamp:\n    module: ./stamp.ts\n'],
    ['version: 1', 'version: 1\n\nplugins:\n  stamp:\n    module: ./stamp.ts\n'],
    ['plugins:\nroutes: {}\n', 'plugins:\n  stamp:\n    module: ./stamp.ts\nroutes: {}\n'],
    ['plugins: # none yet\n', 'plugins: # none yet\n  stamp:\n    module: ./stamp.ts\n'],
    ['plugins: {} # none\na: 1\n', 'plugins: # none\n  stamp:\n    module: ./stamp.ts\na: 1\n'],
    ['plugins: { a: { b: 1 } }\n', 'plugins: { a: { b: 1 }, stamp: {"module":"./stamp.ts"} }\n'],
    [
      'plugins:\n  a: |\n    text\nb: 1\n',
      'plugins:\n  a: |\n    text\n  stamp:\n    module: ./stamp.ts\nb: 1\n',
    ],
    ['plugins:\n  a:\nb: 1\n', 'plugins:\n  a:\n  stamp:\n    module: ./stamp.ts\nb: 1\n'],
    ['plugins:\r\n  a: 1\r\n', 'plugins:\r\n  a: 1\r\n  stamp:\r\n    module: ./stamp.ts\r\n'],
  ])('finds its place in %j', (text, result) => {
    expect(insertEntry(text, PLUGIN)).toBe(result);
  });

  test('takes a config that says the same thing very often', () => {
    const members = Array.from({ length: 300 }, (_, i) => `  r${i}: { limit: *limit }\n`).join('');
    const text = `x: &limit { max: 1 }\nplugins:\n  <<: { merged: 1 }\n${members}`;
    expect(insertEntry(text, PLUGIN)).toBe(`${text.trimEnd()}\n  stamp:\n    module: ./stamp.ts\n`);
  });

  test.each([
    ['not YAML', 'plugins: [\n'],
    ['a list', '- plugins\n'],
    ['a map in one line', '{ version: 1 }\n'],
    ['another kind of section', 'plugins: none\n'],
    ['an alias', 'a: &a { b: 1 }\nplugins: *a\n'],
    ['the end of the document', 'version: 1\n...\n'],
    ['nothing', ''],
    ['an entry of that name', 'plugins:\n  stamp: 1\n'],
  ])('has no place in %s', (_what, text) => {
    expect(insertEntry(text, PLUGIN)).toBeUndefined();
  });
});
