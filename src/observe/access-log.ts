/**
 * One JSON line for each request: enough to say who asked what, what was called, and where the time
 * went. Authorization, cookies and query values are never in it.
 *
 * The lines are put together by hand, as pino would write them: an object for each, and pino's way through
 * its fields, would take several times as long.
 */
import type { CallRecord, MissingPart, RequestRecord, SplitRecord } from '../core/record.ts';
import type { StreamRecord } from '../core/stream-record.ts';
import { hundredths, numeral, quoted } from './json-text.ts';

/** A request of a client, as far as its line says. */
export interface AccessRecord {
  readonly id: string;
  readonly method: string;
  /** Canonical; empty where it could not be read. */
  readonly host: string;
  readonly path: string;
  readonly route: string;
  readonly endpoint: string;
  readonly trace: { readonly traceId: string } | undefined;
  readonly consumer: { readonly id: string } | undefined;
  readonly peer: { readonly address: string };
  readonly record: RequestRecord;
}

export type AccessLog = (
  exchange: AccessRecord,
  status: number,
  bytesSent: number,
  now: number,
) => void;

/** Part of a log such as pino's. */
export interface ObjectLog {
  info(fields: object, message: string): void;
}

/** Where lines go that are ready to be written. */
export interface Lines {
  /** Of the level `info`: whether such lines are written. */
  isWanted(): boolean;
  /** What all of them begin with: the level and the time, without a comma after them. */
  head(): string;
  write(line: string): void;
}

export const accessLines =
  (lines: Lines): AccessLog =>
  (...told) => {
    if (!lines.isWanted()) return;
    lines.write(`${lines.head()},${fieldsOf(...told)},"msg":"request"}\n`);
  };

/** For a log that was handed in: it gets an object, and makes of it what it does. */
export const accessObjects =
  (log: ObjectLog): AccessLog =>
  (...told) => {
    log.info(JSON.parse(`{${fieldsOf(...told)}}`) as object, 'request');
  };

/** The members of an object, without its braces. */
function fieldsOf(exchange: AccessRecord, status: number, bytesSent: number, now: number): string {
  const { id, method, host, path, route, endpoint, trace, consumer, peer, record } = exchange;
  return (
    `"requestId":${quoted(id)}` +
    (trace === undefined ? '' : `,"traceId":"${trace.traceId}"`) +
    `,"method":${quoted(method)}` +
    (host === '' ? '' : `,"host":${quoted(host)}`) +
    `,"path":${quoted(path)},"status":${numeral(status)},"route":${quoted(route)}` +
    (endpoint === '' ? '' : `,"endpoint":${quoted(endpoint)}`) +
    ofOutcome(record) +
    (consumer === undefined ? '' : `,"consumer":${quoted(consumer.id)}`) +
    `,"address":${quoted(peer.address)}` +
    ofCalls(record) +
    (record.split === undefined ? '' : ofSplit(record.split)) +
    (record.version === undefined ? '' : `,"version":${quoted(record.version)}`) +
    (record.stream === undefined ? '' : ofStream(record.stream)) +
    `,"totalMs":${hundredths(now - record.startedAt)}` +
    `,"bytesReceived":${numeral(record.bytesReceived)},"bytesSent":${numeral(bytesSent)}`
  );
}

const ofOutcome = ({ code, cause, missing }: RequestRecord): string =>
  (code === undefined ? '' : `,"code":${quoted(code)}`) +
  ofCause(cause) +
  (missing.length === 0 ? '' : `,"degraded":[${missing.map(ofMissing).join()}]`);

const ofMissing = ({ name, reason }: MissingPart): string => quoted(`${name};reason=${reason}`);

const ofSplit = ({ side, by }: SplitRecord): string => `,"split":${quoted(side)},"splitBy":"${by}"`;

/** Its bytes are the request's. Of answers, what the client sends is not told apart into messages. */
function ofStream({
  kind,
  code,
  endedBy = 'gateway',
  reason,
  received,
  sent,
}: StreamRecord): string {
  return (
    `,"stream":"${kind}"` +
    (typeof code === 'number' ? `,"closeCode":${numeral(code)}` : '') +
    `,"closedBy":"${endedBy}"` +
    (reason === undefined ? '' : `,"closeReason":${quoted(reason)}`) +
    (kind === 'websocket' ? `,"messagesReceived":${numeral(received.messages)}` : '') +
    `,"messagesSent":${numeral(sent.messages)}`
  );
}

/** The fields of the one call that answers the request stand by themselves. */
function ofCalls({ calls, uncounted }: RequestRecord): string {
  const forwarded = calls.find(isForwarded);
  const others = forwarded === undefined ? calls : calls.filter((call) => call !== forwarded);
  return (
    (forwarded === undefined ? '' : ofForwarded(forwarded)) +
    (others.length === 0 ? '' : `,"calls":[${others.map(ofCall).join()}]`) +
    (uncounted === 0 ? '' : `,"moreCalls":${uncounted}`)
  );
}

const isForwarded = ({ purpose }: CallRecord): boolean => purpose === 'forward';

function ofForwarded(call: CallRecord): string {
  const { queuedMs, lastAttempt } = call;
  return (
    `,${ofTarget(call)}${ofAttempts(call)},"queueMs":${hundredths(queuedMs)}` +
    `,"connectMs":${hundredths(lastAttempt?.connectMs ?? 0)}` +
    `,"firstByteMs":${hundredths(lastAttempt?.firstByteMs ?? 0)}`
  );
}

/** Of a part, or of a call that a plugin made. */
function ofCall(call: CallRecord): string {
  const { purpose, name, ending, cause, ms } = call;
  return (
    `{"${purpose}":${quoted(name)},${ofTarget(call)}${ofEnding(ending)}${ofCause(cause)}` +
    `${ofAttempts(call)},"ms":${hundredths(ms)}}`
  );
}

function ofTarget({ upstream, lastAttempt }: CallRecord): string {
  const named = `"upstream":${quoted(upstream)}`;
  return lastAttempt === undefined ? named : `${named},"target":${quoted(lastAttempt.target)}`;
}

const ofAttempts = ({ attempts, firstEnding }: CallRecord): string =>
  `,"attempts":${attempts.length}` +
  (firstEnding === undefined ? '' : `,"firstAttempt":${quoted(String(firstEnding))}`);

/** One that was still under way has neither. */
function ofEnding(ending: CallRecord['ending']): string {
  if (ending === undefined) return '';
  return typeof ending === 'number' ? `,"status":${numeral(ending)}` : `,"code":${quoted(ending)}`;
}

const ofCause = (cause: string | undefined): string =>
  cause === undefined ? '' : `,"cause":${quoted(cause)}`;
