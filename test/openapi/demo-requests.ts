/** Requests of all kinds to a demo, and whether its document says how they are answered. */
import fc from 'fast-check';
import type { WrittenDocument, WrittenOperation } from '../../src/openapi/document.ts';
import { AnswerJudge } from './answers.ts';
import type { Demo } from './demo.ts';

/** Each more is a request. */
export const RUNS = 500;
const AT_ONCE = 8;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Readonly<Record<string, unknown>>;
}

interface Asked {
  readonly method: string;
  readonly template: string;
  readonly operation: WrittenOperation;
}

const KNOWN = ['p1', 'p24', 'u1', 'u8', '41', '42', '52'];
const JUNK = ['', '0', '-1', '3', '101', 'true', 'ä', 'a b', '%', '{}', 'audio', '1e9'];

/** What may stand in a path: an empty segment or a dot segment would be another path. */
const segment = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...KNOWN) },
  { weight: 1, arbitrary: fc.string({ minLength: 1, maxLength: 12 }) },
);
const junk = fc.oneof(fc.constantFrom(...JUNK), fc.string({ maxLength: 12 }));

const body = fc.oneof(
  fc.constant({ customerId: 'u1', lines: [{ productId: 'p1', quantity: 2 }] }),
  fc.record({
    customerId: fc.constantFrom('u1', 'u8', 'u9'),
    lines: fc.array(
      fc.record({ productId: fc.constantFrom('p1', 'p25'), quantity: fc.integer({ max: 120 }) }),
      { maxLength: 3 },
    ),
  }),
  fc.jsonValue(),
);

/** A request for an operation: mostly one that makes sense. */
const requestFor = ({ method, template, operation }: Asked) =>
  fc.record({
    path: fc
      .array(segment, { minLength: 3, maxLength: 3 })
      .map((values) => template.replaceAll(/\{[^{}]+\}/g, () => encodeSegment(values.pop()!))),
    query: fc
      .record(
        Object.fromEntries(
          parametersOf(operation, 'query').map(({ name }) => [name, junk] as const),
        ),
        { requiredKeys: [] },
      )
      .map((values) => new URLSearchParams(values as Record<string, string>).toString()),
    credentials: fc.constantFrom('token', 'token', 'token', 'none', 'bad'),
    type: fc.constantFrom('application/json', 'application/json', 'text/csv'),
    body: method === 'post' ? fc.option(body, { nil: undefined }) : fc.constant(undefined),
    method: fc.constant(method),
    operation: fc.constant(operation),
    name: fc.constant(`${method} ${template}`),
  });

const goodRequest = ({ method, template, operation }: Asked, id: string) => ({
  path: template.replaceAll(/\{[^{}]+\}/g, id),
  query: '',
  credentials: 'token',
  type: 'application/json',
  body:
    method === 'post' ? { customerId: 'u1', lines: [{ productId: 'p1', quantity: 2 }] } : undefined,
  method,
  operation,
  name: `${method} ${template}`,
});

/** Dots alone, slashes and what every server refuses are no data of a segment. */
const encodeSegment = (text: string): string =>
  encodeURIComponent(text.replaceAll(/[/\\;\p{Cc}\ud800-\udfff]/gu, '-').replace(/^\.+$/, 'dots'));

const parametersOf = ({ parameters = [] }: WrittenOperation, place: string): Parameter[] =>
  (parameters as Parameter[]).filter((one) => one.in === place);

export async function documentOf({ url }: Demo): Promise<WrittenDocument> {
  const response = await fetch(`${url}/openapi.json`);
  return (await response.json()) as WrittenDocument;
}

const operationsOf = ({ paths }: WrittenDocument): Asked[] =>
  Object.entries(paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ method, template, operation })),
  );

/** All of `work`, so many at once. */
async function each<T>(list: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = [...list];
  const worker = async (): Promise<void> => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) await work(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

export interface Kept {
  /** Answers that the document does not have. */
  readonly faults: readonly string[];
  /** How many operations that read there are, and how many of them have succeeded. */
  readonly read: number;
  readonly succeeded: number;
}

/** Sends generated requests, and compares what they are answered with the document. */
export async function askForAll(demo: Demo): Promise<Kept> {
  const document = await documentOf(demo);
  const judge = new AnswerJudge(document.components.schemas);
  const operations = operationsOf(document);
  const faults: string[] = [];
  const seen = new Map<string, number>();
  const requests = [
    ...fc.sample(
      fc.constantFrom(...operations).chain((asked) => requestFor(asked)),
      RUNS,
    ),
    // The last are the first to be sent.
    ...operations.flatMap((asked) => KNOWN.map((id) => goodRequest(asked, id))),
  ];
  await each(requests, async ({ path, query, credentials, type, body: sent, ...asked }) => {
    const headers: Record<string, string> = {};
    if (credentials !== 'none') {
      headers['authorization'] = `Bearer ${credentials === 'token' ? demo.token : 'no.token.it'}`;
    }
    if (sent !== undefined) headers['content-type'] = type;
    const response = await fetch(`${demo.url}${path}${query === '' ? '' : `?${query}`}`, {
      method: asked.method.toUpperCase(),
      headers,
      redirect: 'manual',
      ...(sent !== undefined && { body: JSON.stringify(sent) }),
    });
    const text = await response.text();
    const { status } = response;
    seen.set(`${asked.name} ${status}`, (seen.get(`${asked.name} ${status}`) ?? 0) + 1);
    const answered = { status, type: response.headers.get('content-type'), text };
    const fault = judge.fault(asked.operation['responses'] as never, answered);
    if (fault !== undefined) faults.push(`${asked.name} (${path}?${query}): ${fault}`);
  });
  // Most are reached: others want a body or a query of their own.
  const read = operations.filter(({ method }) => method === 'get');
  const succeeded = read.filter(({ method, template }) =>
    [...seen.keys()].some((key) => /^[23]/.test(key.replace(`${method} ${template} `, ''))),
  );
  return { faults, read: read.length, succeeded: succeeded.length };
}

/** Paths that the document does not have, and that are answered with something else than 404. */
export async function servedBeside(demo: Demo): Promise<readonly string[]> {
  const document = await documentOf(demo);
  const own = ['/openapi.json', '/docs'];
  const patterns = Object.keys(document.paths).map(
    (template) =>
      new RegExp(
        `^${template
          .replace('{path}', '.*')
          .replaceAll(/\{[^{}]+\}/g, '[^/]+')
          .replaceAll('.', '\\.')
          .replaceAll('\\.*', '.*')}/?$`,
      ),
  );
  const words = [...new Set(Object.keys(document.paths).flatMap((path) => path.split('/')))];
  const paths = fc
    .array(fc.oneof(fc.constantFrom(...words.filter((word) => /^\w+$/.test(word))), segment), {
      minLength: 1,
      maxLength: 5,
    })
    .map((parts) => `/${parts.map(encodeSegment).join('/')}`)
    .filter((path) => !own.includes(path) && !/^\/home(\/|$)/.test(path))
    .filter((path) => !patterns.some((pattern) => pattern.test(path)));
  const wrong: string[] = [];
  await each(fc.sample(paths, 200), async (path) => {
    const headers = {
      authorization: `Bearer ${demo.token}`,
      'x-api-key': 'demo-gold-key-9b7e35c0',
    };
    const { status } = await fetch(demo.url + path, { headers });
    if (status !== 404) wrong.push(`${path} ${status}`);
  });
  return wrong;
}
