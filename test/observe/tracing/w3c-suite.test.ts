/** Every case of the W3C's test suite for Trace Context, against a real gateway. */
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { nobody, startUpstream } from '../../helpers/upstream.ts';
import { CASES, type Exchange, type Field, SPAN_ID, THREE_CALLS, TRACE_ID } from './w3c-cases.ts';

/** What an upstream was told of the trace. */
interface Told {
  readonly traceId: string;
  readonly spanId: string;
  readonly state: string | undefined;
}

const HEADER = /^00-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-0[0-3]$/;

function readTold(rawHeaders: readonly string[]): Told {
  const valuesOf = (name: string): string[] =>
    rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === name);
  const parents = valuesOf('traceparent');
  expect(parents).toEqual([expect.stringMatching(HEADER)]);
  const [, traceId = '', spanId = ''] = HEADER.exec(parents[0]!) ?? [];
  return { traceId, spanId, state: valuesOf('tracestate').join() || undefined };
}

async function traced(sample: string) {
  const told: (readonly string[])[] = [];
  const { url } = await startUpstream((incoming, response) => {
    told.push(incoming.rawHeaders);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
  // Three calls that are not alike, because calls that are would be one.
  const part = (path: string) => ({ upstream: 'real', path });
  const { url: base } = await startGateway({
    config: {
      telemetry: {
        tracing: { endpoint: await nobody(), sample, keep: { errors: false, slow: false } },
      },
      upstreams: { real: { targets: [url] } },
      routes: {
        one: { match: { path: '/one' }, upstream: 'real' },
        three: {
          match: { path: '/three' },
          aggregate: { a: part('/a'), b: part('/b'), c: part('/c') },
        },
      },
    },
    upstreams: {},
  });
  /** @returns what the upstream was told for this request */
  return async (path: string, fields: readonly Field[]): Promise<Told[]> => {
    const before = told.length;
    // A list, because some fields come twice.
    const headers = ['host', new URL(base).host, ...fields.flat()];
    const asked = request(base + path, { headers, agent: false }).end();
    const [response] = (await once(asked, 'response')) as [IncomingMessage];
    response.resume();
    await once(response, 'end');
    expect(response.statusCode).toBe(200);
    return told.slice(before).map(readTold);
  };
}

async function checkOne(
  ask: Awaited<ReturnType<typeof traced>>,
  { sent, isContinued, state }: Exchange,
): Promise<void> {
  const told = await ask('/one', sent);
  const said = JSON.stringify(sent);
  expect(told.length, said).toBe(1);
  expect(told[0]!.traceId === TRACE_ID, said).toBe(isContinued);
  expect(told[0]!.spanId, said).not.toBe(SPAN_ID);
  expect(told[0]!.state, said).toBe(state);
}

describe('TraceContextTest', () => {
  test.each(Object.entries(CASES))('%s', async (_name, exchanges) => {
    const ask = await traced('0%');
    for (const exchange of exchanges) await checkOne(ask, exchange);
  });
});

describe.each(['0%', '100%'])('AdvancedTest, of which %s are sampled', (sample) => {
  test.each(Object.entries(THREE_CALLS))('%s', async (_name, { sent, isContinued }) => {
    const ask = await traced(sample);
    const told = await ask('/three', sent);
    expect(new Set(told.map(({ spanId }) => spanId)).size).toBe(3);
    const traces = new Set(told.map(({ traceId }) => traceId));
    expect(traces.size).toBe(1);
    expect(traces.has(TRACE_ID)).toBe(isContinued);
  });
});
