import { describe, expect, test } from 'vitest';
import type { Call } from '../../src/core/call.ts';
import { systemClock as clock } from '../../src/core/clock.ts';
import { retry } from '../../src/policies/retry.ts';
import type { Upload } from '../../src/core/upload.ts';
import { bytesOf } from '../helpers/body.ts';
import { around, answering, aRequest, aResponse, codeOf, failure } from '../helpers/call.ts';
import { retryOptions } from '../helpers/retry.ts';
import { pass, useFakeTime } from '../helpers/time.ts';
import { sending } from '../helpers/upload.ts';

useFakeTime();

/** Reads the whole body, as an upstream would, then runs `then`. */
const reading =
  (received: string[], then: Call): Call =>
  async (request) => {
    const attempt = (request.body as Upload).open().setEncoding('latin1');
    received.push((await attempt.toArray()).join(''));
    return then(request);
  };
const busy: Call = async () => aResponse({ status: 503 });

describe('a retry with a body', () => {
  test('sends a small one again', async () => {
    const received: string[] = [];
    const { upload, client } = sending();
    client.end('the body');
    const send = answering(reading(received, busy), reading(received, answering(200)));
    const outcome = around(retry(retryOptions()))(send)(aRequest({ method: 'PUT', body: upload }));
    await pass(10);
    expect((await outcome).status).toBe(200);
    expect(received).toEqual(['the body', 'the body']);
  });

  test('sends 64 KiB again', async () => {
    const received: string[] = [];
    const { upload, client } = sending();
    client.end(bytesOf(65_536));
    const send = answering(reading(received, busy), reading(received, answering(200)));
    const outcome = around(retry(retryOptions()))(send)(aRequest({ method: 'PUT', body: upload }));
    await pass(10);
    expect((await outcome).status).toBe(200);
    expect(received.map(({ length }) => length)).toEqual([65_536, 65_536]);
  });

  test('does not happen past 64 KiB: the current attempt is the last', async () => {
    const { upload, client } = sending();
    client.end(bytesOf(65_537));
    const send = answering(reading([], busy), 200);
    const outcome = around(retry(retryOptions()))(send)(aRequest({ method: 'PUT', body: upload }));
    await pass(10);
    expect((await outcome).status).toBe(503);
    expect(send.calls).toBe(1);
  });

  test('of POST sends it if the connection was refused, because no byte was read', async () => {
    const received: string[] = [];
    const { upload, client } = sending();
    client.end(bytesOf(200_000));
    const send = answering(failure('GW_UPSTREAM_CONNECT'), reading(received, answering(201)));
    const outcome = around(retry(retryOptions()))(send)(aRequest({ method: 'POST', body: upload }));
    await pass(10);
    expect((await outcome).status).toBe(201);
    expect(received.map(({ length }) => length)).toEqual([200_000]);
  });

  test('does not happen once the client has broken a rule', async () => {
    const { upload, client } = sending({ limitBytes: 10 });
    client.end(bytesOf(11));
    const send = answering(async ({ body }) => {
      (body as Upload).open().resume();
      await new Promise((resolve) => setTimeout(resolve, 5));
      throw failure('GW_UPSTREAM_RESET');
    }, 200);
    const outcome = codeOf(
      around(retry(retryOptions()))(send)(aRequest({ method: 'PUT', body: upload })),
    );
    await pass(10);
    expect(await outcome).toBe('GW_UPSTREAM_RESET');
    expect(send.calls).toBe(1);
  });

  test('of bytes in memory is always possible', async () => {
    const body = Buffer.from('{}');
    const send = answering(503, 200);
    const outcome = around(retry(retryOptions()))(send)(aRequest({ method: 'PUT', body }));
    await pass(10);
    expect((await outcome).status).toBe(200);
    expect(send.requests[1]!.body).toBe(body);
  });

  test('gets back the time that the body took to send', async () => {
    const { upload, client } = sending({ idleMs: 100_000 });
    client.write('half');
    const send = answering(reading([], busy), 200);
    const request = aRequest({ method: 'PUT', body: upload, deadlineAt: clock.now() + 100 });
    const outcome = around(retry(retryOptions({ backoffMs: 50, random: () => 0.9 })))(send)(
      request,
    );
    await pass(5_000);
    client.end();
    await pass(60);
    expect((await outcome).status).toBe(200);
  });
});
