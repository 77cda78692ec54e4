import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startGatewayProcess } from '../e2e/gateway-process.ts';
import { open, receive } from '../gateway/support/socket.ts';
import { size } from '../helpers/figures.ts';

/** Of an answer; past what the system takes for a reader at once. */
const ANSWER = size('STEADY_ANSWER_KIB', 8_192, 8_192) * 1_024;
/** The reader's, in KiB a second: at 16 the system reports progress only every 82 seconds. */
const READ_KIB = size('STEADY_READ_KIB', 1_365, 16);
/** Of a request that comes at 1 KiB a second; long ones are not collected. */
const BODY_KIB = size('STEADY_BODY_KIB', 7, 70);
const TIMEOUT = { timeout: 60_000 + Math.max((ANSWER / READ_KIB) * 1.1, BODY_KIB * 1_500) };

async function start(): Promise<string> {
  const answer = Buffer.alloc(ANSWER);
  const server = createServer((request, response) => {
    let length = 0;
    request.on('data', (chunk: Buffer) => (length += chunk.length));
    request.on('end', () => response.end(request.method === 'GET' ? answer : `got ${length}`));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const target = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { url } = await startGatewayProcess({
    upstreams: { up: { targets: [target] } },
    routes: { all: { match: { path: '/*' }, upstream: 'up' } },
  });
  return url;
}

describe('a client that is slow and steady, on a gateway that has slots left,', () => {
  test(`gets all of an answer at ${READ_KIB} KiB a second`, TIMEOUT, async () => {
    const socket = await open(await start());
    socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    const startedAt = performance.now();
    let length = 0;
    socket.on('data', (chunk: Buffer) => {
      length += chunk.length;
      socket.pause();
    });
    const timer = setInterval(() => {
      if (length < (performance.now() - startedAt) * READ_KIB * 1.024) socket.resume();
    }, 20);
    await once(socket, 'end');
    clearInterval(timer);
    expect(length).toBeGreaterThan(ANSWER);
  });

  test(`sends ${BODY_KIB} KiB at 1 KiB a second`, TIMEOUT, async () => {
    const socket = await open(await start());
    const length = BODY_KIB * 1_024;
    socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${length}\r\n\r\n`);
    const answer = receive(socket, (text) => text.includes('got '));
    for (let i = 0; i < BODY_KIB; i++) {
      await sleep(1_000);
      socket.write('x'.repeat(1_024));
    }
    expect(await answer).toContain(`got ${length}`);
  });
});
