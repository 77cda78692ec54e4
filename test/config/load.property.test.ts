import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { ConfigError } from '../../src/config/fault.ts';
import { folderOf, load } from './config-files.ts';

const words = (text: string): readonly string[] => text.split(' ');

/** Words of the format, so that random configs get past its first line. */
const SECTIONS = words('version include server admin telemetry plugins upstreams defaults routes');
const KEYS = [
  ...SECTIONS,
  ...words(
    'host port limits body logs targets retry breaker on match path pathRegex methods hosts',
  ),
  ...words('headers upstream rewrite bff aggregate query redirect to respond jwt issuer rateLimit'),
  ...words('cors a b << __proto__ constructor module x.y 0'),
  '',
];
const TEXTS = [
  ...words(
    '1 5s 1MiB /a /{id} /a/* {a.b} ${X} $${ a orders ${file:/nowhere} ${X:-} ${ * [ (?<n>a)',
  ),
  ...words('GET consumer 5% http://a:1 \u0000'),
];
const scalar = fc.oneof(
  fc.constantFrom<unknown>(...TEXTS),
  fc.constantFrom<unknown>(1, 0, -1, 1.5, true, false, null, Infinity),
  fc.string({ maxLength: 8 }),
);
const { tree } = fc.letrec((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', maxDepth: 6 },
    scalar,
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...KEYS), tie('tree'), { maxKeys: 5 }),
  ),
}));
const config = fc.dictionary(fc.constantFrom(...SECTIONS), tree, { maxKeys: 6 });

/** What YAML is made of. */
const TOKENS = [
  ...words(', : { } [ ] " \' | > # --- ... @ ` null ~ version: routes: a: ${X} \ufeff'),
  'version: 1',
  'upstreams: ',
  ' ',
  '  ',
  '\n',
  '\n  ',
  '\n    ',
  '\t',
  '\r\n',
  '- ',
  '? ',
  '&a ',
  '*a',
  '<<: ',
  '!t ',
  '!!binary ',
  '%YAML 1.1\n',
];
const tokens = fc
  .array(fc.oneof(fc.constantFrom(...TOKENS), fc.string({ maxLength: 3 })), {
    maxLength: 40,
  })
  .map((parts) => parts.join(''));

/** Loads or refuses, with at least one fault, each of which is a line. */
async function loadsOrRefuses(file: string, text: string): Promise<void> {
  writeFileSync(file, text);
  try {
    await load(file, { X: 'value' });
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const { faults } = error as ConfigError;
    expect(faults.filter(({ severity }) => severity === 'error')).not.toEqual([]);
    for (const { line, column } of faults) {
      expect([line > 0, column > 0]).toEqual([true, true]);
    }
  }
}

/** `npm run fuzz` looks for longer. */
const RUNS = { numRuns: Number(process.env['FUZZ_RUNS'] ?? 300) };

test('any tree of known words loads, or is refused with faults', async () => {
  const file = join(folderOf({}), 'c.yaml');
  const texts = config.map((value) => stringify({ version: 1, ...value }));
  await fc.assert(
    fc.asyncProperty(texts, (text) => loadsOrRefuses(file, text)),
    RUNS,
  );
});

test('any text loads, or is refused with faults', async () => {
  const file = join(folderOf({}), 'c.yaml');
  const texts = fc.oneof(
    tokens,
    fc.string({ maxLength: 60 }),
    tokens.map((each) => `version: 1\n${each}`),
  );
  await fc.assert(
    fc.asyncProperty(texts, (text) => loadsOrRefuses(file, text)),
    RUNS,
  );
});
