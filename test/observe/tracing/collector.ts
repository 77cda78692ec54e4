/** A collector that takes OTLP as JSON over HTTP, and keeps what it gets. */
import { startUpstream } from '../../helpers/upstream.ts';

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
  readonly status: { readonly code: number };
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
}

const KINDS: Readonly<Record<number, Got['kind']>> = { 1: 'internal', 2: 'server', 3: 'client' };

/** Ends with its test. `answers` are its statuses, the last one for all that follow. */
export async function startCollector(...answers: readonly number[]) {
  const requests: { readonly path: string; readonly fields: Readonly<Record<string, unknown>> }[] =
    [];
  const spans: Got[] = [];
  let resource: Readonly<Record<string, unknown>> = {};
  const { url } = await startUpstream((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      requests.push({ path: request.url ?? '', fields: request.headers });
      const status = answers[Math.min(requests.length, answers.length) - 1] ?? 200;
      if (status === 200 && request.headers['content-type'] === 'application/json') {
        const body = JSON.parse(Buffer.concat(chunks).toString()) as OtlpRequest;
        for (const { resource: from, scopeSpans } of body.resourceSpans) {
          resource = valuesOf(from.attributes);
          spans.push(...scopeSpans.flatMap((each) => each.spans.map(read)));
        }
      }
      response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    });
  });
  return {
    url,
    requests,
    spans,
    get resource() {
      return resource;
    },
    /** The spans below `parent`, in the order of their start. */
    below: (parent: Got): Got[] =>
      spans
        .filter(({ parentId, traceId }) => parentId === parent.id && traceId === parent.traceId)
        .toSorted((a, b) => a.start - b.start),
    roots: (): Got[] => spans.filter(({ kind }) => kind === 'server'),
  };
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
  isError: span.status.code === 2,
});

const valuesOf = (attributes: OtlpSpan['attributes']): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      value.stringValue ?? value.intValue ?? value.doubleValue,
    ]),
  );
