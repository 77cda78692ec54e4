/** Ranges, conditions and encodings mean the same through the gateway as without it. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { startGateway } from '../../gateway/support/gateway.ts';
import { startUpstream } from '../../helpers/upstream.ts';
import { ask, type Came, textOf } from './support.ts';

const TEXT = textOf(20_000);
const PACKED = gzipSync(TEXT);
const CHANGED = 'Tue, 01 Dec 2026 10:00:00 GMT';

/** A server of one file, with all that RFC 9110 §13 and §14 have of it. */
const fileServer: RequestListener = (
  { headers, method }: IncomingMessage,
  response: ServerResponse,
) => {
  const fields = { 'content-type': 'text/plain', etag: '"f1"', 'last-modified': CHANGED };
  const knows = (headers['if-none-match'] ?? '').replaceAll('W/', '').includes('"f1"');
  if (headers['if-match'] !== undefined && headers['if-match'] !== '"f1"') {
    response.writeHead(412).end();
  } else if (knows || headers['if-modified-since'] === CHANGED) {
    response.writeHead(304, { etag: '"f1"', 'cache-control': 'max-age=60' }).end();
  } else if (headers['accept-encoding'] === 'x-own') {
    response.writeHead(200, { ...fields, 'content-encoding': 'gzip', vary: 'Accept-Encoding' });
    response.end(method === 'HEAD' ? undefined : PACKED);
  } else {
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(headers.range ?? '') ?? [];
    const isWhole = from === undefined || (headers['if-range'] ?? '"f1"') !== '"f1"';
    if (!isWhole && Number(from) >= TEXT.length) {
      response.writeHead(416, { 'content-range': `bytes */${TEXT.length}` }).end();
      return;
    }
    const bytes = isWhole ? TEXT : TEXT.slice(Number(from), Number(to) + 1);
    const part = isWhole ? {} : { 'content-range': `bytes ${from}-${to}/${TEXT.length}` };
    const head = { ...fields, ...part, 'accept-ranges': 'bytes', 'content-length': bytes.length };
    response.writeHead(isWhole ? 200 : 206, head).end(method === 'HEAD' ? undefined : bytes);
  }
};

/** What every proxy adds, and what belongs to a moment or a connection. */
const OURS = new Set(['via', 'x-request-id', 'date', 'connection', 'keep-alive']);

const shown = ({ status, headers, bytes }: Came) => ({
  status,
  headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OURS.has(name))),
  bytes: bytes.toString('latin1'),
});

async function both(keys: object) {
  const { url } = await startUpstream(fileServer);
  const gateway = await startGateway({
    config: {
      upstreams: { up: { targets: [url] } },
      routes: { all: { match: { path: '/*' }, upstream: 'up', ...keys } },
    },
  });
  return { direct: `${url}/`, through: `${gateway.url}/` };
}

const REQUESTS: readonly Readonly<Record<string, string>>[] = [
  { range: 'bytes=0-99' },
  { range: 'bytes=100-199', 'if-range': '"f1"' },
  { range: 'bytes=100-199', 'if-range': 'W/"f1"' },
  { range: 'bytes=100-199', 'if-range': '"f0"' },
  { range: 'bytes=99999-100000' },
  { range: 'bytes=0-99', 'accept-encoding': 'gzip' },
  { 'if-none-match': '"f1"' },
  { 'if-none-match': 'W/"f1"' },
  { 'if-none-match': '"f0"' },
  { 'if-modified-since': CHANGED },
  { 'if-match': '"f1"' },
  { 'if-match': 'W/"f1"' },
  { 'accept-encoding': 'x-own' },
  { 'accept-encoding': 'gzip, br' },
  {},
];

describe.each(['GET', 'HEAD'])('%s', (method) => {
  test.each(REQUESTS)('with %j is the same without the keys', async (headers) => {
    const { direct, through } = await both({});
    const asked = { method, headers };
    expect(shown(await ask(through, asked))).toEqual(shown(await ask(direct, asked)));
  });

  test.each(REQUESTS.filter((each) => each['accept-encoding'] !== 'gzip, br'))(
    'with %j differs by Vary alone with them, unless the answer is compressed',
    async (headers) => {
      const { direct, through } = await both({ compress: {}, etag: {} });
      const asked = { method, headers };
      const { headers: ours, ...came } = shown(await ask(through, asked));
      const { headers: theirs, ...meant } = shown(await ask(direct, asked));
      expect(came).toEqual(meant);
      const { vary: _ours, etag, ...fields } = ours;
      const { vary: _theirs, etag: their, ...others } = theirs;
      expect(fields).toEqual(others);
      expect(etag?.toString().replace('W/', '')).toBe(their);
    },
  );
});
