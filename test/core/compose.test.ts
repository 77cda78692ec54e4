import { describe, expect, test } from 'vitest';
import { Body } from '../../src/core/body.ts';
import type { Policy, UpstreamResponse } from '../../src/core/call.ts';
import { compose, composed } from '../../src/core/compose.ts';
import type { Abortable, Guard, Receiver, Sender } from '../../src/core/sender.ts';
import { answering, aRequest, aResponse, codeOf, failure, hanging } from '../helpers/call.ts';

/** Guards and policies that say in `seen` what they are asked and told. */
function world() {
  const seen: string[] = [];
  const told = (name: string): Receiver => ({
    answered: ({ status }) => void seen.push(`${name} ${status}`),
    failed: () => void seen.push(`${name} failed`),
  });
  const guard = (name: string, enter: Guard['enter'] = () => told(name)): Guard => ({
    enter(request, attempt) {
      seen.push(`→ ${name}`);
      return enter(request, attempt);
    },
  });
  const policy =
    (name: string): Policy =>
    (next) =>
      async function passed(request) {
        seen.push(`→ ${name}`);
        const response = await next(request);
        seen.push(`${name} ${response.status}`);
        return response;
      };
  return { seen, told, guard, policy };
}

describe('guards', () => {
  test('and policies see a request in the order they are listed, and its outcome in the other', async () => {
    const { seen, guard, policy } = world();
    const stages = [guard('a'), guard('b'), policy('c'), guard('d')];
    await compose(stages, answering(204))(aRequest());
    expect(seen).toEqual(['→ a', '→ b', '→ c', '→ d', 'd 204', 'c 204', 'b 204', 'a 204']);
  });

  test('that have let an attempt in are told that a later one has not', async () => {
    const { seen, guard } = world();
    const refusing = guard('b', () => {
      throw failure('GW_BULKHEAD_FULL');
    });
    const call = compose([guard('a'), refusing, guard('c')], answering(200));
    expect(await codeOf(call(aRequest()))).toBe('GW_BULKHEAD_FULL');
    expect(seen).toEqual(['→ a', '→ b', 'a failed']);
  });

  test('may take their time, and refuse late', async () => {
    const { seen, told, guard } = world();
    const later = Promise.withResolvers<Receiver>();
    const call = compose([guard('a'), guard('b', () => later.promise), guard('c')], answering(200));
    const [slow, refused] = [call(aRequest()), codeOf(call(aRequest()))];
    later.resolve(told('b'));
    await slow;
    expect(await refused).toBe('fulfilled');
    expect(seen.slice(0, 4)).toEqual(['→ a', '→ b', '→ a', '→ b']);

    const never = guard('never', () => Promise.reject(failure('GW_BULKHEAD_FULL')));
    seen.length = 0;
    expect(await codeOf(compose([guard('a'), never], answering(200))(aRequest()))).toBe(
      'GW_BULKHEAD_FULL',
    );
    expect(seen).toEqual(['→ a', '→ never', 'a failed']);
  });

  test('may end the attempt: whoever makes it is told, and says what comes of it', async () => {
    const { told, guard } = world();
    let attempt: Abortable | undefined;
    const watching = guard('a', (_request, its) => {
      attempt = its;
      return told('a');
    });
    const outcome = codeOf(compose([watching], hanging)(aRequest()));
    attempt!.abort(failure('GW_UPSTREAM_TIMEOUT'));
    expect(await outcome).toBe('GW_UPSTREAM_TIMEOUT');
  });
});

describe('a receiver', () => {
  test('may edit the fields that it gets, although a call gives the same ones each time', async () => {
    const headers = { etag: '"a"' };
    const sender = composed([], async () => aResponse({ headers }));
    const got = Promise.withResolvers<UpstreamResponse>();
    sender.send(aRequest(), { answered: got.resolve, failed: got.reject });
    const response = await got.promise;
    expect(response.headers).toEqual({ etag: '"a"' });
    expect(response.headers).not.toBe(headers);
  });

  test('is told of the close by each guard that has let it in, although one of them throws', async () => {
    const { seen, told, guard } = world();
    const closing = (name: string, closed: () => void): Guard =>
      guard(name, () => ({ ...told(name), closed }));
    const a = closing('a', () => void seen.push('a closed'));
    const b = closing('b', () => {
      throw new Error('a bug');
    });
    const body = new Body({ pause() {}, resume() {}, awaited() {}, abort() {}, now: () => 0 });
    await compose([a, b, guard('c')], async () => aResponse({ body }))(aRequest());
    seen.length = 0;
    expect(() => body.finish(undefined)).toThrow('a bug');
    expect(seen).toEqual(['a closed']);
  });
});

describe('who sends', () => {
  test('is told apart from a call by what it is, and may fail at once', async () => {
    const sender: Sender = {
      send: () => {
        throw failure('GW_NO_TARGET');
      },
    };
    const { seen, guard } = world();
    expect(await codeOf(compose([guard('a')], sender)(aRequest()))).toBe('GW_NO_TARGET');
    expect(seen).toEqual(['→ a', 'a failed']);
  });

  test('tells once: what it says later is not heard', async () => {
    const { seen, guard } = world();
    const sender: Sender = {
      send(_request, receiver) {
        receiver.answered(aResponse());
        receiver.failed(failure('GW_UPSTREAM_RESET'));
        receiver.answered(aResponse({ status: 500 }));
        return { abort() {} };
      },
    };
    expect((await compose([guard('a')], sender)(aRequest())).status).toBe(200);
    expect(seen).toEqual(['→ a', 'a 200']);
  });
});
