/** A trace as text: when each call and each attempt began, how long it took, and how it ended. */
import { visible } from '../../config/fault.ts';
import type { Tree } from '../../config/yaml/tree.ts';
import type { Trace } from '../../observe/trace.ts';
import type { TracedAttempt, TracedCall } from '../../observe/traced.ts';
import { colourOfStatus, painter, type Paint } from '../colours.ts';

export interface WaterfallOptions {
  /** Of the terminal; absent: 80. */
  readonly columns?: number | undefined;
  readonly isColoured: boolean;
}

/** What a gateway of ours sends is complete; anything else is no trace. */
export function isTrace(body: Tree): body is Tree & Trace {
  const { id, path, status, totalMs, calls } = body;
  const texts = [id, path].every((each) => typeof each === 'string');
  return texts && [status, totalMs].every(Number.isFinite) && Array.isArray(calls);
}

export function waterfall(trace: Trace, { columns = 80, isColoured }: WaterfallOptions): string[] {
  const paint = painter(isColoured);
  const rows = trace.calls.flatMap((call) => rowsOf(call, trace.totalMs));
  return [
    heading(trace, paint),
    ...about(trace).map(([title, text]) => `  ${title.padEnd(10)}${visible(text)}`),
    ...(rows.length === 0
      ? ['', '  no call was made']
      : ['', ...drawn(rows, trace.totalMs, columns, paint)]),
  ];
}

/** `GET /orders/7 → 502 GW_UPSTREAM_CONNECT (ECONNREFUSED)  12.3 ms` */
function heading({ method, path, status, code, cause, totalMs }: Trace, paint: Paint): string {
  const ending = [
    String(status),
    ...(code === undefined ? [] : [code]),
    ...(cause === undefined ? [] : [`(${cause})`]),
  ];
  const painted = paint(colourOfStatus(status), visible(ending.join(' ')));
  return `${visible(`${method} ${path}`)} → ${painted}  ${milliseconds(totalMs)}`;
}

function about(trace: Trace): [title: string, text: string][] {
  const {
    id,
    at,
    generation,
    route,
    endpoint,
    consumer,
    missing = [],
    bytesReceived,
    bytesSent,
    moreCalls,
  } = trace;
  return [
    ['id', id],
    ['at', `${at}, by generation ${generation}`],
    ['route', endpoint === undefined ? route : `${route}, endpoint ${endpoint}`],
    ...(consumer === undefined ? [] : [['consumer', consumer] as [string, string]]),
    ['bytes', `${bytesReceived} received, ${bytesSent} sent`],
    ...missing.map(({ name, reason }): [string, string] => ['missing', `${name}: ${reason}`]),
    ...(moreCalls === undefined
      ? []
      : [['calls', `${moreCalls} more were made`] as [string, string]]),
  ];
}

interface Row {
  readonly label: string;
  readonly startMs: number;
  readonly ms: number;
  /** Of an attempt: how much of it went by before there was a connection. */
  readonly connectMs?: number;
  readonly status: number | undefined;
  readonly ending: string;
  readonly isAttempt: boolean;
}

function rowsOf(call: TracedCall, totalMs: number): Row[] {
  const { purpose, name, upstream, startMs, queuedMs, attempts, moreAttempts } = call;
  const named = name === undefined ? upstream : `${purpose} ${name} → ${upstream}`;
  const own: Row = {
    label: named,
    startMs,
    ms: call.ms ?? totalMs - startMs,
    status: call.status,
    ending: [
      ...(purpose === 'forward' ? [] : [endingOf(call)]),
      ...(queuedMs > 0 ? [`queued ${milliseconds(queuedMs)}`] : []),
      ...(moreAttempts === undefined ? [] : [`${moreAttempts} more attempts`]),
    ].join('  '),
    isAttempt: false,
  };
  return [own, ...attempts.map((attempt) => rowOf(attempt, totalMs))];
}

/** One that was under way when the request ended lasted until then. */
function rowOf(attempt: TracedAttempt, totalMs: number): Row {
  const { target, startMs, connectMs, firstByteMs, failedMs, status } = attempt;
  return {
    label: `  ${target}`,
    startMs,
    ms: failedMs ?? firstByteMs ?? totalMs - startMs,
    ...(connectMs !== undefined && { connectMs }),
    status,
    ending: endingOf(attempt),
    isAttempt: true,
  };
}

const endingOf = ({ status, code, cause }: TracedAttempt | TracedCall): string =>
  `${status ?? code ?? 'under way'}${cause === undefined ? '' : ` (${cause})`}`;

const LABEL_COLUMNS = { least: 12, most: 38 } as const;
const MS_COLUMNS = 9;
/** The bar and what follows it. */
const BAR_COLUMNS = { least: 16, most: 48 } as const;

function drawn(rows: readonly Row[], totalMs: number, columns: number, paint: Paint): string[] {
  const longest = Math.max(...rows.map(({ label }) => label.length));
  const labels = clamp(longest, LABEL_COLUMNS.least, LABEL_COLUMNS.most);
  const endings = Math.max(...rows.map(({ ending }) => ending.length));
  const room = columns - labels - MS_COLUMNS - endings - 2 - 3 * 2;
  const width = clamp(room, BAR_COLUMNS.least, BAR_COLUMNS.most);
  return rows.map((row) => {
    const label = visible(fitted(row.label, labels)).padEnd(labels);
    const took = milliseconds(row.ms).padStart(MS_COLUMNS);
    const bar = barOf(row, totalMs, width);
    const ending =
      row.status === undefined
        ? row.ending
        : paint(colourOfStatus(row.status), visible(row.ending));
    return `  ${label}  ${bar}  ${took}  ${ending}`.trimEnd();
  });
}

/** `·` until the connection, `█` until the response head; a call is a line. */
function barOf(
  { startMs, ms, connectMs = 0, isAttempt }: Row,
  totalMs: number,
  width: number,
): string {
  const at = (moment: number): number =>
    totalMs <= 0 ? 0 : clamp(Math.round((moment / totalMs) * width), 0, width);
  const from = Math.min(at(startMs), width - 1);
  const to = Math.max(at(startMs + ms), from + 1);
  const connected = isAttempt ? clamp(at(startMs + connectMs), from, to - 1) : from;
  const drawnBar = '·'.repeat(connected - from) + (isAttempt ? '█' : '─').repeat(to - connected);
  return `${' '.repeat(from)}${drawnBar}`.padEnd(width);
}

/** The end of a long name says more than its beginning. */
const fitted = (text: string, most: number): string =>
  text.length <= most ? text : `…${text.slice(1 - most)}`;

const milliseconds = (ms: number): string => `${ms.toFixed(ms < 10 ? 2 : 1)} ms`;

const clamp = (value: number, least: number, most: number): number =>
  Math.min(Math.max(value, least), most);
