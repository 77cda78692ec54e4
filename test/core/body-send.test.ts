import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { Body, HELD_BYTES } from '../../src/core/body.ts';
import { GatewayError } from '../../src/core/errors.ts';
import type { SendOptions } from '../../src/core/sink.ts';
import { bytesOf, feed } from '../helpers/body.ts';
import { manualClock } from '../helpers/clock.ts';
import { openPipeline, openResponse } from '../helpers/response.ts';

const options = (fields: Partial<SendOptions> = {}): SendOptions => ({
  clock: manualClock(),
  idleMs: 1_000,
  trailers: false,
  ...fields,
});
const cut = new GatewayError('GW_BODY_TRUNCATED', 'cut');

describe('a body that is sent', () => {
  test('goes out in one write with its head where all of it is here', async () => {
    const world = await openResponse();
    const { body } = feed();
    body.push(Buffer.from('one '));
    body.push(Buffer.from('two'));
    body.finish(undefined);

    body.send(world.response, 201, { 'content-length': '7' }, options());

    expect(await world.read()).toMatch(/^HTTP\/1\.1 201 [^]*\r\n\r\none two$/);
    expect(world.writes).toBe(1);
  });

  test('goes on as it comes where it is not', async () => {
    const { response, read } = await openResponse();
    const { body } = feed();
    body.push(Buffer.from('one '));
    body.send(response, 200, { 'content-length': '7' }, options());
    body.push(Buffer.from('two'));
    body.finish(undefined);
    expect(await read()).toMatch(/\r\n\r\none two$/);
  });

  test('does not keep the head back until its first byte comes', async () => {
    const { response, client } = await openResponse();
    const { body } = feed();
    body.send(response, 200, { 'content-type': 'text/event-stream' }, options());
    const [head] = (await once(client.setEncoding('latin1').resume(), 'data')) as [string];
    expect(head).toMatch(/^HTTP\/1\.1 200 [^]*\r\n\r\n$/);
    body.destroy();
  });

  test('may be empty', async () => {
    const { response, read } = await openResponse();
    Body.of('').send(response, 204, {}, options());
    expect(await read()).toMatch(/^HTTP\/1\.1 204 [^]*\r\n\r\n$/);
  });

  test('passes trailers on to who takes them, and to nobody else', async () => {
    for (const trailers of [true, false]) {
      const { response, read } = await openResponse();
      const { body } = feed();
      body.push(Buffer.from('x'));
      body.finish({ 'x-checksum': 'abc' });
      body.send(response, 200, {}, options({ trailers }));
      const text = await read();
      if (trailers) expect(text).toMatch(/\r\n0\r\nx-checksum: abc\r\n\r\n$/i);
      else expect(text).toMatch(/\r\n0\r\n\r\n$/);
    }
  });
});

describe('a client that is slow', () => {
  test('pauses the upstream, and lets it go on when it reads', async () => {
    const { response, read } = await openResponse();
    const world = feed();
    world.body.send(response, 200, {}, options());
    while (!world.isPaused) world.body.push(bytesOf(HELD_BYTES));

    const all = read();
    await once(response, 'drain');

    expect(world.isPaused).toBe(false);
    world.body.finish(undefined);
    await all;
  });

  test('is cut off when it takes no byte for `idle`, and with it the exchange', async () => {
    const clock = manualClock();
    const { response } = await openResponse();
    const world = feed();
    world.body.send(response, 200, {}, options({ clock }));
    while (!world.isPaused) world.body.push(bytesOf(HELD_BYTES));

    clock.advance(999);
    expect(response.destroyed).toBe(false);
    clock.advance(1);
    expect(response.destroyed).toBe(true);

    await once(response, 'close');
    expect(world.aborted).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
    expect(clock.pending).toBe(0);
  });

  test('is cut off even where nothing more is to come from the upstream', async () => {
    const clock = manualClock();
    const { response } = await openResponse();
    Body.of(bytesOf(20_000_000)).send(response, 200, {}, options({ clock }));
    clock.advance(1_000);
    expect(response.destroyed).toBe(true);
    await once(response, 'close');
    expect(clock.pending).toBe(0);
  });

  test('is cut off where only the end of a long body is left', async () => {
    const clock = manualClock();
    const { response } = await openResponse();
    const { body } = feed();
    body.send(response, 200, {}, options({ clock }));
    body.push(bytesOf(20_000_000));
    body.finish(undefined);
    // The first look sees what the system has taken at once.
    clock.advance(1_250);
    expect(response.destroyed).toBe(true);
  });

  test('that reads is never cut, however long it takes', async () => {
    const clock = manualClock();
    const { response, read } = await openResponse();
    Body.of(bytesOf(20_000_000)).send(response, 200, {}, options({ clock }));
    const all = read();
    await once(response, 'finish');
    clock.advance(10_000);
    expect((await all).length).toBeGreaterThan(20_000_000);
    expect(clock.pending).toBe(0);
  });
});

describe('a client that sends its requests at once', () => {
  test('is not cut off while it waits for an earlier answer', async () => {
    const clock = manualClock();
    const [first, second] = await openPipeline();
    Body.of(bytesOf(1_000_000)).send(second, 200, {}, options({ clock }));
    clock.advance(10_000);
    expect(second.destroyed).toBe(false);
    first.end();
    await once(second, 'socket');
  });

  test('is cut off when it takes none of a later one', async () => {
    const clock = manualClock();
    const [first, second] = await openPipeline();
    Body.of(bytesOf(20_000_000)).send(second, 200, {}, options({ clock }));
    first.end();
    await once(second, 'socket');
    clock.advance(3_000);
    expect(second.destroyed).toBe(true);
    await once(second, 'close');
    expect(clock.pending).toBe(0);
  });
});

describe('a body that cannot be sent', () => {
  test('is not asked for when the client has left', async () => {
    const { response, client } = await openResponse();
    client.destroy();
    await once(response, 'close');
    const world = feed();
    world.body.send(response, 200, {}, options());
    expect(world.aborted).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
  });

  test('ends the exchange when the client is gone by the time of a chunk', async () => {
    const clock = manualClock();
    const { response } = await openResponse();
    const world = feed();
    world.body.send(response, 200, {}, options({ clock }));
    response.destroy();
    world.body.push(bytesOf(1));
    expect(world.aborted).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
    expect(clock.pending).toBe(0);
  });

  test('ends the exchange when its head cannot be written', async () => {
    const { response } = await openResponse();
    const world = feed();
    const send = (): void => world.body.send(response, 200, { 'x-a': 'a\nb' }, options());
    expect(send).toThrow(TypeError);
    expect(world.aborted).toMatchObject({ code: 'GW_CLIENT_CLOSED' });
  });

  test('that is cut later destroys the connection: a short answer must not look whole', async () => {
    const { response, read } = await openResponse();
    const { body } = feed();
    body.send(response, 200, {}, options());
    body.push(Buffer.from('some'));
    body.fail(cut);
    expect(await read()).not.toContain('\r\n0\r\n');
    expect(response.destroyed).toBe(true);
  });

  test('that was cut before sends nothing', async () => {
    const { response, read } = await openResponse();
    const { body } = feed();
    body.push(Buffer.from('some'));
    body.fail(cut);
    body.send(response, 200, {}, options());
    expect(await read()).toBe('');
  });

  test('stops waiting for a slow client when the upstream breaks', async () => {
    const clock = manualClock();
    const { response } = await openResponse();
    const world = feed();
    world.body.send(response, 200, {}, options({ clock }));
    while (!world.isPaused) world.body.push(bytesOf(HELD_BYTES));
    world.body.fail(cut);
    await once(response, 'close');
    expect(clock.pending).toBe(0);
  });
});
