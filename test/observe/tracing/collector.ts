/** A collector that takes OTLP as JSON and protobuf over HTTP, and by gRPC, and keeps what it gets. */
import { once } from 'node:events';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { startUpstream } from '../../helpers/upstream.ts';
import { decodeTraces } from './otlp-proto.ts';

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly doubleValue?: number;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
  readonly events?: readonly { readonly name: string; readonly timeUnixNano: string }[];
  readonly status?: { readonly code?: number };
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: OtlpSpan['attributes'] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export interface Got {
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client';
  readonly traceId: string;
  readonly id: string;
  readonly parentId: string | undefined;
  readonly start: number;
  readonly end: number;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly events: readonly string[];
  readonly isError: boolean;
  /** `trace span` of each. */
  readonly links: readonly string[];
}

const KINDS: Readonly<Record<number, Got['kind']>> = { 1: 'internal', 2: 'server', 3: 'client' };

const READERS: Readonly<Record<string, (body: Buffer) => unknown>> = {
  'application/json': (body) => JSON.parse(body.toString()),
  'application/x-protobuf': decodeTraces,
};

/** What a collector has got. */
class Store {
  readonly spans: Got[] = [];
  resource: Readonly<Record<string, unknown>> = {};

  take(body: unknown): void {
    for (const { resource, scopeSpans } of (body as OtlpRequest).resourceSpans) {
      this.resource = valuesOf(resource.attributes);
      this.spans.push(...scopeSpans.flatMap((each) => each.spans.map(read)));
    }
  }

  /** The spans below `parent`, in the order of their start. */
  below(parent: Got): Got[] {
    return this.spans
      .filter(({ parentId, traceId }) => parentId === parent.id && traceId === parent.traceId)
      .toSorted((a, b) => a.start - b.start);
  }

  roots(): Got[] {
    return this.spans.filter(({ kind }) => kind === 'server');
  }
}

/** Ends with its test. `answers` are its statuses, the last one for all that follow. */
export async function startCollector(...answers: readonly number[]) {
  const requests: { readonly path: string; readonly fields: Readonly<Record<string, unknown>> }[] =
    [];
  const store = new Store();
  const { url } = await startUpstream((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', fields: request.headers });
      const status = answers[Math.min(requests.length, answers.length) - 1] ?? 200;
      const type = request.headers['content-type'] ?? '';
      if (status === 200) store.take(READERS[type]!(Buffer.concat(chunks)));
      // As protobuf, that is an empty message.
      const empty = type === 'application/json' ? '{}' : '';
      response.writeHead(status, { 'content-type': type }).end(empty);
    });
  });
  return Object.assign(store, { url, requests });
}

const GRPC_PREFIX = 5;

/** The same by gRPC, without a library: one message of each call, after a flag and its length. Ends with its test. */
export async function startGrpcCollector() {
  const requests: { readonly path: string; readonly fields: Readonly<Record<string, unknown>> }[] =
    [];
  const store = new Store();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url, fields: request.headers });
      store.take(decodeTraces(Buffer.concat(chunks).subarray(GRPC_PREFIX)));
      response.writeHead(200, { 'content-type': 'application/grpc' });
      response.addTrailers({ 'grpc-status': '0' });
      response.end(Buffer.alloc(GRPC_PREFIX));
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return Object.assign(store, { url: `http://127.0.0.1:${port}`, requests });
}

const read = (span: OtlpSpan): Got => ({
  name: span.name,
  kind: KINDS[span.kind]!,
  traceId: span.traceId,
  id: span.spanId,
  parentId: span.parentSpanId === '' ? undefined : span.parentSpanId,
  start: Number(BigInt(span.startTimeUnixNano) / 1_000n),
  end: Number(BigInt(span.endTimeUnixNano) / 1_000n),
  attributes: valuesOf(span.attributes),
  events: (span.events ?? []).map(({ name }) => name),
  isError: span.status?.code === 2,
  links: (span.links ?? []).map(({ traceId, spanId }) => `${traceId} ${spanId}`),
});

const valuesOf = (attributes: OtlpSpan['attributes']): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue,
    ]),
  );
