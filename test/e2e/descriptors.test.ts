import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type GatewayProcess, startGatewayProcess } from './gateway-process.ts';

const DESCRIPTORS = 160;
const TOO_FEW = /^out of file descriptors/;

/** Answers when told to; by `localhost`, so that a name is looked up. */
async function startUpstream() {
  const held: (() => void)[] = [];
  let isHolding = false;
  const server = createServer((incoming, response) => {
    if (isHolding && incoming.url !== '/health') held.push(() => response.end('well'));
    else response.end('well');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    hold: () => void (isHolding = true),
    release: () => {
      isHolding = false;
      for (const answer of held.splice(0)) answer();
    },
    held: () => held.length,
  };
}

async function startGateway(target: string): Promise<GatewayProcess> {
  const health = { path: '/health', interval: '200ms', timeout: '5s', unhealthy: 1 };
  const upstream = { targets: [target], timeout: '15s', deadline: '20s', retry: false, health };
  const judges = { breaker: { consecutive: 1 }, outlier: { consecutive: 1 } };
  return startGatewayProcess(
    {
      upstreams: { one: { ...upstream, ...judges } },
      routes: {
        one: { match: { path: '/*' }, upstream: 'one' },
        own: { match: { path: '/own' }, respond: {} },
      },
    },
    [],
    DESCRIPTORS,
  );
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

function ask(url: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve) => {
    const asking = request(url, { agent }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }));
    });
    asking.once('error', ({ message }) => resolve({ status: 0, text: message }));
    asking.end();
  });
}

function openIdle(url: string, count: number): Socket[] {
  const { hostname, port } = new URL(url);
  const sockets = Array.from({ length: count }, () =>
    connect(Number(port), hostname).on('error', () => undefined),
  );
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return sockets;
}

function keepingAlive(): Agent {
  const agent = new Agent({ keepAlive: true });
  onTestFinished(() => agent.destroy());
  return agent;
}

async function metrics({ adminUrl }: GatewayProcess): Promise<string> {
  return (await fetch(`${adminUrl}/metrics`)).text();
}

const countOf = ({ log }: GatewayProcess, msg: RegExp): number =>
  log.filter((line) => msg.test(line.msg)).length;

describe('a gateway that may open few files', { timeout: 60_000 }, () => {
  test('says so at the start', async () => {
    const gateway = await startGateway((await startUpstream()).url);
    expect(
      gateway.log.find(({ msg }) => msg.includes('exceed what this process may open')),
    ).toMatchObject({ level: 'warn', limit: DESCRIPTORS, needed: expect.any(Number) as number });
  });

  test('serves those who are there while others fill it with idle connections', async () => {
    const gateway = await startGateway((await startUpstream()).url);
    const agent = keepingAlive();
    expect(await ask(`${gateway.url}/`, agent)).toMatchObject({ status: 200 });
    const idle = openIdle(gateway.url, 2 * DESCRIPTORS);
    await expect.poll(() => countOf(gateway, TOO_FEW)).toBe(1);
    await Promise.race(idle.map((socket) => once(socket.resume(), 'close')));

    for (let i = 0; i < 20; i++) {
      expect(await ask(`${gateway.url}/`, agent)).toMatchObject({ status: 200 });
    }
    const text = await metrics(gateway);
    expect(text).toMatch(/^portico_connections_refused_total\{limit="descriptors"\} [1-9]/m);
    expect(text).toMatch(/^portico_circuit_state\{upstream="one"\} 0$/m);
    expect(text).toMatch(/^portico_target_healthy\{.*\} 1$/m);
    expect(countOf(gateway, TOO_FEW)).toBe(1);
  });

  test('answers GW_OVERLOADED where it cannot dial, and blames nobody for it', async () => {
    const upstream = await startUpstream();
    const gateway = await startGateway(upstream.url);
    const agent = keepingAlive();
    const askAll = (path: string) =>
      Array.from({ length: 90 }, () => ask(gateway.url + path, agent));
    // Connections of clients first, which ask no upstream: those to it are what is left to open.
    await Promise.all(askAll('/own'));
    upstream.hold();
    const answers = askAll('/');
    await expect.poll(() => countOf(gateway, TOO_FEW)).toBe(1);
    upstream.release();

    const codes = (await Promise.all(answers)).map(({ status, text: body }) =>
      status === 200 ? '200' : (/GW_\w+/.exec(body)?.[0] ?? body),
    );
    expect(new Set(codes)).toEqual(new Set(['200', 'GW_OVERLOADED']));
    expect(await ask(`${gateway.url}/`, agent)).toMatchObject({ status: 200 });
    agent.destroy();
    // Until those connections are closed there is no descriptor for this one, either.
    await expect
      .poll(() => metrics(gateway).catch(() => ''))
      .toMatch(/^portico_target_healthy\{.*\} 1$/m);
    expect(countOf(gateway, /^(circuit|target)$/)).toBe(0);
  });
});
