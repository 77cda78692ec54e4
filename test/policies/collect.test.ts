import { describe, expect, test } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import { CollectedBytes, collectBody } from '../../src/policies/collect.ts';
import { Upload, type UploadOptions } from '../../src/core/upload.ts';
import { bytesOf } from '../helpers/body.ts';
import { manualClock } from '../helpers/clock.ts';
import { around, answering, aRequest, codeOf, failure } from '../helpers/call.ts';
import { sending, settled } from '../helpers/upload.ts';

const LIMIT = 65_536;

/** One call whose body is collected, and what was passed on. */
function collecting(
  options: Partial<UploadOptions> = {},
  length?: number,
  all = new CollectedBytes(),
) {
  const signal = new Cancellation();
  const onFault: UploadOptions['onFault'] = (error) => signal.cancel(error);
  const { upload, client } = sending({ onFault, limitBytes: 1e9, ...options }, length);
  const send = answering(200);
  const outcome = codeOf(
    around(collectBody(all))(send)(
      aRequest({ method: 'POST', body: upload, signal, deadlineAt: 1_000 }),
    ),
  );
  const sent = (): unknown => send.requests[0]?.body;
  return { upload, client, signal, send, outcome, sent, all };
}

describe('a body of at most 64 KiB', () => {
  test.each([
    ['of a declared length', 8],
    ['without a length', undefined],
  ])('%s is passed on once it is complete, in one piece', async (_which, length) => {
    const { client, send, sent, outcome } = collecting({}, length);
    client.write('half');
    await settled();
    expect(send.calls).toBe(0);
    client.end('half');
    expect(await outcome).toBe('fulfilled');
    expect(sent()).toEqual(Buffer.from('halfhalf'));
  });

  test('may have exactly that many bytes', async () => {
    const { client, sent, outcome } = collecting();
    client.end(bytesOf(LIMIT));
    await outcome;
    expect(sent()).toHaveLength(LIMIT);
  });

  test('may have none', async () => {
    const { client, sent, outcome } = collecting();
    client.end();
    await outcome;
    expect(sent()).toHaveLength(0);
  });

  test('is sent again with a retry', async () => {
    const { upload, client } = sending();
    const send = answering(503, 200);
    const call = around(collectBody(new CollectedBytes()))(send);
    client.write('bo');
    client.end('dy');
    await call(aRequest({ body: upload }));
    expect(upload.isReplayable).toBe(true);
    await call(aRequest({ body: upload, attempt: 2 }));
    const bytes = Buffer.from('body');
    expect(send.requests.map(({ body }) => body)).toEqual([bytes, bytes]);
  });

  test('asks the client to continue when collecting begins', async () => {
    let asked = 0;
    const { send, client } = collecting({ onFirstRead: () => (asked += 1) });
    expect([asked, send.calls]).toEqual([1, 0]);
    client.end();
  });

  test('does not count against the deadline while it arrives', async () => {
    const clock = manualClock();
    const { client, send, outcome } = collecting({ clock });
    client.write('half');
    await settled();
    clock.advance(700);
    client.end('half');
    await outcome;
    expect(send.requests[0]?.deadlineAt).toBe(1_700);
  });

  test('that stops is 408, and nothing was called', async () => {
    const clock = manualClock();
    const { client, send, outcome, all } = collecting({ clock, idleMs: 100 });
    client.write('half');
    await settled();
    clock.advance(100);
    expect(await outcome).toBe('GW_REQUEST_TIMEOUT');
    expect([send.calls, all.held]).toEqual([0, 0]);
  });

  test('whose client leaves ends the call and holds nothing', async () => {
    const { client, signal, send, outcome, all } = collecting();
    client.write('half');
    await settled();
    expect(all.held).toBe(4);
    signal.cancel(failure('GW_CLIENT_CLOSED'));
    expect(await outcome).toBe('GW_CLIENT_CLOSED');
    expect([send.calls, all.held]).toEqual([0, 0]);
  });

  test('over the limit of its route is refused before anything is called', async () => {
    const { client, send, outcome } = collecting({ limitBytes: 10 });
    client.write(bytesOf(11));
    expect(await outcome).toBe('GW_BODY_TOO_LARGE');
    expect(send.calls).toBe(0);
  });
});

describe('a body streams with a slot, every byte of it,', () => {
  const isStream = async ({ sent, client }: ReturnType<typeof collecting>, bytes: number) => {
    await settled();
    const body = sent();
    expect(body).toBeInstanceOf(Upload);
    client.end('end');
    const chunks = await (body as Upload).open().toArray();
    expect(Buffer.concat(chunks as Buffer[])).toHaveLength(bytes + 3);
  };

  test('if it is declared longer', async () => {
    const world = collecting({}, LIMIT + 1);
    await isStream(world, 0);
  });

  test('if it turns out longer', async () => {
    const world = collecting();
    for (let i = 0; i < 5; i++) world.client.write(bytesOf(16_000));
    await isStream(world, 80_000);
  });

  test('if it is a conversation, which waits for answers', async () => {
    const world = collecting({ isConversation: true });
    world.client.write('hello');
    await isStream(world, 5);
  });

  test('if too many bytes are held already', async () => {
    const world = collecting({}, undefined, new CollectedBytes(100));
    world.client.write(bytesOf(100));
    await isStream(world, 100);
    await world.outcome;
    expect(world.all.held).toBe(0);
  });
});
