import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttp2 } from 'node:http2';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock as clock } from '../../src/core/clock.ts';
import { startGateway } from '../gateway/support/gateway.ts';
import { metricsOf } from '../listener/gateway.ts';
import { aRequest } from '../helpers/call.ts';
import { socketFile } from '../helpers/socket-file.ts';
import { configOf, leafTo, stateOf } from '../helpers/state.ts';
import { eventually } from '../helpers/upstream.ts';

async function serveAt(path: string, listener: RequestListener): Promise<Server> {
  const server = createServer(listener);
  await once(server.listen(path), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return server;
}

const sayHost: RequestListener = ({ method, url, headers }, response) => {
  response.end(`${method} ${url} ${headers.host}`);
};

/** A gateway whose only upstream is at `path`. */
const over = (path: string, more: object = {}) =>
  startGateway({
    config: {
      admin: { port: 0 },
      upstreams: { orders: { targets: [`unix:${path}`], retry: false, ...more } },
      routes: { all: { match: { path: '/*' }, upstream: 'orders' } },
    },
  });

test('requests reach a unix socket, with localhost as their Host', async () => {
  const path = socketFile();
  await serveAt(path, sayHost);
  const gateway = await over(path);
  const response = await gateway.fetch('/a?q=1', { method: 'PUT', body: 'x' });
  expect([response.status, await response.text()]).toEqual([200, 'PUT /a?q=1 localhost']);
});

test('`host` sends another Host', async () => {
  const path = socketFile();
  await serveAt(path, sayHost);
  const gateway = await over(path, { host: 'orders.internal' });
  expect(await (await gateway.fetch('/')).text()).toBe('GET / orders.internal');
});

test('the path is the target in metrics, status and explanations', async () => {
  const path = socketFile();
  await serveAt(path, sayHost);
  const gateway = await over(path);
  await gateway.fetch('/');
  const target = `unix:${path}`;
  const metric = `portico_upstream_requests_total{upstream="orders",target="${target}",status="200"} 1`;
  expect(await metricsOf(gateway)).toContain(metric);
  expect(gateway.gateway.status().upstreams[0]?.targets[0]?.origin).toBe(target);
  const question = { method: 'GET', url: '/', headers: [], address: '127.0.0.1' };
  const { upstreams } = await gateway.gateway.explain(question);
  expect(upstreams[0]?.targets).toMatchObject([{ origin: target }]);
});

test('a socket without a server is a refused connection, and the next server there is called', async () => {
  const path = socketFile();
  const gateway = await over(path);
  const refused = await gateway.fetch('/');
  expect(refused.status).toBe(502);
  expect(refused.headers.get('proxy-status')).toBe('portico; error=connection_refused');
  expect(await refused.text()).not.toContain(path);

  const first = await serveAt(path, sayHost);
  expect((await gateway.fetch('/')).status).toBe(200);
  first.closeAllConnections();
  first.close();
  await once(first, 'close');
  await serveAt(path, sayHost);
  expect((await gateway.fetch('/')).status).toBe(200);
});

test('HTTP/2 by prior knowledge works there too', async () => {
  const path = socketFile();
  const server = createHttp2((request, response) => {
    response.end(`${request.httpVersion} ${request.url}`);
  });
  await once(server.listen(path), 'listening');
  onTestFinished(() => void server.close());
  const { call } = leafTo(`unix:${path}`, { http2: true });
  const { body } = await call(aRequest({ path: '/h2' }));
  expect((await body.bytes(20)).toString()).toBe('2.0 /h2');
});

test('health checks go through the socket', async () => {
  const path = socketFile();
  let status = 503;
  let asked = '';
  await serveAt(path, ({ url, headers }, response) => {
    asked = `${url} ${headers.host}`;
    response.writeHead(status).end();
  });
  const health = {
    ask: { path: '/healthz', statuses: ['2xx'] },
    intervalMs: 5,
    timeoutMs: 1_000,
    healthy: 1,
    unhealthy: 1,
  };
  const { targets } = stateOf(configOf([`unix:${path}`], { health }), { clock });
  await eventually(() => targets.all[0]?.isHealthy === false);
  expect(asked).toBe('/healthz localhost');
  status = 204;
  await eventually(() => targets.all[0]?.isHealthy === true);
});
