/** Compares the answer that a client got with what a test case expects. */
import type { Expectation, ExpectedFields } from '../../config/cases/test-case.ts';
import { formatDuration } from '../../config/schema/units.ts';
import type { Path } from '../../config/fault.ts';
import { matcherOf } from '../../config/cases/matchers.ts';
import type { CaseAnswer } from './client.ts';
import { compare, type Difference, NOTHING, shown } from './compare.ts';

const ERROR_TYPE = 'urn:portico:error:';

/** `took` is in milliseconds; `path` is where `expected` is written. */
export function* compareAnswer(
  { status, headers = {}, body, error, within }: Partial<Expectation>,
  answer: CaseAnswer,
  took: number,
  path: Path,
): Generator<Difference> {
  const isOther = status !== undefined && !isOfStatus(status, answer.status);
  if (isOther) {
    yield { path: [...path, 'status'], expected: String(status), got: String(answer.status) };
  }
  if (error !== undefined) {
    const got = errorIn(answer.body);
    if (got !== error)
      yield { path: [...path, 'error'], expected: error, got: got ?? 'no error of the gateway' };
  }
  yield* compareFields(headers, (name) => answer.headers.get(name), [...path, 'headers']);
  // The body of another status differs in everything.
  if (body !== undefined && !isOther) yield* compareBody(body, answer.body, [...path, 'body']);
  if (within !== undefined && took > within) {
    const expected = `at most ${formatDuration(within)}`;
    yield { path: [...path, 'within'], expected, got: formatDuration(Math.round(took)) };
  }
}

const isOfStatus = (wanted: number | string, status: number): boolean =>
  typeof wanted === 'number' ? wanted === status : Number(wanted[0]) === Math.floor(status / 100);

function errorIn(body: string): string | undefined {
  const document = jsonOf(body);
  const type: unknown =
    document === NOTHING ? undefined : (document as { type?: unknown } | null)?.type;
  return typeof type === 'string' && type.startsWith(ERROR_TYPE)
    ? type.slice(ERROR_TYPE.length)
    : undefined;
}

export function* compareFields(
  expected: ExpectedFields,
  valuesOf: (name: string) => readonly string[] | undefined,
  path: Path,
): Generator<Difference> {
  for (const [name, wanted] of Object.entries(expected)) {
    const values = valuesOf(name);
    const at = [...path, name];
    if (Array.isArray(wanted)) yield* compare(wanted, values ?? NOTHING, at);
    else yield* compare(wanted, values?.join(', ') ?? NOTHING, at);
  }
}

/** Text is compared with the text, everything else with its JSON. */
export function* compareBody(expected: unknown, body: string, path: Path): Generator<Difference> {
  if (body === '') yield* compare(expected, expected === '' ? '' : NOTHING, path);
  else if (isAboutText(expected)) yield* compare(expected, body, path);
  else {
    const json = jsonOf(body);
    if (json !== NOTHING) yield* compare(expected, json, path);
    else yield { path, expected: `JSON: ${shown(expected)}`, got: `no JSON: ${shown(body)}` };
  }
}

function isAboutText(expected: unknown): boolean {
  if (typeof expected === 'string') return true;
  const matcher = matcherOf(expected);
  if (matcher === undefined) return false;
  if (matcher.kind === 'includes') return typeof matcher.value === 'string';
  return matcher.kind !== 'exactly' && matcher.kind !== 'type';
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return NOTHING;
  }
}
