import { expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { startCollector } from './collector.ts';

const OPEN = 'application/openmetrics-text; version=1.0.0,text/plain;version=0.0.4;q=0.5';

async function scraped(accept: string, sample: string) {
  const collector = await startCollector();
  const { fetch: ask, gateway } = await startGateway({
    config: {
      admin: { port: 0 },
      telemetry: { tracing: { endpoint: collector.url, protocol: 'http/json', sample } },
      routes: { own: { match: { path: '/own' }, respond: { body: 'x' } } },
    },
    upstreams: {},
  });
  await (await ask('/own')).text();
  const read = async () => {
    const response = await fetch(`${gateway.adminUrl}/metrics`, { headers: { accept } });
    return {
      type: response.headers.get('content-type'),
      lines: (await response.text()).split('\n'),
    };
  };
  await expect
    .poll(async () => (await read()).lines.join('\n'))
    .toContain('portico_requests_total{route="own",endpoint="",method="GET",status="200"} 1');
  return { ...(await read()), read };
}

const bucketsOf = (lines: readonly string[]): string[] =>
  lines.filter((line) => line.startsWith('portico_request_duration_seconds_bucket'));

test('a scraper that asks for OpenMetrics gets the trace of a request beside its bucket', async () => {
  const { type, lines, read } = await scraped(OPEN, '100%');
  expect(type).toContain('application/openmetrics-text; version=1.0.0');
  expect(lines.at(-2)).toBe('# EOF');
  expect(lines).toContain('# TYPE portico_requests counter');
  const [exemplar, ...others] = bucketsOf(lines).filter((line) => line.includes(' # '));
  expect(exemplar).toMatch(/ 1 # \{trace_id="[\da-f]{32}"\} 0\.\d+ 1?\d+\.?\d*$/);
  expect(others).toEqual([]);
  // Reading it that way has not renamed anything.
  expect((await read()).lines).toContain('# TYPE portico_requests counter');
});

test('no other scraper does, nor one of a request whose spans are not sent', async () => {
  const plain = await scraped('text/plain', '100%');
  expect(plain.type).toContain('text/plain; version=0.0.4');
  expect(plain.lines).toContain('# TYPE portico_requests_total counter');
  expect(bucketsOf(plain.lines).join('\n')).not.toContain('#');
  const unsent = await scraped(OPEN, '0%');
  expect(bucketsOf(unsent.lines).join('\n')).not.toContain(' # ');
});
