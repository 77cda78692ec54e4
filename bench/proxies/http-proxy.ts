/** @fastify/http-proxy as it ships; only the number of upstream sockets is set, as for all. */
import httpProxy from '@fastify/http-proxy';
import Fastify from 'fastify';
import { announce, required } from '../serve.ts';
import { UPSTREAM_CONNECTIONS } from './connections.ts';

const app = Fastify();
await app.register(httpProxy, {
  upstream: required('UPSTREAM'),
  undici: { connections: UPSTREAM_CONNECTIONS },
});

announce(await app.listen({ host: '127.0.0.1', port: 0 }));
