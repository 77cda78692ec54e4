/** A Consul agent, as far as discovery asks: the health of a service, by blocking queries. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { startUpstream } from './upstream.ts';

export interface Instance {
  /** Absent: the node's. */
  readonly address?: string;
  readonly node?: string;
  readonly port: number;
  readonly passing?: boolean;
  readonly tags?: readonly string[];
  readonly weight?: number;
}

export interface ConsulServer {
  readonly url: string;
  /** Path and query of each request so far. */
  readonly queries: readonly string[];
  /** Held at this moment. */
  readonly held: number;
  /** Where one is set, requests need it. */
  token: string | undefined;
  /** Answers in the agent's place, where it is set. */
  broken: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  /** Changes the instances of `orders`, and the index: by one, or to `index`. */
  change(instances: readonly Instance[], index?: number): void;
}

interface Held {
  readonly release: () => void;
}

/** Ends with the test. */
export async function startConsul(first: readonly Instance[]): Promise<ConsulServer> {
  let instances = first;
  let index = 10;
  const queries: string[] = [];
  const held = new Set<Held>();

  function answer({ searchParams, pathname }: URL, response: ServerResponse): void {
    const known = pathname === '/v1/health/service/orders' ? instances : [];
    const tags = searchParams.getAll('tag');
    const told = known
      .filter(({ passing = true }) => passing || !searchParams.has('passing'))
      .filter((each) => tags.every((tag) => each.tags?.includes(tag)));
    const headers = { 'content-type': 'application/json', 'x-consul-index': String(index) };
    response.writeHead(200, headers).end(JSON.stringify(told.map(entryOf)));
  }

  /** As Consul: until the index is past the one that was named, or the wait is over. */
  function hold(query: URL, response: ServerResponse): void {
    const release = (): void => {
      clearTimeout(timer);
      held.delete(entry);
      if (!response.destroyed) answer(query, response);
    };
    const entry = { release };
    const timer = setTimeout(release, Number.parseInt(query.searchParams.get('wait')!, 10));
    held.add(entry);
    response.once('close', () => {
      clearTimeout(timer);
      held.delete(entry);
    });
  }

  const upstream = await startUpstream((request, response) => {
    queries.push(request.url!);
    const query = new URL(request.url!, 'http://consul');
    if (server.broken !== undefined) server.broken(request, response);
    else if (server.token !== undefined && request.headers['x-consul-token'] !== server.token) {
      response.writeHead(403).end('Permission denied');
    } else if (Number(query.searchParams.get('index') ?? 0) === index) hold(query, response);
    else answer(query, response);
  });

  const server: ConsulServer = {
    url: upstream.url,
    queries,
    get held() {
      return held.size;
    },
    token: undefined,
    broken: undefined,
    change(next, to = index + 1) {
      instances = next;
      index = to;
      for (const { release } of held) release();
    },
  };
  return server;
}

const entryOf = ({ address = '', node = '10.1.1.1', port, tags = [], weight = 1 }: Instance) => ({
  Node: { ID: 'n', Node: 'node-1', Address: node, Datacenter: 'dc1' },
  Service: {
    ID: `orders-${address}-${port}`,
    Service: 'orders',
    Tags: tags,
    Address: address,
    Port: port,
    Weights: { Passing: weight, Warning: 1 },
  },
  Checks: [],
});
