import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sax from 'sax';
import { Parser } from 'tap-parser';
import { describe, expect, test } from 'vitest';
import { type Files, folderOf } from '../config/config-files.ts';
import { author } from './dev-process.ts';
import { run } from './run.ts';

const CONFIG = `version: 1
upstreams: { orders: { targets: [http://10.0.0.7:4000] } }
routes:
  orders: { match: { path: /orders/* }, upstream: orders }
  ping: { match: { path: /ping }, respond: { status: 200, body: { ok: true } } }
`;
const CASES = `cases:
  - name: ping is answered
    request: GET /ping
    expect: { status: 200, body: { ok: true } }
  - name: 'orders, "quoted" <b> & # \\ are read'
    request: GET /orders/7
    upstreams: { orders: { body: { id: 7, name: Ada } } }
    expect:
      status: 200
      body: { id: 7, name: { matches: ^Bob } }
    calls: { orders: GET /orders/8 }
  - name: later
    skip: 'not yet # really <'
    request: GET /ping
`;

const folder = (files: Files = {}): string =>
  folderOf({ 'gateway.config.yaml': CONFIG, 'gateway.test.yaml': CASES, ...files });

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

async function runIn(there: string, ...args: readonly string[]): Promise<Ran> {
  const { code, out, err } = await run(['test', '-c', join(there, 'gateway.config.yaml'), ...args]);
  const local = (texts: readonly string[]): string => texts.join('\n').replaceAll(`${there}/`, '');
  return { code, out: local(out), err: local(err) };
}

describe('portico test', () => {
  test('shows what differs with its line, and ends with 1', async () => {
    const { code, out, err } = await runIn(folder());
    expect([code, err]).toEqual([1, '']);
    expect(out.replace(/\(\d+\.\d s\)/, '(0.1 s)')).toBe(`gateway.test.yaml
  ✓ ping is answered
  ✗ orders, "quoted" <b> & # \\ are read
      gateway.test.yaml:10:28  expect.body.name: expected a match of /^Bob/, got "Ada"
      gateway.test.yaml:11:22  calls.orders: expected GET /orders/8, got GET /orders/7
      the answer: 200, application/json: {"id":7,"name":"Ada"}
  - later (skipped: not yet # really <)

1 passed, 1 failed, 1 skipped (0.1 s)`);
  });

  test('ends with 0 if all pass, and --filter chooses some', async () => {
    const { code, out } = await runIn(folder(), '--filter', 'PING');
    expect(code).toBe(0);
    expect(out).toMatch(/^gateway.test.yaml\n {2}✓ ping is answered\n\n1 passed \(/);
    const none = await runIn(folder(), '--filter', 'pong');
    expect([none.code, none.err]).toEqual([1, 'no case has "pong" in its name']);
  });

  test('runs all files beside the config, or those that are named', async () => {
    const one = 'cases: [{ name: one, request: GET /ping }]';
    const there = folder({ 'a.test.yml': one, 'more/b.test.yaml': one, 'c.yaml': one });
    const { out } = await runIn(there);
    expect(out.match(/^\S+\.ya?ml$/gm)).toEqual(['a.test.yml', 'gateway.test.yaml']);
    const named = [join(there, 'c.yaml'), join(there, 'more'), join(there, 'more/*.yaml')];
    const { out: chosen, code } = await runIn(there, ...named);
    expect(code).toBe(0);
    expect(chosen.match(/^\S+\.ya?ml$/gm)).toEqual(['c.yaml', 'more/b.test.yaml']);
  });

  test('says what to do where there is no file', async () => {
    const there = folderOf({ 'gateway.config.yaml': CONFIG });
    expect(await runIn(there)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^there are no tests beside .*gateway\.test\.yaml/) as string,
    });
    expect(await runIn(there, 'no.yaml')).toMatchObject({
      code: 1,
      err: 'there is no file no.yaml',
    });
  });

  test('lists the faults of all files with their lines, runs none, and ends with 78', async () => {
    const there = folder({
      'b.test.yaml': 'cases:\n  - { name: b, reqest: GET / }\n',
      'c.test.yaml': 'cases: []\ncasse: 1\n',
    });
    const { code, out, err } = await runIn(there);
    expect([code, out]).toEqual([78, '']);
    expect(err).toBe(
      [
        'b.test.yaml:2:16  cases[0].reqest: unknown key; did you mean "request"?',
        'c.test.yaml:1:8  cases: needs at least 1 entry',
        'c.test.yaml:2:1  casse: unknown key; did you mean "cases"?',
        '3 faults',
      ].join('\n'),
    );
  });

  test('ends with 78 for faults of the config', async () => {
    const { code, err } = await runIn(folder({ 'gateway.config.yaml': `${CONFIG}ruotes: {}\n` }));
    expect(code).toBe(78);
    expect(err).toBe(
      'gateway.config.yaml:6:1  ruotes: unknown key; did you mean "routes"?\n1 fault',
    );
  });

  test('writes TAP 14 that a strict parser reads', async () => {
    const { out, code } = await runIn(folder(), '--reporter', 'tap');
    expect(code).toBe(1);
    const { ok, count, pass, fail, skip, failures, problems } = await parseTap(out);
    expect({ ok, count, pass, fail, skip, problems }).toEqual({
      ok: false,
      count: 3,
      pass: 2,
      fail: 1,
      skip: 1,
      problems: [],
    });
    expect(failures).toMatchObject([
      {
        name: 'gateway.test.yaml: orders, "quoted" <b> & # \\ are read',
        diag: {
          at: 'gateway.test.yaml:5',
          failures: [
            'gateway.test.yaml:10:28  expect.body.name: expected a match of /^Bob/, got "Ada"',
            'gateway.test.yaml:11:22  calls.orders: expected GET /orders/8, got GET /orders/7',
          ],
          notes: ['the answer: 200, application/json: {"id":7,"name":"Ada"}'],
        },
      },
    ]);
  });

  test('writes JUnit XML that a parser reads', async () => {
    const odd =
      'cases: [{ name: "\\u0001\\uD800]]>", request: GET /ping, expect: { body: "\\u0002" } }]';
    const there = folder({ 'a.test.yaml': odd });
    const { out, code } = await runIn(there, '--reporter', 'junit');
    expect(code).toBe(1);
    const elements = parseXml(out);
    expect(elements[0]).toMatchObject({
      name: 'testsuites',
      attributes: { tests: '4', failures: '2', skipped: '1', errors: '0' },
    });
    expect(
      elements
        .filter(({ name }) => name === 'testcase')
        .map(({ attributes }) => attributes['name']),
    ).toEqual([
      '\\u0001\ufffd]]>',
      'ping is answered',
      'orders, "quoted" <b> & # \\ are read',
      'later',
    ]);
    expect(elements.filter(({ name }) => name === 'failure')[1]).toMatchObject({
      attributes: {
        message: 'gateway.test.yaml:10:28  expect.body.name: expected a match of /^Bob/, got "Ada"',
      },
      text: expect.stringContaining('{"id":7,"name":"Ada"}') as string,
    });
    expect(elements.find(({ name }) => name === 'skipped')?.attributes).toEqual({
      message: 'not yet # really <',
    });
  });

  test(
    'runs them again when a file has changed, until it is stopped',
    { timeout: 60_000 },
    async () => {
      const bff = (word: string): string => `import { defineBff, z } from 'portico';
export default defineBff({ upstreams: [] }, (app) => {
  app.get('/', { schema: { response: { 200: z.object({ a: z.string() }) } } }, () => ({ a: '${word}' }));
});`;
      const config = 'version: 1\nroutes: { a: { match: { path: /* }, bff: ./bff.ts } }\n';
      const cases = (word: string): string =>
        `cases: [{ name: a, request: GET /, expect: { body: { a: ${word} } } }]\n`;
      const files = {
        'gateway.config.yaml': config,
        'bff.ts': bff('one'),
        'gateway.test.yaml': cases('one'),
      };
      const { out, write, child, ended } = author(files, 'test', '--watch');
      const ran = (words: readonly string[]): Promise<void> =>
        expect
          .poll(() => out().match(/\d passed(?=.*\()/g) ?? [], { timeout: 20_000 })
          .toEqual(words);
      await ran(['1 passed']);
      write('bff.ts', bff('two'));
      await ran(['1 passed', '0 passed']);
      write('gateway.test.yaml', cases('two'));
      await ran(['1 passed', '0 passed', '1 passed']);
      write('gateway.test.yaml', 'casse: 1');
      write('gateway.test.yaml', cases('two'));
      child.kill('SIGTERM');
      expect(await ended).toBe(0);
    },
  );

  test('gives editors the schema that is committed', async () => {
    const there = folder();
    const { out } = await run(['schema', '--tests', '-c', join(there, 'gateway.config.yaml')]);
    expect(out).toEqual([`wrote ${join(there, 'gateway.test.schema.json')}`]);
    const { out: printed } = await run(['schema', '--tests', '--json']);
    expect(`${printed.join('\n')}\n`).toBe(readFileSync('gateway.test.schema.json', 'utf8'));
  });
});

interface Tap {
  readonly ok: boolean;
  readonly count: number;
  readonly pass: number;
  readonly fail: number;
  readonly skip: number;
  readonly failures: readonly unknown[];
  /** What is no TAP. */
  readonly problems: readonly string[];
}

function parseTap(text: string): Promise<Tap> {
  return new Promise((resolve) => {
    const problems: string[] = [];
    const parser = new Parser({ strict: true }, ({ ok, count, pass, fail, skip, failures }) =>
      resolve({ ok, count, pass, fail, skip, failures, problems }),
    );
    parser.on('extra', (extra: string) => problems.push(extra));
    parser.end(text);
  });
}

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  text: string;
}

/** @throws {Error} for what is not well-formed */
function parseXml(text: string): readonly Element[] {
  const elements: Element[] = [];
  const open: Element[] = [];
  const parser = sax.parser(true, { strictEntities: true, position: false });
  const handlers = {
    onerror: (error: Error) => {
      throw error;
    },
    onopentag: ({ name, attributes }: Omit<Element, 'text'>) => {
      const element = { name, attributes, text: '' };
      elements.push(element);
      open.push(element);
    },
    ontext: (part: string) => {
      const last = open.at(-1);
      if (last !== undefined) last.text += part;
    },
    onclosetag: () => void open.pop(),
  };
  Object.assign(parser, handlers).write(text).close();
  return elements;
}
