import { expect, test } from 'vitest';
import { faultsOf } from '../config/config-files.ts';

/** The faults of `validate.body`, with their line and column in it. */
async function faultsIn(...body: readonly string[]): Promise<string[]> {
  const head = [
    'version: 1',
    'routes:',
    '  a:',
    '    match: { path: /* }',
    '    respond: {}',
    '    validate:',
    '      body:',
  ];
  const faults = await faultsOf([...head, ...body.map((line) => `        ${line}`)].join('\n'));
  return faults.map((fault) =>
    fault.replace(/^c\.yaml:(\d+):(\d+) {2}routes\.a\.validate\.body/, (_all, line, column) =>
      [`${Number(line) - head.length}:${Number(column) - 8} `].join(''),
    ),
  );
}

const IS_NONE = 'is not a JSON Schema: ';

test.each([
  [
    ['requird: [n]', 'type: object'],
    '1:1 .requird: is not a JSON Schema keyword; did you mean "required"?',
  ],
  [
    ['type: object', 'properties:', '  m: { type: string, minLenght: 3 }'],
    '3:22 .properties.m.minLenght: is not a JSON Schema keyword; did you mean "minLength"?',
  ],
  [['type: object', 'nonsense: 1'], '2:1 .nonsense: is not a JSON Schema keyword'],
  [
    ['type: array', 'items: { type: [string, nul] }'],
    /^2:25 \.items\.type\[1\]: is not a JSON Schema: must be one of array,/,
  ],
  [
    ['type: object', 'properties: { m: { type: string, format: emial } }'],
    `2:42 .properties.m.format: ${IS_NONE}unknown format "emial"`,
  ],
  [
    ['type: object', 'properties: { m: { $ref: "#/definitions/none" } }'],
    `2:26 .properties.m.$ref: ${IS_NONE}can't resolve reference #/definitions/none from id #`,
  ],
  [
    ['type: object', 'properties: { m: { minLength: 3 } }'],
    `2:31 .properties.m.minLength: ${IS_NONE}missing type "string" for keyword "minLength"`,
  ],
  [
    ['type: object', 'properties: { "a/b%~": { type: string, pattern: "(" } }'],
    /^2:49 \.properties\.a\/b%~\.pattern: is not a JSON Schema: pattern "\("/,
  ],
  [
    ['type: object', 'patternProperties: { "(": true }'],
    /^2:27 \.patternProperties\.\(: is not a JSON Schema: pattern "\("/,
  ],
  [
    ['allOf: [{ type: string }, { if: { type: string } }]'],
    `1:29 .allOf[1].if: ${IS_NONE}"if" without "then" and "else" is ignored`,
  ],
  [
    ['type: object', 'properties: { m: { type: array, prefixItems: [{ type: string }] } }'],
    /^2:46 \.properties\.m\.prefixItems: is not a JSON Schema: "prefixItems" is 1-tuple/,
  ],
  [['$ref: "#"'], `1:7 .$ref: ${IS_NONE}"#" refers to itself, so no value could ever be checked`],
])('points at the word of a schema that is wrong: %j', async (body, fault) => {
  const [first, ...others] = await faultsIn(...body);
  if (typeof fault === 'string') expect(first).toBe(fault);
  else expect(first).toMatch(fault);
  expect(others).toEqual([]);
});

test('every word that is no keyword is told', async () => {
  expect(await faultsIn('type: object', 'requird: [n]', 'propertys: {}')).toEqual([
    '2:1 .requird: is not a JSON Schema keyword; did you mean "required"?',
    '3:1 .propertys: is not a JSON Schema keyword; did you mean "properties"?',
  ]);
});

test.each(['enum: [{ requird: 1 }]', 'const: { a: { requird: 1 } }', 'default: { requird: 1 }'])(
  'what is data in a schema is no keyword: %s',
  async (line) => {
    expect(await faultsIn(line)).toEqual([]);
  },
);

test('a property may be called anything', async () => {
  expect(await faultsIn('type: object', 'properties: { requird: { type: string } }')).toEqual([]);
});
