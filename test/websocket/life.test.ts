/** Reloads, stops, and what is told of a socket. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createGateway } from '../../src/gateway.ts';
import { eventually } from '../helpers/upstream.ts';
import { metricsOf } from '../listener/gateway.ts';
import { closeOf, echo, opened, socketGateway, wsUpstream } from './support.ts';

const tell = async (client: Awaited<ReturnType<typeof opened>>, text: string): Promise<string> => {
  client.send(text);
  const [data] = (await once(client, 'message')) as [Buffer];
  return data.toString();
};

describe('a stop', () => {
  test('tells all sockets 1012 within the grace, and is a clean one', async () => {
    const codes: number[] = [];
    const url = await wsUpstream(
      (socket) => void closeOf(socket).then(([code]) => codes.push(code)),
    );
    const gateway = await socketGateway(url, {
      config: {
        server: { shutdown: { grace: '3s' } },
        upstreams: { up: { targets: [url] } },
        routes: { live: { match: { path: '/*' }, upstream: 'up', websocket: true } },
      },
    });
    const clients = await Promise.all(Array.from({ length: 50 }, () => opened(gateway)));
    const closed = Promise.all(clients.map(closeOf));

    expect(await gateway.gateway.close()).toBe(true);

    expect(new Set((await closed).map(([code]) => code))).toEqual(new Set([1012]));
    await eventually(() => codes.length === 50);
    expect(new Set(codes)).toEqual(new Set([1012]));
  });
});

describe('a reload', () => {
  test('keeps open sockets, by the rules they began with, and frees their generation with the last', async () => {
    const url = await wsUpstream(echo);
    const folder = mkdtempSync(join(tmpdir(), 'portico-sockets-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = join(folder, 'gateway.config.yaml');
    const write = (websocket: unknown): void =>
      writeFileSync(
        file,
        JSON.stringify({
          version: 1,
          server: { host: '127.0.0.1', port: 0 },
          admin: false,
          upstreams: { up: { targets: [url] } },
          routes: { live: { match: { path: '/*' }, upstream: 'up', websocket } },
        }),
      );
    write(true);
    const gateway = await createGateway({
      file,
      environment: {},
      log: pino({ level: 'silent' }),
    });
    await gateway.listen();
    onTestFinished(() => gateway.close().then(() => undefined));
    const client = await opened(gateway);

    for (let i = 0; i < 5; i++) {
      write(i % 2 === 0 ? { maxPayload: '5B' } : true);
      expect((await gateway.reload('signal')).result).toBe('applied');
      expect(await tell(client, 'more than five bytes')).toBe('more than five bytes');
    }

    const bound = await opened(gateway);
    bound.send('more than five bytes');
    expect((await closeOf(bound))[0]).toBe(1009);
    client.close();
    await once(client, 'close');
  });
});

describe('the log and the metrics', () => {
  test('have one line and one count for a socket when it ends', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino(
      { level: 'info' },
      { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const gateway = await socketGateway(await wsUpstream(echo), {
      options: { log },
      config: { telemetry: { logs: { access: true } } },
    });
    const requests = () => lines.filter(({ msg }) => msg === 'request');
    const client = await opened(gateway);
    expect(await tell(client, 'one')).toBe('one');
    expect(await tell(client, 'two')).toBe('two');

    expect(requests()).toEqual([]);
    const during = await metricsOf(gateway);
    expect(during).toContain('portico_streams_open{route="live",kind="websocket"} 1');
    // Two frames of 3 bytes: with a header of 2, and a mask of 4 from the client.
    expect(during).toContain('portico_stream_bytes_total{route="live",direction="received"} 18');
    expect(during).toContain('portico_stream_bytes_total{route="live",direction="sent"} 10');

    client.close(4001);
    await eventually(() => requests().length === 1);
    expect(requests()[0]).toMatchObject({
      status: 101,
      route: 'live',
      upstream: 'up',
      stream: 'websocket',
      closeCode: 4001,
      closedBy: 'client',
      messagesReceived: 2,
      messagesSent: 2,
      bytesReceived: 26,
      bytesSent: 14,
    });
    const after = await metricsOf(gateway);
    expect(after).not.toMatch(/portico_streams_open\{/);
    expect(after).toContain('portico_streams_total{route="live",kind="websocket",code="other"} 1');
    expect(after).toMatch(/portico_requests_total\{.*route="live".*status="101".*\} 1/);
  });
});
