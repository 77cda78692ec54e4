import { constants } from 'node:http2';
import { describe, expect, test } from 'vitest';
import { Cancellation } from '../../src/core/cancellation.ts';
import { compose } from '../../src/core/compose.ts';
import { leaf } from '../../src/upstream/leaf.ts';
import { bytesOf } from '../helpers/body.ts';
import { aRequest, codeOf, failure } from '../helpers/call.ts';
import { manualClock } from '../helpers/clock.ts';
import { type H2Wire, startH2Wire, startLink } from '../helpers/h2-wire.ts';
import { identity, pem, startH2 } from '../helpers/secure-upstream.ts';
import { configOf, leafTo, leaseOf, type Reached, stateOf } from '../helpers/state.ts';
import { sending } from '../helpers/upload.ts';
import { eventually, nobody, startWire } from '../helpers/upstream.ts';

const {
  NGHTTP2_CANCEL,
  NGHTTP2_ENHANCE_YOUR_CALM,
  NGHTTP2_INTERNAL_ERROR,
  NGHTTP2_NO_ERROR,
  NGHTTP2_REFUSED_STREAM,
} = constants;

const h2To = (url: string, fields: object = {}): Reached => leafTo(url, { http2: true, ...fields });

const posting = () => aRequest({ method: 'POST', body: Buffer.from('x') });
function uploading() {
  const { upload, client } = sending();
  client.end('body');
  return aRequest({ method: 'POST', body: upload });
}
const REQUESTS = [
  ['bytes', posting],
  ['an upload', uploading],
] as const;

describe('the head of an answer', () => {
  test('may be as long as limits.headers says; beyond that, the upstream is not to blame', async () => {
    const { url } = await startH2((stream, headers) => {
      const length = Number(headers[':path']?.slice(1));
      stream.on('error', () => undefined);
      stream.respond({ ':status': 200, 'set-cookie': 'a'.repeat(length) });
      stream.end('ok');
    });
    const { call, state } = h2To(url, { headersBytes: 8_192 });
    for (const [length, outcome] of [
      [7_000, 200],
      [9_000, 'GW_UPSTREAM_HEADERS'],
      [60_000, 'GW_UPSTREAM_HEADERS'],
      [7_000, 200],
    ] as const) {
      const answer = call(aRequest({ path: `/${length}` }));
      if (outcome === 200) await (await answer).body.dump();
      else expect(await codeOf(answer)).toBe(outcome);
    }
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0, load: 0 });
  });
});

describe('a stream', () => {
  test.each(REQUESTS)(
    'that is refused was not processed: GW_UPSTREAM_CONNECT (%s)',
    async (kind, request) => {
      const { url, opened } = await startH2Wire((wire, stream) =>
        wire.reset(stream, NGHTTP2_REFUSED_STREAM),
      );
      const { call, state } = h2To(url);
      expect(await codeOf(call(request()))).toBe('GW_UPSTREAM_CONNECT');
      // undici itself retries once if it can send the body again.
      expect(opened).toHaveLength(kind === 'bytes' ? 2 : 1);
      expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
    },
  );

  test.each([NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL, NGHTTP2_ENHANCE_YOUR_CALM, NGHTTP2_NO_ERROR])(
    'that is reset (%i) is GW_UPSTREAM_RESET; the session stays open',
    async (code) => {
      const { url, opened } = await startH2Wire((wire, stream) => {
        if (stream === 1) wire.reset(stream, code);
        else finish(wire, stream);
      });
      const { call, state } = h2To(url);
      expect(await codeOf(call(posting()))).toBe('GW_UPSTREAM_RESET');
      await (await call(aRequest())).body.dump();
      expect(opened).toEqual([1, 3]);
      expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
    },
  );

  test.each([NGHTTP2_INTERNAL_ERROR, NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM, NGHTTP2_NO_ERROR])(
    'that is reset (%i) after the head is GW_BODY_TRUNCATED',
    async (code) => {
      const { url } = await startH2Wire((wire, stream) => {
        wire.head(stream);
        wire.body(stream, 'some');
        setTimeout(() => wire.reset(stream, code), 10);
      });
      const { body } = await h2To(url).call(aRequest());
      expect(await codeOf(body.bytes(100))).toBe('GW_BODY_TRUNCATED');
    },
  );

  test('that is given up with many bytes unsent is reset too', async () => {
    const upstream = await startH2((stream) => void stream.pause());
    const signal = new Cancellation();
    const outcome = h2To(upstream.url).call(
      aRequest({ signal, method: 'POST', body: bytesOf(1_000_000) }),
    );
    await eventually(() => upstream.streams.length === 1);
    signal.cancel(failure('GW_UPSTREAM_TIMEOUT'));
    expect(await codeOf(outcome)).toBe('GW_UPSTREAM_TIMEOUT');
    await eventually(() => upstream.streams[0]!.closed);
  });
});

const finish = (wire: H2Wire, stream: number): void => {
  wire.head(stream);
  wire.body(stream, 'ok', true);
};

describe('GOAWAY', () => {
  test('lets open streams finish; the next ones get another session', async () => {
    const { url, opened } = await startH2Wire((wire, stream) => {
      if (opened.length > 1) {
        finish(wire, stream);
        return;
      }
      wire.goaway(stream, NGHTTP2_NO_ERROR);
      setTimeout(() => finish(wire, stream), 50);
    });
    const { call } = h2To(url);
    const first = call(aRequest());
    await eventually(() => opened.length === 1);
    expect((await (await call(aRequest())).body.bytes(10)).toString()).toBe('ok');
    expect((await (await first).body.bytes(10)).toString()).toBe('ok');
    expect(opened).toEqual([1, 1]);
  });

  test.each(REQUESTS)(
    'that excludes a stream has not processed it: GW_UPSTREAM_CONNECT (%s)',
    async (_kind, request) => {
      const { url } = await startH2Wire((wire) => wire.goaway(0, NGHTTP2_ENHANCE_YOUR_CALM));
      const { call, state } = h2To(url);
      expect(await codeOf(call(request()))).toBe('GW_UPSTREAM_CONNECT');
      expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
    },
  );

  test('that includes a stream and ends the session is GW_UPSTREAM_RESET', async () => {
    const { url, opened } = await startH2Wire((wire, stream) => {
      wire.goaway(stream, NGHTTP2_INTERNAL_ERROR);
      wire.socket.end();
    });
    expect(await codeOf(h2To(url).call(posting()))).toBe('GW_UPSTREAM_RESET');
    expect(opened).toHaveLength(1);
  });
});

describe('a session', () => {
  test('that is cut fails all its streams and sends none of them again', async () => {
    const { url, opened } = await startH2Wire((wire) => {
      if (opened.length === 3) wire.socket.resetAndDestroy();
    });
    const { call, state } = h2To(url);
    const codes = await Promise.all([1, 2, 3].map(() => codeOf(call(posting()))));
    expect(new Set(codes)).toEqual(new Set(['GW_UPSTREAM_RESET']));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(opened).toHaveLength(3);
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
  });

  test('whose frames cannot be read fails the calls that wait for it', async () => {
    const upstream = await startWire((socket) => {
      socket.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
    });
    const code = await codeOf(h2To(upstream.url).call(aRequest()));
    expect(code).toMatch(/^GW_UPSTREAM_(RESET|PROTOCOL)$/);
  });

  test('whose other end has vanished is closed: the next call opens another', async () => {
    const upstream = await startH2((stream) => {
      stream.respond();
      stream.end();
    });
    const link = await startLink(upstream.url);
    const clock = manualClock();
    const state = stateOf(configOf([link.url], { http2: true }), { clock });
    const call = compose([], leaf(leaseOf(state), { clock, idleTimeoutMs: 30_000 }));
    await (await call(aRequest())).body.dump();
    link.fallSilent();
    const lost = codeOf(call(aRequest()));
    clock.advance(12_000);
    clock.advance(12_000);
    expect(await lost).toBe('GW_UPSTREAM_RESET');
    void codeOf(call(aRequest()));
    await eventually(() => link.connections === 2);
  });

  test('has as many streams as its server allows; sockets are bounded by connections', async () => {
    let most = 0;
    const upstream = await startH2(
      (stream) => {
        const open = upstream.streams.filter(({ closed }) => !closed).length;
        most = Math.max(most, open);
        setTimeout(() => {
          stream.respond();
          stream.end();
        }, 10);
      },
      { settings: { maxConcurrentStreams: 2 } },
    );
    const { call } = h2To(upstream.url, { connections: 3 });
    const calls = Array.from({ length: 20 }, async () => (await call(aRequest())).body.dump());
    await Promise.all(calls);
    expect(upstream.sessions.length).toBeLessThanOrEqual(3);
    expect(most).toBeLessThanOrEqual(6);
  });
});

describe('calls that wait for a session', () => {
  test('fail together if nobody listens', async () => {
    const { call, state } = h2To(await nobody());
    const codes = await Promise.all(Array.from({ length: 50 }, () => codeOf(call(aRequest()))));
    expect(new Set(codes)).toEqual(new Set(['GW_UPSTREAM_CONNECT']));
    expect(state.targets.all[0]).toMatchObject({ inflight: 0, waiting: 0 });
  });

  test.each(REQUESTS)(
    'fail together after connectTimeout, not one by one (%s)',
    async (_, make) => {
      const upstream = await startWire(() => undefined);
      const url = upstream.url.replace('http', 'https');
      const { call } = h2To(url, { connectTimeoutMs: 200 });
      const startedAt = performance.now();
      const codes = await Promise.all(Array.from({ length: 20 }, () => codeOf(call(make()))));
      expect(new Set(codes)).toEqual(new Set(['GW_UPSTREAM_CONNECT']));
      expect(performance.now() - startedAt).toBeLessThan(3_000);
    },
  );

  test('find one that opens after that', async () => {
    const upstream = await startH2(
      (stream) => {
        stream.respond();
        stream.end();
      },
      { tls: identity('server') },
    );
    const { call } = h2To(upstream.url, { tls: { ca: pem('self-signed.pem') } });
    for (let i = 0; i < 3; i++) expect(await codeOf(call(aRequest()))).toBe('GW_UPSTREAM_CONNECT');
    const trusted = h2To(upstream.url, { tls: { ca: pem('ca.pem') } });
    expect(await codeOf(trusted.call(aRequest()))).toBe('fulfilled');
  });
});

test.each([true, false])(
  'requests that undici refuses cost no connection (http2: %s)',
  async (http2) => {
    const upstream = await startH2((stream) => {
      stream.respond();
      stream.end();
    });
    const http1 = await startWire((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
    });
    const { call } = leafTo(http2 ? upstream.url : http1.url, { http2, connections: 2 });
    for (let i = 0; i < 5; i++) {
      expect(await codeOf(call(aRequest({ headers: { 'bad name': 'x' } })))).toBe('GW_INTERNAL');
      await (await call(aRequest())).body.dump();
    }
  },
);
