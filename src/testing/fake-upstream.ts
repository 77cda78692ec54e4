/** Upstreams as functions, and the requests that they got. */
import { text as textOf } from 'node:stream/consumers';
import { Body } from '../core/body.ts';
import type { Call, UpstreamRequest } from '../core/call.ts';
import type { Headers } from '../core/headers.ts';

/** What a fake upstream answers. */
export interface FakeAnswer {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Headers;
  /** Bytes and text as they are, everything else as JSON. */
  readonly body?: unknown;
}

/** What a fake upstream is sent, by one attempt of a call. */
export interface FakeRequest extends UpstreamRequest {
  /**
   * The body. The body of a forwarded request is a stream: read it before the upstream answers; later calls
   * return the same text.
   */
  text(): Promise<string>;
  /** The body, parsed as JSON. */
  json(): Promise<unknown>;
}

/** An upstream as a function; what it throws is the failure of the attempt. */
export type FakeUpstream = (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer>;

/** The call that asks `upstream` instead of the network; `onSeen` gets each request first. */
export function fakeCall(upstream: FakeUpstream, onSeen: (request: FakeRequest) => void): Call {
  return async (sent) => {
    const target = `http://${sent.upstream}.invalid`;
    sent.record.attempt(sent.upstream, target, sent);
    const request = readable(sent);
    onSeen(request);
    const { status = 200, headers = {}, body } = await unlessCancelled(request, upstream);
    const isJson = body !== undefined && typeof body !== 'string' && !(body instanceof Uint8Array);
    const bytes = isJson ? JSON.stringify(body) : (body ?? '');
    return {
      status,
      headers: { ...(isJson ? { 'content-type': 'application/json' } : {}), ...headers },
      body: Body.of(bytes),
      target,
    };
  };
}

function readable(sent: UpstreamRequest): FakeRequest {
  let read: Promise<string> | undefined;
  const text = (): Promise<string> => (read ??= bodyText(sent.body));
  return { ...sent, text, json: async () => JSON.parse(await text()) as unknown };
}

async function bodyText(body: UpstreamRequest['body']): Promise<string> {
  if (body === undefined) return '';
  return body instanceof Uint8Array ? Buffer.from(body).toString() : textOf(body.open());
}

/** What `upstream` answers, or why the call was given up meanwhile: a real one ends like that. */
function unlessCancelled(request: FakeRequest, upstream: FakeUpstream): Promise<FakeAnswer> {
  return new Promise((resolve, reject) => {
    request.signal.throwIfCancelled();
    const listener = { onCancel: reject };
    request.signal.listen(listener);
    Promise.resolve(upstream(request))
      .finally(() => request.signal.unlisten(listener))
      .then(resolve, reject);
  });
}
