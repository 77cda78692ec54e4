/** Who may read traces at the admin port. */
import { describe, expect, test } from 'vitest';
import { traceRefusal } from '../../src/admin/guard.ts';
import { request } from '../gateway/support/socket.ts';
import { startTracing, KEY } from './tracing.ts';

const CONFIG = { routes: { all: { match: { path: '/*' }, respond: { status: 204 } } } };
const TOKEN = 'a-token-of-the-operator';

describe('GET /trace/{id}', () => {
  test('is JSON that nobody keeps', async () => {
    const { signed, traceOf } = await startTracing({ config: CONFIG });
    const { headers, status } = await traceOf(await signed('/'));
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^application\/json/);
    expect(headers.get('cache-control')).toBe('no-store');
  });

  test('says why there is none', async () => {
    const { adminUrl } = await startTracing({ config: CONFIG });
    for (const id of ['none', '..', 'a%2Fb', '__proto__', 'x'.repeat(90)]) {
      // Not by fetch, which makes `/trace/..` into `/`.
      const line = `GET /trace/${id} HTTP/1.1`;
      const answer = await request(adminUrl, [line, 'host: localhost', 'connection: close']);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatch(/no trace of this request|not found/);
    }
  });

  test('needs the admin token if there is one', async () => {
    const { signed, traceOf } = await startTracing({
      admin: { token: TOKEN, trace: { keys: [KEY] } },
      config: CONFIG,
    });
    const response = await signed('/');
    expect((await traceOf(response)).status).toBe(401);
    for (const authorization of ['Bearer wrong', `Basic ${TOKEN}`, `Bearer ${KEY}`]) {
      expect((await traceOf(response, { headers: { authorization } })).status).toBe(401);
    }
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect((await traceOf(response, { headers })).status).toBe(200);
  });

  test('without a token is for this machine alone', () => {
    const headers = { host: '10.0.0.7:9901' };
    expect(traceRefusal({ remoteAddress: '10.0.0.9', headers }, undefined)).toContain(
      'admin.token',
    );
    expect(traceRefusal({ remoteAddress: '127.0.0.1', headers }, undefined)).toBeUndefined();
    expect(traceRefusal({ remoteAddress: '::ffff:127.0.0.1', headers }, undefined)).toBeUndefined();
    expect(traceRefusal({ remoteAddress: undefined, headers }, undefined)).toContain('admin.token');
  });

  test('is refused to web pages on this machine', async () => {
    const { signed, adminUrl } = await startTracing({ config: CONFIG });
    const id = (await signed('/')).headers.get('x-request-id')!;
    const line = `GET /trace/${id} HTTP/1.1`;
    for (const fields of [
      ['host: evil.example'],
      ['host: localhost', 'origin: http://evil.example'],
    ]) {
      const { status } = await request(adminUrl, [line, ...fields, 'connection: close']);
      expect(status).toBe(403);
    }
  });
});
