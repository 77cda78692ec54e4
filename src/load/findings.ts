/** What a gateway did with a load, from its metrics before and after. */
import { ERRORS, type ErrorCode } from '../core/errors.ts';
import { UNMATCHED } from '../edge/client-request.ts';
import { Exposition, type Sample } from './exposition.ts';
import type { CalledUpstream } from './gateway-order.ts';
import { connectionHint, hintFor, upstreamHint } from './hints.ts';

/** Requests that the gateway answered with an error of its own. */
export interface Refusal {
  readonly code: string;
  /** Of the answer; absent for a code that this version does not know. */
  readonly status?: number;
  readonly title?: string;
  readonly cause?: string;
  /** Absent where no route matched. */
  readonly route?: string;
  readonly count: number;
  /** What to turn; absent where there is nothing. */
  readonly hint?: string;
}

export interface UpstreamFinding {
  readonly name: string;
  /** By the status of the response, or the code of the failure. */
  readonly attempts: Readonly<Record<string, number>>;
  /** From the start of an attempt to its response head. */
  readonly meanMs: number;
  readonly retries: number;
  /** At the end, under load. */
  readonly slotsUsed: number;
  /** Absent where the config is not known. */
  readonly slots?: number;
  /** Calls that waited for a slot, at the end. */
  readonly waiting: number;
  /** At the end; absent where it is closed, or there is none. */
  readonly circuit?: string;
  /** Exchanges that a slow client had to give up. */
  readonly slotsGivenUp: number;
  readonly hint?: string;
}

/** Something else that was counted. */
export interface Notice {
  readonly text: string;
  readonly count: number;
  readonly hint?: string;
}

export interface Findings {
  readonly refusals: readonly Refusal[];
  readonly upstreams: readonly UpstreamFinding[];
  readonly notices: readonly Notice[];
}

export interface FindingsOptions {
  readonly before: string;
  readonly after: string;
  /** Of the config, where it is known. */
  readonly upstreams: readonly CalledUpstream[];
}

export function findingsIn({ before, after, upstreams }: FindingsOptions): Findings {
  const now = Exposition.read(after);
  const added = now.since(Exposition.read(before));
  const called = calledIn(added, now);
  return {
    refusals: refusalsIn(added, called),
    upstreams: called.map((name) =>
      upstreamFinding(name, added, now, upstreams.find((each) => each.name === name)?.concurrency),
    ),
    notices: [...noticesIn(added)],
  };
}

/** The upstreams that took part: they were called, or calls waited for them, or their circuit is open. */
function calledIn(added: Exposition, now: Exposition): string[] {
  const samples = [
    ...added.of('portico_upstream_requests_total'),
    ...now.of('portico_bulkhead_slots'),
    ...now.of('portico_bulkhead_queue'),
    ...now.of('portico_circuit_state'),
  ];
  return [...new Set(samples.map(({ labels }) => labels['upstream'] ?? ''))].toSorted();
}

function refusalsIn(added: Exposition, called: readonly string[]): Refusal[] {
  const upstream = called.length === 1 ? called[0]! : '<name>';
  return added
    .of('portico_errors_total')
    .toSorted((a, b) => b.value - a.value)
    .map(({ labels: { code = '', cause, route = UNMATCHED }, value }) => {
      const isMatched = route !== UNMATCHED;
      const hint = hintFor(code, { route: isMatched ? route : '<name>', upstream });
      return {
        code,
        ...aboutCode(code),
        ...(cause === undefined ? {} : { cause }),
        ...(isMatched ? { route } : {}),
        count: value,
        ...(hint === undefined ? {} : { hint }),
      };
    });
}

function aboutCode(code: string): { readonly status?: number; readonly title?: string } {
  if (!Object.hasOwn(ERRORS, code)) return {};
  const { status, title } = ERRORS[code as ErrorCode];
  return { status, title };
}

/** As `portico_circuit_state` has it. */
const CIRCUITS: Readonly<Record<number, string>> = { 1: 'half-open', 2: 'open', 3: 'forced' };

function upstreamFinding(
  name: string,
  added: Exposition,
  now: Exposition,
  slots: number | undefined,
): UpstreamFinding {
  const of = { upstream: name };
  const seconds = added.total('portico_upstream_duration_seconds_sum', of);
  const count = added.total('portico_upstream_duration_seconds_count', of);
  const waiting = now.total('portico_bulkhead_queue', of);
  const circuit = CIRCUITS[now.total('portico_circuit_state', of)];
  const hint = upstreamHint(name, { waiting, circuit });
  return {
    name,
    attempts: sumBy(
      added
        .of('portico_upstream_requests_total')
        .filter((each) => each.labels['upstream'] === name),
      'status',
    ),
    meanMs: count === 0 ? 0 : (seconds / count) * 1_000,
    retries: added.total('portico_upstream_retries_total', of),
    slotsUsed: now.total('portico_bulkhead_slots', of),
    ...(slots === undefined ? {} : { slots }),
    waiting,
    ...(circuit === undefined ? {} : { circuit }),
    slotsGivenUp: added.total('portico_slots_given_up_total', of),
    ...(hint === undefined ? {} : { hint }),
  };
}

function sumBy(samples: readonly Sample[], label: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { labels, value } of samples) {
    const key = labels[label] ?? '';
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

function* noticesIn(added: Exposition): Generator<Notice> {
  for (const { labels, value: count } of added.of('portico_connections_refused_total')) {
    const { limit = '' } = labels;
    const text = `connections closed at once, by the limit of ${limit}`;
    yield { text, count, hint: connectionHint(limit) };
  }
  for (const { labels, value: count } of added.of('portico_fallbacks_total')) {
    yield {
      text: `answers of route ${labels['route']} from its fallback: ${labels['reason']}`,
      count,
    };
  }
  for (const { labels, value: count } of added.of('portico_degraded_parts_total')) {
    yield {
      text: `parts missing from answers of route ${labels['route']}: ${labels['reason']}`,
      count,
    };
  }
  const dropped = added.total('portico_log_lines_dropped_total');
  if (dropped > 0) {
    yield {
      text: 'log lines dropped',
      count: dropped,
      hint: 'telemetry.logs.access: false writes fewer',
    };
  }
}
