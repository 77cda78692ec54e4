/** Stops, reloads, and what is told of a stream. */
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { metricsOf } from '../listener/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { beginStop, reading, streamGateway, streaming } from './support.ts';

const RETRY = /retry: [1-5]\d{3}\n\n$/;
const stoppingSoon = { config: { server: { shutdown: { grace: '1s' } } } };
const stopping = { config: { server: { shutdown: { grace: '5s' } } } };

describe('at a stop', () => {
  test('event streams end after an event, with a time to come back', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, stopping);
    const clients = await Promise.all(
      Array.from({ length: 5 }, () => reading(`${gateway.url}/events`)),
    );
    for (const answer of upstream.answers) answer.write('data: 1\n\n');
    await Promise.all(clients.map((client) => client.until((text) => text !== '')));

    expect(await gateway.gateway.close()).toBe(true);

    for (const client of clients) {
      expect(await client.closed).toBe(true);
      expect(client.text()).toMatch(/^data: 1\n\nretry: [1-5]\d{3}\n\n$/);
    }
    await eventually(() => upstream.answers.length === 0);
  });

  test.each([
    ['\n', 'data: 1\nda', 'ta: 2\n\nrest'],
    ['\r', 'data: 1\rda', 'ta: 2\r\rrest'],
    ['\r\n', 'data: 1\r\nda', 'ta: 2\r\n\r\nrest'],
  ])('an event that has begun is sent to its end: %j', async (_name, first, second) => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, stopping);
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write(first);
    await client.until((text) => text === first);

    const [closed] = await beginStop(gateway);
    upstream.answers[0]!.write(second);

    expect(await closed).toBe(true);
    expect(await client.closed).toBe(true);
    expect(client.text()).toMatch(RETRY);
    expect(first + second).toContain(client.text().replace(RETRY, ''));
    expect(client.text().length).toBeGreaterThan(first.length + 12);
  });

  test.each([
    ['that are compressed', { 'content-encoding': 'gzip' }],
    ['that say how long they are', { 'content-length': '1000' }],
  ])('event streams %s are cut, without a word of ours', async (_what, fields) => {
    const upstream = await streaming('text/event-stream', fields);
    const gateway = await streamGateway(upstream.url, stoppingSoon);
    const client = await reading(`${gateway.url}/events`);
    const sent =
      'content-encoding' in fields ? gzipSync('data: 1\n\n') : Buffer.from('data: 1\n\n');
    upstream.answers[0]!.write(sent);
    await client.until((text) => text.length === sent.length);

    expect(await gateway.gateway.close()).toBe(true);

    expect(await client.closed).toBe(false);
    expect(client.text()).toBe(sent.toString('latin1'));
  });

  test('NDJSON is cut after a line, so that nobody takes it for whole', async () => {
    const upstream = await streaming('application/x-ndjson');
    const gateway = await streamGateway(upstream.url, stoppingSoon);
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('{"a":1}\n{"a"');
    await client.until((text) => text.endsWith('{"a"'));

    const [closed] = await beginStop(gateway);
    upstream.answers[0]!.write(':2}\n{"a":3}\n');

    expect(await closed).toBe(true);
    expect(await client.closed).toBe(false);
    expect(client.text()).toBe('{"a":1}\n{"a":2}\n{"a":3}\n');
  });

  test('NDJSON that ends by itself within the grace is whole', async () => {
    const upstream = await streaming('application/x-ndjson');
    const gateway = await streamGateway(upstream.url, stopping);
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('{"a":1}\n');
    await client.until((text) => text !== '');

    const [closed] = await beginStop(gateway);
    upstream.answers[0]!.end('{"a":2}\n');

    expect(await closed).toBe(true);
    expect(await client.closed).toBe(true);
    expect(client.text()).toBe('{"a":1}\n{"a":2}\n');
  });

  test('a stream that reaches no end of an event is cut in time', async () => {
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, stopping);
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('data: for ever');
    await client.until((text) => text !== '');

    expect(await gateway.gateway.close()).toBe(true);

    expect(await client.closed).toBe(false);
  });
});

describe('the log and the metrics', () => {
  test('have one line and one count for a stream when it ends, without an error', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { level: 'info' },
      { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      options: { log },
      config: { telemetry: { logs: { access: true } } },
    });
    const requests = () => lines.filter(({ msg }) => msg === 'request');
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('data: 1\n\ndata: 2\n\n');
    await client.until((text) => text.endsWith('2\n\n'));

    const during = await metricsOf(gateway);
    expect(during).toContain('portico_streams_open{route="events",kind="sse"} 1');
    expect(during).toContain('portico_stream_bytes_total{route="events",direction="sent"} 18');
    client.answer.destroy();

    await eventually(() => requests().length === 1);
    expect(requests()[0]).toMatchObject({
      status: 200,
      upstream: 'up',
      stream: 'sse',
      closedBy: 'client',
      messagesSent: 2,
      bytesSent: 18,
    });
    expect(requests()[0]).not.toHaveProperty('code');
    const after = await metricsOf(gateway);
    expect(after).not.toMatch(/portico_streams_open\{/);
    expect(after).toContain('portico_streams_total{route="events",kind="sse",code="client"} 1');
    expect(after).not.toMatch(/portico_errors_total\{/);
  });

  test.each([
    ['complete', 'upstream', (answer: { end(): void }) => answer.end(), undefined],
    ['cut', 'upstream', (answer: { destroy(): void }) => answer.destroy(), 'GW_BODY_TRUNCATED'],
  ])('tell an end of the upstream: %s', async (code, closedBy, end, error) => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { level: 'info' },
      { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const upstream = await streaming();
    const gateway = await streamGateway(upstream.url, {
      options: { log },
      config: { telemetry: { logs: { access: true } } },
    });
    const client = await reading(`${gateway.url}/events`);
    upstream.answers[0]!.write('data: 1\n\n');
    await client.until((text) => text !== '');
    end(upstream.answers[0]!);
    await client.closed;

    await eventually(() => lines.some(({ msg }) => msg === 'request'));
    const line = lines.find(({ msg }) => msg === 'request')!;
    expect(line).toMatchObject({ stream: 'sse', closedBy });
    expect(line['code']).toBe(error);
    expect(await metricsOf(gateway)).toContain(
      `portico_streams_total{route="events",kind="sse",code="${code}"} 1`,
    );
  });
});
