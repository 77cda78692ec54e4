/**
 * @fastify/http-proxy as it ships; only the number of upstream sockets is set, as for all. `SECURE` puts it behind
 * TLS: `https` or `h2`.
 */
import { readFileSync } from 'node:fs';
import httpProxy from '@fastify/http-proxy';
import Fastify, { type FastifyInstance } from 'fastify';
import { TLS } from '../place.ts';
import { announce, required } from '../serve.ts';
import { UPSTREAM_CONNECTIONS } from './connections.ts';

const tls = () => ({ cert: readFileSync(TLS.cert), key: readFileSync(TLS.key) });

function server(): FastifyInstance {
  const secure = process.env['SECURE'];
  // The type of this one differs, what is used of it here does not.
  if (secure === 'h2') return Fastify({ http2: true, https: tls() }) as unknown as FastifyInstance;
  if (secure === 'https') return Fastify({ https: tls() });
  return Fastify();
}

const app = server();
await app.register(httpProxy, {
  upstream: required('UPSTREAM'),
  undici: { connections: UPSTREAM_CONNECTIONS },
});

announce(await app.listen({ host: '127.0.0.1', port: 0 }));
