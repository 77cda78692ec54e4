/** A long file is parsed by a thread, and says the same. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatFault } from '../../src/config/fault.ts';
import { readYamlFile, textOnDisk } from '../../src/config/yaml/file.ts';
import { TextParser } from '../../src/config/yaml/text-parser.ts';
import { folderOf } from './config-files.ts';

const ENVIRONMENT = { PORT: '8081', DIGITS: '0123', EMPTY: '', SECRET: 'S3cr3t-Value' };

/** All that can be asked of a file that says `text`, parsed by a thread where it is longer than `long`. */
async function read(text: string, long: number) {
  const folder = folderOf({ 'c.yaml': text });
  const parser = new TextParser(ENVIRONMENT, long);
  const file = await readYamlFile(join(folder, 'c.yaml'), parser, textOnDisk);
  await parser.end();
  const paths = [['a'], ['a', 'b'], ['a', 'list', 1], ['c', 'b'], ['d', 'x'], ['none'], ['e']];
  const told = {
    tree: file.tree,
    faults: file.faults,
    places: paths.map((path) => file.place({ path, message: 'found "S3cr3t-Value"' })),
    keys: paths.map((path) => file.place({ path, message: '', at: 'key' as const })),
    depths: paths.map((path) => file.depthOf(path)),
    unread: paths.map((path) => file.isUnread(path)),
    written: paths.map((path) => file.writtenAt(path)),
    texts: paths.map((path) => file.asText(path)),
  };
  return JSON.parse(JSON.stringify(told).replaceAll(folder, '')) as typeof told;
}

const inThread = (text: string) => read(text, 0);
const here = (text: string) => read(text, Number.POSITIVE_INFINITY);

describe('a thread parses a text to what it is here', () => {
  test.each([
    [
      'values of every kind',
      'a: { b: 1, list: [x, 2.5, ~, true, -.inf] }\nd: { x: "y" }\nconstructor: 5',
    ],
    [
      'aliases and merges',
      'a: &a { b: 1, list: &l [1, 2] }\nc: { <<: *a, z: 1 }\nd: { x: *l }\ne: *a',
    ],
    [
      'what comes from outside',
      'a:\n  b: ${PORT}\n  list: ["${SECRET}", "${EMPTY}"]\nc: &c\n  b: ${DIGITS}\n  e: ${EMPTY}\nd: { x: *c }\ne: "${NONE}"',
    ],
    [
      'faults of its structure',
      'a: { b: 1, b: 2, list: [*none] }\n? [c]\n: 1\nd: !x { x: 1 }\n1: 2',
    ],
    ['faults of its syntax', 'a: {b: 1\nc: "'],
    ['an alias of a key', '&k a: { b: *k }'],
    ['nothing', ''],
    ['a list', '[a, b]'],
  ])('%s', async (_what, text) => {
    expect(await inThread(text)).toEqual(await here(text));
  });

  test('nesting without end', async () => {
    const faults = (await inThread('['.repeat(30_000))).faults.map(formatFault);
    expect(faults).toHaveLength(1);
  });
});

test('many texts need one thread, and it ends', async () => {
  const parser = new TextParser({}, 0);
  const texts = ['a: 1', 'a: { b: ', 'a: 3'].map((text) => ({ name: 'c.yaml', text }));
  const parsed = [];
  for (const text of texts) parsed.push(await parser.parse(text));
  expect(parsed.map(({ outline, faults }) => [outline?.values[0], faults.length > 0])).toEqual([
    [1, false],
    [undefined, true],
    [3, false],
  ]);
  await parser.end();
});

test('where the thread fails, the text is parsed here, and the next one by another thread', async () => {
  const unsendable = { X: (() => 'no thread takes a function') as unknown as string };
  const parser = new TextParser(unsendable, 0);
  for (const value of [1, 2]) {
    const { outline } = await parser.parse({ name: 'c.yaml', text: `a: ${value}` });
    expect(outline?.values).toEqual([value]);
  }
  await parser.end();
});
