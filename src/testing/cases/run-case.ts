/** Runs a test case: its steps, one after the other, in a gateway of its own. */
import type { Fault } from '../../config/fault.ts';
import { formatPath, type Path } from '../../config/fault.ts';
import type { CaseStep, TestCase, TestFile } from '../../config/cases/test-case.ts';
import { compareAnswer } from './answer.ts';
import { compareCalls } from './calls.ts';
import { CaseGateway, type CaseGatewayOptions } from './case-gateway.ts';
import type { CaseAnswer } from './client.ts';
import type { Difference } from './compare.ts';

/** One expectation that was not met. */
export interface Failure {
  readonly place: Fault;
  /** `expect.body.name`, from the case or its step. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

export interface CaseResult {
  readonly file: string;
  readonly name: string;
  /** From 1. */
  readonly line: number;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  /** Why it is not run. */
  readonly skip?: string;
  /** It took so many real milliseconds. */
  readonly ms: number;
  readonly failures: readonly Failure[];
  /** What may explain them: answers, and what the gateway logged. */
  readonly notes: readonly string[];
}

export async function runCase(
  test: TestCase,
  file: TestFile,
  options: CaseGatewayOptions,
): Promise<CaseResult> {
  const startedAt = performance.now();
  const run = new CaseRun(file, test);
  if (test.skip === undefined) await run.run(options);
  return run.result(performance.now() - startedAt);
}

class CaseRun {
  readonly #file: TestFile;
  readonly #test: TestCase;
  readonly #failures: Failure[] = [];
  readonly #notes: string[] = [];

  constructor(file: TestFile, test: TestCase) {
    this.#file = file;
    this.#test = test;
  }

  /** @throws {ConfigError} when the config has faults */
  async run(options: CaseGatewayOptions): Promise<void> {
    const gateway = await CaseGateway.start(this.#test, options);
    try {
      for (const step of this.#test.steps) {
        await this.#step(step, gateway);
        // What follows would only tell the same again.
        if (this.#failures.length > 0) break;
      }
      if (this.#failures.length > 0) this.#notes.push(...gateway.notes);
    } finally {
      await gateway.close();
    }
  }

  result(ms: number): CaseResult {
    const { name, at, skip } = this.#test;
    const failed = this.#failures.length > 0;
    return {
      file: this.#file.file,
      name,
      line: this.#file.place({ path: [...at, 'name'], message: '' }).line,
      outcome: skip === undefined ? (failed ? 'failed' : 'passed') : 'skipped',
      ...(skip !== undefined && { skip }),
      ms,
      failures: this.#failures,
      notes: this.#notes,
    };
  }

  async #step(step: CaseStep, gateway: CaseGateway): Promise<void> {
    const { request, times, waitMs, upstreams } = step;
    gateway.upstreams.give(upstreams);
    if (waitMs > 0) await gateway.time.pass(waitMs);
    if (request === undefined) return;
    for (let count = 1; count <= times; count += 1) {
      const which = times === 1 ? '' : ` (request ${count} of ${times})`;
      const answer = await this.#answerTo(request, step, gateway, which);
      if (this.#failures.length === 0) continue;
      if (answer !== undefined) this.#notes.push(described(answer));
      return;
    }
  }

  async #answerTo(
    request: NonNullable<CaseStep['request']>,
    step: CaseStep,
    gateway: CaseGateway,
    which: string,
  ): Promise<CaseAnswer | undefined> {
    const { time, upstreams } = gateway;
    const { at, expect = {}, calls } = step;
    const tell = (difference: Difference): void => this.#tell(difference, at, which);
    const startedAt = time.now;
    let answer: CaseAnswer | undefined;
    try {
      answer = await gateway.send(request, step);
      const took = time.now - startedAt;
      for (const each of compareAnswer(expect, answer, took, [...at, 'expect'])) tell(each);
    } catch (error) {
      const got = reasonOf(error);
      tell({ path: [...at, 'request'], expected: 'an answer', got });
    }
    for (const call of upstreams.takeUnanswered()) {
      const expected = 'an answer for each call';
      tell({ path: [...at, 'upstreams'], expected, got: `none for ${call}` });
    }
    const seen = upstreams.takeSeen();
    if (calls !== undefined) {
      for (const each of compareCalls(calls, seen, [...at, 'calls'])) tell(each);
    }
    return answer;
  }

  #tell({ path, expected, got }: Difference, step: Path, which: string): void {
    const { at } = this.#test;
    const what = formatPath(path.slice(at.length)) + which;
    const place = this.#file.place({ path, message: '' });
    this.#failures.push({ place, what: what || formatPath(step), expected, got });
  }
}

const MOST_SHOWN = 500;

function described({ status, headers, body }: CaseAnswer): string {
  const type = headers.get('content-type')?.join() ?? 'no content type';
  const text = body.length > MOST_SHOWN ? `${body.slice(0, MOST_SHOWN)}…` : body;
  return `the answer: ${status}, ${type}${text === '' ? ', no body' : `: ${text}`}`;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ECONNRESET' ? 'none: the connection was closed' : message;
}
