/** Compares the calls that upstreams got with those that a test case expects. */
import type { ExpectedCalls } from '../../config/cases/test-case.ts';
import { readTarget } from '../../config/cases/schema.ts';
import type { Path } from '../../config/fault.ts';
import { compareBody, compareFields } from './answer.ts';
import { compare, type Difference } from './compare.ts';
import { sayCall, type SeenCall } from './upstreams.ts';

type OfUpstream = Exclude<ExpectedCalls, 'none'>[string];
type Expected = Exclude<OfUpstream, 'none' | number | readonly unknown[]>;

/** `seen` are all calls, in order; `path` is where `expected` is written. */
export function* compareCalls(
  expected: ExpectedCalls,
  seen: readonly SeenCall[],
  path: Path,
): Generator<Difference> {
  if (expected === 'none') {
    yield* compareCount(0, seen, path);
    return;
  }
  for (const [name, wanted] of Object.entries(expected)) {
    const calls = seen.filter(({ upstream }) => upstream === name);
    yield* compareUpstream(wanted, calls, [...path, name]);
  }
}

function* compareUpstream(
  wanted: OfUpstream,
  calls: readonly SeenCall[],
  path: Path,
): Generator<Difference> {
  if (wanted === 'none' || typeof wanted === 'number') {
    yield* compareCount(wanted === 'none' ? 0 : wanted, calls, path);
    return;
  }
  const listed = [wanted].flat();
  if (listed.length !== calls.length) {
    yield* compareCount(listed.length, calls, path);
    return;
  }
  for (const [i, call] of calls.entries()) {
    const at = Array.isArray(wanted) ? [...path, i] : path;
    yield* compareCall(listed[i]!, call, at);
  }
}

function* compareCount(
  count: number,
  calls: readonly SeenCall[],
  path: Path,
): Generator<Difference> {
  if (calls.length === count) return;
  const list = calls.map((call) => `${sayCall(call)} of "${call.upstream}"`).join(', ');
  yield { path, expected: sayCount(count), got: sayCount(calls.length) + (list && `: ${list}`) };
}

const sayCount = (count: number): string =>
  count === 0 ? 'no call' : count === 1 ? '1 call' : `${count} calls`;

function* compareCall(expected: Expected, call: SeenCall, at: Path): Generator<Difference> {
  if (typeof expected === 'string') {
    const { method = call.method, url } = readTarget(expected)!;
    const got = sayCall(call);
    if (got !== `${method} ${url}`) yield { path: at, expected, got };
    return;
  }
  const { method, path, query = {}, headers = {}, body } = expected;
  if (method !== undefined) yield* compare(method, call.method, [...at, 'method']);
  if (path !== undefined) yield* compare(path, call.path, [...at, 'path']);
  const parameters = new URLSearchParams(call.query);
  yield* compareFields(query, listedOf(parameters), [...at, 'query']);
  yield* compareFields(headers, fieldOf(call), [...at, 'headers']);
  if (body !== undefined) yield* compareBody(body, call.body, [...at, 'body']);
}

const listedOf =
  (parameters: URLSearchParams) =>
  (name: string): readonly string[] | undefined =>
    parameters.has(name) ? parameters.getAll(name) : undefined;

const fieldOf =
  ({ headers }: SeenCall) =>
  (name: string): readonly string[] | undefined => {
    const value = headers[name];
    return value === undefined ? undefined : [value].flat();
  };
