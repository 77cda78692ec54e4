import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { linger } from '../../src/edge/linger.ts';
import { open, receive } from '../gateway/support/socket.ts';
import { manualClock } from '../helpers/clock.ts';

/** A connection that lingers after an answer, seen from both ends. */
async function lingering(ms: number) {
  const clock = manualClock();
  const server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  const accepted = once(server, 'connection') as Promise<[Socket]>;
  const client = await open(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [socket] = await accepted;
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  let taken = 0;
  socket.on('data', () => (taken += 1));
  socket.write('answer');
  linger(socket, clock, ms);
  expect(await receive(client)).toBe('answer');
  const send = async (bytes: number): Promise<void> => {
    const before = socket.bytesRead;
    client.write(Buffer.alloc(bytes));
    await expect.poll(() => socket.destroyed || socket.bytesRead >= before + bytes).toBe(true);
  };
  return { clock, client, socket, send, taken: () => taken };
}

describe('a connection that lingers', () => {
  test('drops what comes until its client closes', async () => {
    const { clock, client, socket, send, taken } = await lingering(30_000);
    await send(10_000);
    expect([socket.destroyed, taken()]).toEqual([false, 0]);

    client.end();

    await expect.poll(() => socket.destroyed).toBe(true);
    await expect.poll(() => clock.pending).toBe(0);
  });

  test('is closed if its client pauses', async () => {
    const { clock, socket, send } = await lingering(30_000);
    clock.advance(1_900);
    await send(1);
    clock.advance(1_900);
    expect(socket.destroyed).toBe(false);
    clock.advance(200);
    expect(socket.destroyed).toBe(true);
  });

  test('is closed if its client sends for too long', async () => {
    const { clock, socket, send } = await lingering(3_000);
    for (const ms of [1_500, 1_400]) {
      clock.advance(ms);
      await send(1);
    }
    expect(socket.destroyed).toBe(false);
    clock.advance(100);
    expect(socket.destroyed).toBe(true);
  });

  test('is closed if its client sends too much', async () => {
    const { socket, send } = await lingering(30_000);
    await send(60 * 1_048_576);
    expect(socket.destroyed).toBe(false);
    await send(5 * 1_048_576);
    expect(socket.destroyed).toBe(true);
  });
});
