/** What a route says of mirrors: services that get copies of its requests, and whose answers no client sees. */
import { z } from 'zod';
import type { WrittenAction } from '../config/actions.ts';
import type { CompareConfig, MirrorConfig } from '../config/build/mirror.ts';
import { defined } from '../config/build/upstream.ts';
import { checkSentPath, checkTarget } from '../config/check/template.ts';
import type { Finding } from '../config/fault.ts';
import {
  fieldName,
  memberPath,
  oneOrMore,
  percent,
  positiveDuration,
  shown,
  size,
} from '../config/schema/types.ts';
import { isMap } from '../config/yaml/tree.ts';
import { parseMemberPath } from '../core/member-path.ts';

const MAX_MS = 300_000;
const MAX_BODY = 1_048_576;

const share = () => z.number().min(0).max(100);

const body = () =>
  size().refine((bytes) => bytes > 0 && bytes <= MAX_BODY, 'must be between 1B and 1MiB');

const Promote = z
  .strictObject({
    mismatches: percent()
      .refine((part) => part <= 1, 'must be at most 100%')
      .prefault('0.1%')
      .describe('Largest share of answers that may differ.'),
    minimum: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(1_000)
      .describe(
        'So many answers must have been compared; what was compared before twice as many is forgotten.',
      ),
  })
  .describe('When `/mirrors` says `promote`. It changes nothing by itself.');

const Compare = z.strictObject({
  percent: share()
    .default(100)
    .describe('Share of the copied requests whose answers are compared.'),
  status: z.boolean().default(true).describe('Compare the status.'),
  headers: z
    .array(fieldName())
    .default(['content-type'])
    .describe('Header fields of the answer that are compared.'),
  body: z
    .union([z.enum(['json', 'bytes']), z.literal(false)])
    .default('json')
    .describe(
      'How bodies are compared, after decoding: as JSON if both are JSON, byte by byte, or not at all.',
    ),
  ignore: z
    .array(memberPath())
    .default([])
    .describe('Places of the JSON that are not compared, such as `updatedAt` or `items[].etag`.'),
  tolerance: z
    .record(memberPath(), z.number().min(0))
    .default({})
    .describe('Place → how much numbers there may differ.'),
  unordered: z
    .array(
      memberPath().refine((text) => text.endsWith('[]'), {
        error: (issue) => `${shown(issue.input)} must end with [], as in items[]`,
      }),
    )
    .default([])
    .describe('Members that may come in any order: `items[]`, or `[]` if the answer is a list.'),
  dates: z
    .array(memberPath())
    .default([])
    .describe('Texts that are compared as moments: `10:00:00Z` is `12:00:00.000+02:00`.'),
  maxBody: body()
    .prefault('64KiB')
    .describe('Longest body that is compared, before and after decoding; at most 1MiB.'),
  keep: z
    .int()
    .min(0)
    .max(1_000)
    .default(50)
    .describe('How many of the last answers that differed can be read on the admin port.'),
  showValues: z
    .boolean()
    .default(false)
    .describe(
      'Show values that differ there, and not only their types and lengths. Values whose names sound like a secret are never shown.',
    ),
  promote: Promote.prefault({}),
});

const OneMirror = z
  .strictObject({
    upstream: z.string().describe('The upstream that gets the copies.'),
    percent: share()
      .default(100)
      .describe('Share of the requests that are copied, chosen at random.'),
    rewrite: z
      .string()
      .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
      .optional()
      .describe("Path sent to the mirror, as in the route's `rewrite`; absent: the same path."),
    timeout: positiveDuration()
      .refine((ms) => ms <= MAX_MS, 'must be at most 5m')
      .prefault('5s')
      .describe("The mirror's whole exchange; the client's deadline does not apply to it."),
    unsafe: z
      .boolean()
      .default(false)
      .describe(
        'Copy requests with other methods than GET, HEAD and OPTIONS too: the mirror then does everything a second time.',
      ),
    maxBody: body()
      .prefault('64KiB')
      .describe('Requests with a longer body are not copied; at most 1MiB.'),
    concurrency: z
      .int()
      .min(1)
      .max(1_024)
      .default(16)
      .describe('Exchanges with the mirror open at once; further requests are not copied.'),
    compare: z
      .union([z.boolean(), Compare])
      .default(false)
      .describe("Compare the mirror's answers with the client's; `true` is all defaults."),
  })
  .describe('A service that gets copies of the requests.');

export const WrittenMirrors = oneOrMore(OneMirror).describe(
  'Services that get copies of the requests; clients neither see their answers nor wait for them.',
);

type ParsedMirror = z.output<typeof OneMirror>;

export const buildMirrors = (written: z.output<typeof WrittenMirrors>): MirrorConfig[] =>
  [written].flat().map(buildMirror);

function buildMirror({ compare, ...own }: ParsedMirror): MirrorConfig {
  return defined({
    upstream: own.upstream,
    share: own.percent / 100,
    rewrite: own.rewrite,
    timeoutMs: own.timeout,
    copiesUnsafe: own.unsafe,
    maxBodyBytes: own.maxBody,
    concurrency: own.concurrency,
    compare: buildCompare(compare),
  });
}

function buildCompare(written: ParsedMirror['compare']): CompareConfig | undefined {
  if (written === false) return undefined;
  const own = written === true ? Compare.parse({}) : written;
  const { ignore, tolerance, unordered, dates } = own;
  return {
    share: own.percent / 100,
    status: own.status,
    headers: own.headers,
    body: own.body === false ? 'none' : own.body,
    rules: {
      ignore: ignore.map(parseMemberPath),
      tolerance: Object.entries(tolerance).map(([place, by]) => [parseMemberPath(place), by]),
      unordered: unordered.map(parseMemberPath),
      dates: dates.map(parseMemberPath),
    },
    maxBodyBytes: own.maxBody,
    keep: own.keep,
    showsValues: own.showValues,
    promote: own.promote,
  };
}

/** Finds mirrors of nothing, of the primary itself, and the same one twice. */
export function* checkMirrors({ route, at, ...action }: WrittenAction): Generator<Finding> {
  const { mirror, upstream: primary } = route;
  const isList = Array.isArray(mirror);
  const seen = new Set<unknown>();
  for (const [i, each] of [mirror].flat().entries()) {
    if (!isMap(each)) continue;
    const path = [...at, 'mirror', ...(isList ? [i] : [])];
    yield* checkMirror(each, path, primary, action);
    if (seen.has(each['upstream'])) {
      yield { path: [...path, 'upstream'], message: 'gets copies of this route already' };
    }
    seen.add(each['upstream']);
  }
}

function* checkMirror(
  { upstream, rewrite }: Readonly<Record<string, unknown>>,
  path: Finding['path'],
  primary: unknown,
  { matches, checkUpstream }: Pick<WrittenAction, 'matches' | 'checkUpstream'>,
): Generator<Finding> {
  if (typeof upstream === 'string') yield* checkUpstream(upstream, [...path, 'upstream']);
  if (typeof rewrite === 'string') {
    yield* checkTarget(rewrite, [...path, 'rewrite'], matches);
    yield* checkSentPath(rewrite, [...path, 'rewrite']);
  } else if (typeof upstream === 'string' && upstream === primary) {
    const message = 'is the upstream that answers: it would get every request twice';
    yield { path: [...path, 'upstream'], message };
  }
}
