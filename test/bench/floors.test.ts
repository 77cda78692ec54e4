/** What subjects of the bench must survive: clients that leave, as every load does at its end. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { here } from '../../bench/place.ts';
import { Processes } from '../../bench/processes.ts';

const BYTES = 4 * 1_048_576;

async function aFloor(): Promise<string> {
  const processes = new Processes();
  onTestFinished(() => processes.stop());
  const base = { cores: undefined, name: 'floor' };
  const upstream = await processes.serve({ ...base, command: [here('upstream.ts')] });
  const command = [here('proxies/floor-bodies.ts')];
  const env = { UPSTREAM: upstream.url };
  return (await processes.serve({ ...base, command, env })).url;
}

/** Asks for a long body, and leaves after its first piece. */
async function leaveEarly(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(`GET /api/bytes/${BYTES} HTTP/1.1\r\nhost: floor\r\n\r\n`);
  await once(socket, 'data');
  socket.destroy();
}

test('the floor for bodies serves on after more clients have left than it has sockets', async () => {
  const url = await aFloor();

  for (let i = 0; i < 3; i++) await Promise.all(Array.from({ length: 64 }, () => leaveEarly(url)));

  const response = await fetch(`${url}/api/bytes/${BYTES}`);
  expect((await response.arrayBuffer()).byteLength).toBe(BYTES);
});

test('the upstream tells how much of a body has arrived', async () => {
  const url = await aFloor();

  const response = await fetch(`${url}/x`, { method: 'POST', body: 'x'.repeat(100_000) });

  expect(response.headers.get('x-received')).toBe('100000');
});

test.each(['/api/bytes/x', '/api/bytes/-1', '/api/bytes/1e12'])(
  'the upstream has no body for %s',
  async (path) => {
    expect((await fetch((await aFloor()) + path)).status).toBe(404);
  },
);
