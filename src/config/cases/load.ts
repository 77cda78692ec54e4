/** From a file of test cases to cases that can run, or to every fault of the file, each with its line. */
import { resolve } from 'node:path';
import type { z } from 'zod';
import { findingsOf } from '../check/issues.ts';
import { ConfigError, type Fault, type Finding, type Path, sortFaults } from '../fault.ts';
import type { Environment } from '../yaml/environment.ts';
import { readYamlFile, textOnDisk } from '../yaml/file.ts';
import { TextParser } from '../yaml/text-parser.ts';
import { caseFaults, referencesOf } from './check.ts';
import { type Case, CaseFile, readTarget, type Step } from './schema.ts';
import type { Answers, CaseRequest, CaseStep, TestCase, TestFile } from './test-case.ts';

type WrittenFile = z.output<typeof CaseFile>;
type WrittenStep = z.output<typeof Step>;
type WrittenRequest = NonNullable<WrittenStep['request']>;

/** Who asks, where a step does not say. */
interface Client extends Pick<WrittenStep, 'as' | 'listener'> {
  readonly address: string | undefined;
}

/**
 * Reads `file`; `${NAME}` in it stands for the environment's, as in a config.
 *
 * @throws {ConfigError} with every fault
 */
export async function loadCases(file: string, environment: Environment): Promise<TestFile> {
  const parser = new TextParser(environment);
  try {
    const read = await readYamlFile(resolve(file), parser, textOnDisk);
    const { tree } = read;
    if (tree === undefined) throw new ConfigError(sortFaults(read.faults));
    const parsed = CaseFile.safeParse(tree);
    const issues = parsed.success ? [] : parsed.error.issues;
    const findings = [...findingsOf(CaseFile, tree, issues), ...caseFaults(tree)];
    const faults = [...read.faults, ...findings.map((finding) => read.place(finding))];
    if (faults.length > 0 || !parsed.success) throw new ConfigError(sortFaults(faults));
    return {
      file,
      environment: parsed.data.environment,
      cases: parsed.data.cases.map((each, i) => caseOf(each, ['cases', i], parsed.data)),
      references: [...referencesOf(tree)],
      place: (finding: Finding): Fault => read.place(finding),
    };
  } finally {
    await parser.end();
  }
}

function caseOf(written: z.output<typeof Case>, at: Path, file: WrittenFile): TestCase {
  const { name, skip, random, steps } = written;
  const now = written.now ?? file.now;
  const client = { as: written.as ?? file.as, address: written.from, listener: written.listener };
  const only = { ...written, upstreams: {}, wait: undefined, times: 1 };
  return {
    name,
    at,
    ...(skip !== undefined && { skip }),
    ...(now !== undefined && { now }),
    ...(random !== undefined && { random }),
    upstreams: listed({ ...file.upstreams, ...written.upstreams }),
    steps:
      steps === undefined
        ? [stepOf(only, at, client)]
        : steps.map((step, i) => stepOf(step, [...at, 'steps', i], client)),
  };
}

function stepOf(
  { request, wait = 0, times, upstreams, expect, calls, ...own }: WrittenStep,
  at: Path,
  client: Client,
): CaseStep {
  const as = own.as ?? client.as;
  const listener = own.listener ?? client.listener;
  return {
    at,
    waitMs: wait,
    times,
    from: own.from ?? client.address ?? '127.0.0.1',
    upstreams: listed(upstreams),
    ...(request !== undefined && { request: requestOf(request) }),
    ...(as !== undefined && { as: typeof as === 'string' ? { consumer: as, claims: {} } : as }),
    ...(listener !== undefined && { listener }),
    ...(expect !== undefined && { expect }),
    ...(calls !== undefined && { calls }),
  };
}

function requestOf(written: WrittenRequest): CaseRequest {
  const {
    path,
    query = {},
    headers,
    body,
    ...given
  } = typeof written === 'string' ? { path: written, headers: {}, body: undefined } : written;
  // The schema has read it.
  const { method, url } = readTarget(path)!;
  const added = new URLSearchParams(
    Object.entries(query).flatMap(([name, values]) => [values].flat().map((each) => [name, each])),
  ).toString();
  const glue = added === '' ? '' : url.includes('?') ? '&' : '?';
  return {
    method: given.method ?? method ?? (body === undefined ? 'GET' : 'POST'),
    url: url + glue + added,
    headers,
    body,
  };
}

const listed = (answers: WrittenStep['upstreams']): Answers =>
  Object.fromEntries(Object.entries(answers).map(([name, given]) => [name, [given].flat()]));
