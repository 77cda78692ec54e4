import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type JsonSchema, jsonSchema, plainJsonSchema } from '../../src/config/docs/json-schema.ts';
import { descriptionOf } from '../../src/config/docs/reference.ts';
import type { PluginSchema } from '../../src/config/schema/schema.ts';
import { ACTIONS } from '../../src/actions/index.ts';
import { BUILT_IN } from '../../src/assembly/modules.ts';

const PARTS = {
  plugins: new Map(BUILT_IN.map((plugin) => [plugin.name, plugin as PluginSchema])),
  actions: ACTIONS,
};
const COMMITTED = readFileSync('gateway.schema.json', 'utf8');

/** Checks as an editor does: YAML as it stands, no placeholder replaced. */
const validate = new Ajv({ strict: false, allErrors: true }).compile(
  JSON.parse(COMMITTED) as JsonSchema,
);
function editorFaults(text: string): string[] {
  validate(parse(text, { merge: true }));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

describe('gateway.schema.json', () => {
  test('is what `portico schema` writes', () => {
    expect(COMMITTED).toBe(`${JSON.stringify(jsonSchema(PARTS), undefined, 2)}\n`);
  });

  test('finds nothing wrong with gateway.config.yaml', () => {
    const text = readFileSync('gateway.config.yaml', 'utf8');
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\/gateway\.schema\.json\n/);
    expect(editorFaults(text)).toEqual([]);
  });

  test.each([
    ['server: { prot: 1 }', '/server must NOT have additional properties'],
    ['server: { limits: { body: 5 } }', '/server/limits/body must be string'],
    ['server: { limits: { body: 5KB } }', '/server/limits/body must match pattern'],
    ['telemetry: { logs: { level: loud } }', '/telemetry/logs/level must be equal to one of'],
    ['upstreams: { a: {} }', "/upstreams/a must have required property 'targets'"],
    ['upstreams: { 1a: { targets: [http://a] } }', '/upstreams must match pattern'],
    ['routes: { a: { match: {}, jwt: { isuer: x } } }', '/routes/a/jwt'],
    ['plugins: { mine: { header: x } }', "/plugins/mine must have required property 'module'"],
  ])('finds what is wrong with %s', (text, message) => {
    const faults = editorFaults(`version: 1\n${text}`);
    expect(faults.some((fault) => fault.startsWith(message))).toBe(true);
  });

  test('takes a placeholder wherever a value may stand', () => {
    const text = [
      'version: ${V:-1}',
      'server: { port: "${PORT}", host: "${HOST}", limits: { body: "${BODY:-1MiB}" } }',
      'telemetry: { logs: { level: "${LEVEL:-info}", access: "${ACCESS}" } }',
      'admin: "${ADMIN}"',
      'upstreams: { a: { targets: ["http://${A}:1"], balance: "${B}", breaker: { ratio: "${R}" } } }',
      'routes:',
      '  a:',
      '    match: { path: "/${BASE}/x", methods: ["${METHOD}"], hosts: ["${H}.example.com"] }',
      '    redirect: { to: "${TO}", status: "${STATUS}" }',
      '    rateLimit: { max: "${MAX}", window: "${W}", by: "${BY}" }',
    ].join('\n');
    expect(editorFaults(text)).toEqual([]);
  });
});

describe('the schema', () => {
  test('describes every option, so that editors and reference can', () => {
    const silent = [...options(plainJsonSchema(PARTS), '')]
      .filter(([, schema]) => descriptionOf(schema) === undefined)
      .map(([path]) => path);
    expect(silent).toEqual([]);
  });

  test('describes in sentences', () => {
    for (const [path, schema] of options(plainJsonSchema(PARTS), '')) {
      expect(descriptionOf(schema), path).toMatch(/^[A-Z`].*[.]$/s);
    }
  });

  test('tells the default of every duration and size that has one', () => {
    const { properties } = plainJsonSchema(PARTS).properties!['upstreams']!
      .additionalProperties as JsonSchema;
    const times = ['deadline', 'timeout', 'connectTimeout', 'idleTimeout'];
    expect(times.map((key) => properties?.[key]?.default)).toEqual(['15s', '10s', '1s', '30s']);
  });

  test('can be made for a plugin that JSON Schema has no words for', () => {
    const odd: PluginSchema = {
      settings: z.strictObject({ at: z.date().optional(), by: z.custom<() => void>() }),
      options: z.string().transform((text) => new Set(text)),
    };
    const { properties } = jsonSchema({ plugins: new Map([['odd', odd]]), actions: ACTIONS });
    expect(properties?.['plugins']?.properties?.['odd']).toMatchObject({
      description: 'Settings of the plugin odd.',
    });
  });
});

/** Every key of every map, with its path. */
function* options(schema: JsonSchema, path: string): Generator<readonly [string, JsonSchema]> {
  for (const [key, member] of Object.entries(schema.properties ?? {})) {
    yield [`${path}.${key}`, member];
    yield* options(member, `${path}.${key}`);
  }
  const { items, additionalProperties, anyOf = [] } = schema;
  for (const inner of [items, additionalProperties, ...anyOf]) {
    if (typeof inner === 'object') yield* options(inner, path);
  }
}
