/** The document that the demo publishes: whether it is one, and whether the gateway keeps to it. */
import { createConfig, lintFromString } from '@redocly/openapi-core';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, test } from 'vitest';
import { startDemo } from './demo.ts';
import { askForAll, documentOf, RUNS, servedBeside } from './demo-requests.ts';

describe('the document of the demo', () => {
  test('has no errors, for two validators', async () => {
    const document = await documentOf(await startDemo());
    const config = await createConfig({ extends: ['spec'] });
    const problems = await lintFromString({ source: JSON.stringify(document), config });
    expect(problems.map(({ message, location: [at] }) => `${at?.pointer} ${message}`)).toEqual([]);
    const validator = new Validator();
    const result = await validator.validate(structuredClone(document) as never);
    expect(result.errors ?? []).toEqual([]);
    expect([result.valid, validator.version]).toEqual([true, '3.1']);
  });

  test(`says how each of ${RUNS} requests is answered`, async () => {
    const { faults, read, succeeded } = await askForAll(await startDemo());
    expect(faults).toEqual([]);
    expect(succeeded).toBeGreaterThan(0.7 * read);
  }, 30_000);

  test('has all that is served: anything else is 404', async () => {
    expect(await servedBeside(await startDemo())).toEqual([]);
  });
});
