/** The configs of the bench: all of them start, and the installed programs do their jobs with theirs. */
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test } from 'vitest';
import { here } from '../../bench/place.ts';
import { Processes } from '../../bench/processes.ts';
import { locate, PROGRAMS } from '../../bench/programs.ts';
import { routesConfig } from '../../bench/routes-config.ts';
import { startProgram } from '../../bench/start-program.ts';
import { job } from '../../bench/subjects/subject.ts';
import { verify } from '../../bench/verify.ts';

const ENV = { UPSTREAM: 'http://127.0.0.1:4001', ISSUER: 'http://127.0.0.1:4002' };

function aFolder(): string {
  const path = mkdtempSync(join(tmpdir(), 'portico-configs-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}

/** Rejects with what it prints where there is a fault. */
const validate = (config: string) =>
  promisify(execFile)(process.execPath, ['src/main.ts', 'validate', '--config', config], {
    env: { ...process.env, ...ENV },
  });

describe('a config of Portico', () => {
  test.each(globSync(here('configs/*.yaml')).map((file) => file.split('/').at(-1)!))(
    '%s is valid',
    async (file) => {
      await expect(validate(here(`configs/${file}`))).resolves.toBeDefined();
    },
  );

  test('is generated with as many routes as were asked for, and the one that is measured', async () => {
    const file = join(aFolder(), 'routes.yaml');
    writeFileSync(file, routesConfig(50));

    await expect(validate(file)).resolves.toBeDefined();
    expect(readFileSync(file, 'utf8').match(/ match: /g)).toHaveLength(50);
    expect(routesConfig(50)).toContain('/api/orders/*');
  });
});

describe.each(PROGRAMS)('%s', (program) => {
  test.skipIf(locate(program) === undefined).each([
    ['http', false],
    ['https', true],
    ['h2', true],
  ] as const)('answers by %s with its config', async (protocol, isSecure) => {
    const processes = new Processes();
    onTestFinished(() => processes.stop());
    const base = { cores: undefined, folder: aFolder() };
    const command = [here('upstream.ts')];
    const { url } = await processes.serve({ ...base, name: 'upstream', command });
    const served = await startProgram(processes, {
      ...base,
      name: program,
      program,
      env: { UPSTREAM: url },
      isSecure,
    });

    const subject = { name: program, job: job({ protocol }) };
    await verify(subject, { ...served, logFile: undefined }, 'token');
    const upload = job({ protocol, method: 'POST', bodyBytes: 2_000_000 });
    await verify({ name: program, job: upload }, { ...served, logFile: undefined }, 'token');
  });
});

test('a program that does not start says why', async () => {
  const processes = new Processes();
  onTestFinished(() => processes.stop());
  const words = ['sh', '-c', 'echo no such directive >&2; exit 1'];
  const started = processes.serveAt('http://127.0.0.1:1', { name: 'x', words, cores: undefined });

  await expect(started).rejects.toThrow('x ended before it served no such directive');
});
