import { describe, expect, test } from 'vitest';
import { run } from './run.ts';

/** What is said, on standard error alone, with exit code 2. */
async function said(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await run(args);
  expect([code, out]).toEqual([2, []]);
  return err.join('\n');
}

describe('a command line that is wrong', () => {
  test.each([
    [['validat'], `error: unknown command 'validat'; did you mean "validate"?`],
    [['VALIDATE'], `error: unknown command 'VALIDATE'; did you mean "validate"?`],
    [['hlep'], `error: unknown command 'hlep'; did you mean "help"?`],
    [['helpp', 'audit'], `error: unknown command 'helpp'; did you mean "help"?`],
    [['serve'], `error: unknown command 'serve'; see portico --help`],
    [['--verison'], `error: unknown option '--verison'; did you mean "--version"?`],
    [['validate', '--jsno'], `error: unknown option '--jsno'; did you mean "--json"?`],
    [['validate', '--confg=x'], `error: unknown option '--confg'; did you mean "--config"?`],
    [['validate', '--port'], `error: unknown option '--port'; see portico validate --help`],
    [
      ['completion'],
      `error: missing required argument 'shell': bash, zsh, fish; see portico completion --help`,
    ],
  ] as const)('%j is answered with what is right', async (args, message) => {
    expect(await said(...args)).toBe(message);
  });

  test.each([
    [['audit', '--fail-on', 'hihg'], 'high'],
    [['completion', 'fihs'], 'fish'],
    [['load', '--method', 'PSOT', '--path', '/'], 'POST'],
  ] as const)('%j gets the nearest choice', async (args, choice) => {
    expect(await said(...args)).toContain(`Did you mean "${choice}"?`);
  });

  test('says how the config is named where it is not there', async () => {
    expect(await said('validate', 'my.yaml')).toContain('portico validate --config my.yaml');
  });

  test('may lack what an option needs', async () => {
    expect(await said('validate', '--config')).toContain("'-c, --config <file>' argument missing");
  });

  test.each([
    [['history', '--token', 'hunter2 hunter2']],
    [['history', '--tokne=hunter2']],
    [['load', '--path', '/', '--header', 'authorization hunter2']],
    [['load', '--url', 'http://me:hunter2@127.0.0.1/']],
    [['history', '--admin', 'http://me:hunter2@127.0.0.1/']],
  ])('%j does not repeat what may be secret', async (args) => {
    expect(await said(...args)).not.toContain('hunter2');
  });
});
