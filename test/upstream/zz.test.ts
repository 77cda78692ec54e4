import { test } from 'vitest';
import { aRequest } from '../helpers/call.ts';
import { leafTo } from '../helpers/state.ts';
import { startWire, startUpstream } from '../helpers/upstream.ts';
import { sending } from '../helpers/upload.ts';
process.on('uncaughtException', (e) => console.log('UNCAUGHT', e));
test.each(['HTTP/1.1 099 Odd\r\ncontent-length: 0\r\n\r\n', 'HTTP/1.1 000 Odd\r\ncontent-length: 0\r\n\r\n','HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: foo\r\nconnection: upgrade\r\n\r\nxxxx','HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', 'HTTP/1.0 200 OK\r\n\r\nold', 'HTTP/1.1 204 No\r\ncontent-length: 5\r\n\r\nhello', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nEXTRA'])('%j', async (text) => {
  const upstream = await startWire((socket) => { socket.write(text); setTimeout(() => socket.end(), 50); });
  const { call, state } = leafTo(upstream.url);
  const r = await call(aRequest()).catch((e) => e);
  console.log('RES', JSON.stringify(text.slice(0,30)), r.code ?? r.status, r.message, (r as any).cause?.message ?? '');
  if (r.body) console.log('BODY', await r.body.bytes(100).then(String, (e: any) => e.code));
  console.log('INF', state.targets[0]!.inflight);
});
test('get with body', async () => {
  for (const len of [true, false]) {
  const upstream = await startUpstream((q, s) => { q.toArray().then((c) => s.end(JSON.stringify(q.headers) + Buffer.concat(c as Buffer[]))) });
  const { upload, client } = sending(); client.end('hello');
  const r = await leafTo(upstream.url).call(aRequest({ body: upload, headers: len ? {'content-length': '5'} : {} }));
  console.log('GETBODY', String(await r.body.bytes(1000)));
  }
});
