import { describe, expect, test } from 'vitest';
import { author, CONFIG } from './dev-process.ts';

const GATEWAY = `version: 1
server: { host: 127.0.0.1, port: 0 }
admin: { port: 0 }
`;
const ROUTE = `routes:
  words: { match: { path: /words/* }, bff: ./bff/index.ts }
`;
const BFF = `import { defineBff, z } from 'portico';
import { word } from './word.ts';
const schema = { response: { 200: z.object({ word: z.string() }) } };
export default defineBff({ upstreams: [] }, (app) => {
  app.get('/now', { schema }, async () => ({ word }));
});
`;
const word = (text: string): string => `export const word: string = '${text}';\n`;
const FILES = { [CONFIG]: GATEWAY + ROUTE, 'bff/index.ts': BFF, 'bff/word.ts': word('one') };
const answer = (text: string): string => JSON.stringify({ word: text });
const PATH = '/words/now';

describe('portico dev', { timeout: 60_000 }, () => {
  test('serves a change of a file that a BFF imports', async () => {
    const { write, serving, answers, said } = author(FILES);
    await serving();
    await answers(PATH, answer('one'));
    write('bff/word.ts', word('two'));
    await answers(PATH, answer('two'));
    write('bff/word.ts', word('three'));
    await answers(PATH, answer('three'));
    await said('applied: version 3 serves\n');
  });

  test('shows the line of a module that does not compile, and serves the previous version', async () => {
    const { write, serving, get, answers, said, err } = author(FILES);
    await serving();
    write('bff/word.ts', `${word('two')}  enum A {}\n`);
    await said('1 fault; the previous version keeps serving\n');
    expect(err()).toBe(
      [
        'gateway.config.yaml:5:44  routes.words.bff: cannot be imported: TypeScript enum is not supported in strip-only mode (bff/word.ts:2)',
        'bff/word.ts:2:3',
        '    2 |   enum A {}',
        '      |   ^',
        '1 fault; the previous version keeps serving\n',
      ].join('\n'),
    );
    expect(await get(PATH)).toBe(answer('one'));
    write('bff/word.ts', word('three'));
    await said('applied: version 2 serves\n');
    await answers(PATH, answer('three'));
  });

  test.each([
    [
      'an error that only V8 finds',
      `${word('two')}let a = 1;\n\tlet a = 2;\n`,
      ['bff/word.ts:3:6', '    3 | \tlet a = 2;', '      | \t    ^'],
    ],
    [
      'a throw',
      `${word('two')}throw new Error('no licence');\n`,
      ['bff/word.ts:2:7', `    2 | throw new Error('no licence');`, '      |       ^'],
    ],
    [
      'a name that is not exported',
      `import { gone } from './other.ts';\nexport const word = gone;\n`,
      ['bff/word.ts:1:10', `    1 | import { gone } from './other.ts';`, '      |          ^'],
    ],
  ])('shows the line of %s', async (_what, text, frame) => {
    const { write, serving, said, answers } = author({ ...FILES, 'bff/other.ts': 'export {};\n' });
    await serving();
    write('bff/word.ts', text);
    await said(`${frame.join('\n')}\n1 fault; the previous version keeps serving\n`);
    write('bff/word.ts', word('three'));
    await answers(PATH, answer('three'));
  });

  test('shows the line that imports what is not there', async () => {
    const { write, serving, said } = author(FILES);
    await serving();
    write('bff/word.ts', `${word('two')}import { x } from "./gone.ts";\n`);
    await said(
      'bff/word.ts:2:19\n    2 | import { x } from "./gone.ts";\n      |                   ^\n',
    );
  });

  test('tries again on SIGHUP what failed for a reason outside of the files', async () => {
    const { write, serving, said, answers, child } = author(FILES);
    await serving();
    const text = `import { readFileSync } from 'node:fs';\nexport const word = readFileSync(new URL('word.txt', import.meta.url), 'utf8');\n`;
    write('bff/word.ts', text);
    await said('the previous version keeps serving\n');
    write('bff/word.txt', 'two');
    child.kill('SIGHUP');
    await answers(PATH, answer('two'));
  });

  test('shows the line of a fault in the config', async () => {
    const { write, serving, said, get } = author(FILES);
    await serving();
    write(CONFIG, GATEWAY + ROUTE.replace('match', 'mach'));
    await said(
      [
        'gateway.config.yaml:5:12  routes.words.mach: unknown key; did you mean "match"?',
        '    5 |   words: { mach: { path: /words/* }, bff: ./bff/index.ts }',
        '      |            ^',
        '1 fault; the previous version keeps serving\n',
      ].join('\n'),
    );
    expect(await get(PATH)).toBe(answer('one'));
  });

  test('shows the line at which a BFF could not start', async () => {
    const { write, serving, said } = author(FILES);
    await serving();
    write('bff/index.ts', BFF.replace('(app) => {', '(app) => {\n  null.x;'));
    await said('bff/index.ts:5:8\n    5 |   null.x;\n      |        ^\n');
  });

  test('waits for the mending of a first start that has faults', async () => {
    const { write, serving, said, answers, out } = author({
      ...FILES,
      'bff/word.ts': `import './words/missing.ts';\n${word('one')}`,
    });
    await said('1 fault; nothing is served yet: waiting for a change\n');
    expect(out()).toBe('');
    write('bff/words/missing.ts', '');
    await serving();
    await answers(PATH, answer('one'));
  });

  test('ends with 0 on Ctrl-C, while it serves and while it waits', async () => {
    const running = author(FILES);
    const waiting = author({ [CONFIG]: '{' });
    await Promise.all([running.serving(), waiting.said('waiting for a change')]);
    for (const { child } of [running, waiting]) child.kill('SIGINT');
    expect(await Promise.all([running.ended, waiting.ended])).toEqual([0, 0]);
  });

  test('imports all modules anew together, CommonJS among them', async () => {
    const { write, serving, answers } = author({
      ...FILES,
      'bff/word.ts': `import part from './part.cjs';\nimport { mark } from './mark.ts';\nexport const word = \`\${part.text} \${mark.text}\`;\n`,
      'bff/part.cjs': `exports.text = require('./text.cjs');\n`,
      'bff/text.cjs': `module.exports = 'one';\n`,
      'bff/mark.ts': `import { readFileSync } from 'node:fs';\nexport const mark = { text: readFileSync(new URL('mark.txt', import.meta.url), 'utf8') };\n`,
      'bff/mark.txt': 'a',
    });
    await serving();
    await answers(PATH, answer('one a'));
    write('bff/mark.txt', 'b');
    write('bff/text.cjs', `module.exports = 'two';\n`);
    await answers(PATH, answer('two b'));
  });

  test('leaves an ES module that CommonJS requires as it was loaded', async () => {
    const { write, serving, answers } = author({
      ...FILES,
      'bff/word.ts': `import part from './part.cjs';\nexport const word = part.text + part.own;\n`,
      'bff/part.cjs': `module.exports = { text: require('./text.mjs').text, own: 'one' };\n`,
      'bff/text.mjs': `export const text = 'kept ';\n`,
    });
    await serving();
    await answers(PATH, answer('kept one'));
    write('bff/part.cjs', `module.exports = { text: require('./text.mjs').text, own: 'two' };\n`);
    await answers(PATH, answer('kept two'));
  });

  test('follows a module that a handler imports later', async () => {
    const later = BFF.replace(`import { word } from './word.ts';\n`, '').replace(
      '({ word })',
      `({ word: (await import('./word.ts')).word })`,
    );
    const { write, serving, answers } = author({ ...FILES, 'bff/index.ts': later });
    await serving();
    await answers(PATH, answer('one'));
    write('bff/word.ts', word('two'));
    await answers(PATH, answer('two'));
  });

  test('keeps nothing that an earlier version of a plugin has made', async () => {
    const plugin = (text: string): string => `import { definePlugin, z } from 'portico';
export default definePlugin({
  name: 'mine',
  settings: z.strictObject({}),
  options: z.literal(true),
  register: (_settings, host) => {
    const kept = host.keep('text', () => ({ text: '${text}' }));
    return { route: () => ({ phase: 'request', onRequest: (_request, reply) => reply.send(kept.text) }) };
  },
});
`;
    const config = `${GATEWAY}plugins: { mine: { module: ./mine.ts } }
routes: { a: { match: { path: /a }, mine: true, respond: { status: 200 } } }\n`;
    const { write, serving, answers } = author({ [CONFIG]: config, 'mine.ts': plugin('one') });
    await serving();
    await answers('/a', 'one');
    write('mine.ts', plugin('two'));
    await answers('/a', 'two');
  });

  test('a file that is saved again unchanged is no change', async () => {
    const { write, serving, answers, said, err } = author(FILES);
    await serving();
    write('bff/word.ts', word('one'));
    write('bff/index.ts', `${BFF}// changed`);
    await said('applied: version 2 serves\n');
    await answers(PATH, answer('one'));
    expect(err()).toBe('applied: version 2 serves\n');
  });
});

test(
  'portico start loads a module once, and says where it has changed',
  { timeout: 60_000 },
  async () => {
    const { write, serving, get, child, out } = author(FILES, 'start');
    await serving();
    write('bff/index.ts', BFF.replace('({ word })', `({ word: 'two' })`));
    child.kill('SIGHUP');
    await expect.poll(out, { timeout: 20_000 }).toContain('config applied');
    expect(out()).toContain('the file has changed since it was loaded');
    expect(await get(PATH)).toBe(answer('one'));
  },
);
