/** Checks that a subject does what its name says: a fast answer that is wrong would win. */
import { AssertionError, deepStrictEqual, ok, strictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, type Dispatcher, request } from 'undici';
import { TLS } from './place.ts';
import type { RunningSubject } from './server.ts';
import type { Job, Subject } from './subjects/subject.ts';

/** How long a line of the access log may take. */
const LOGGED_MS = 5_000;

/** @throws {Error} naming the subject; an {@link AssertionError} where it answers otherwise than it should */
export async function verify(
  { name, job }: Pick<Subject, 'name' | 'job'>,
  running: RunningSubject,
  token: string,
): Promise<void> {
  const agent = new Agent({
    allowH2: job.protocol === 'h2',
    connect: { ca: readFileSync(TLS.ca, 'utf8') },
  });
  try {
    await verifyAnswer(name, job, running.url, token, agent);
    await verifyRefusal(name, job, running.url, token, agent);
    if (running.logFile !== undefined) await verifyLog(name, running.logFile);
  } catch (error) {
    if (error instanceof AssertionError) throw error;
    throw new Error(`${name} cannot be asked: ${(error as Error).message}`, { cause: error });
  } finally {
    await agent.destroy();
  }
}

async function verifyAnswer(
  name: string,
  job: Job,
  origin: string,
  token: string,
  agent: Agent,
): Promise<void> {
  const { method, path, bodyBytes, expected } = job;
  const { statusCode, headers, body } = await request(origin + path, {
    dispatcher: agent,
    method,
    headers: headersOf(job, token),
    ...(bodyBytes > 0 ? { body: Buffer.alloc(bodyBytes, 'x') } : {}),
  });
  const bytes = Buffer.from(await body.arrayBuffer());
  strictEqual(statusCode, 200, `${name}: status`);
  if ('bytes' in expected.body) strictEqual(bytes.length, expected.body.bytes, `${name}: length`);
  else deepStrictEqual(JSON.parse(bytes.toString()), expected.body.json, `${name}: body`);
  for (const field of expected.fields) ok(field in headers, `${name}: no field ${field}`);
  if (bodyBytes > 0) strictEqual(headers['x-received'], String(bodyBytes), `${name}: received`);
}

/** Without its credential, a request must get 401. */
async function verifyRefusal(
  name: string,
  job: Job,
  origin: string,
  token: string,
  agent: Dispatcher,
): Promise<void> {
  const { credential } = job.expected;
  if (credential === undefined) return;
  const { [credential]: _left, ...headers } = headersOf(job, token);
  const { statusCode, body } = await request(origin + job.path, { dispatcher: agent, headers });
  await body.dump();
  strictEqual(statusCode, 401, `${name}: status without ${credential}`);
}

/** The request must be in the access log. */
async function verifyLog(name: string, file: string): Promise<void> {
  const until = performance.now() + LOGGED_MS;
  while (!readFileSync(file, 'utf8').includes('"route"')) {
    ok(performance.now() < until, `${name}: no line in its access log`);
    await sleep(20);
  }
}

const headersOf = ({ headers }: Job, token: string): Record<string, string> => ({
  accept: 'application/json',
  authorization: `Bearer ${token}`,
  ...headers,
});
