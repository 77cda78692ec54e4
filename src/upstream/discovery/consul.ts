/**
 * Takes the passing instances of a service in Consul as targets, as soon as they change.
 *
 * It uses blocking queries, by the rules of https://developer.hashicorp.com/consul/api-docs/features/blocking:
 * an index that goes backwards starts over, one that is not above 0 counts as 1, and a pause keeps a
 * server that answers at once from being asked without end.
 */
import { Client, type Dispatcher } from 'undici';
import type { Clock } from '../../core/clock.ts';
import type { ConsulDiscoverConfig } from '../../config/build/config.ts';
import { guardConnections } from '../h1-parser.ts';
import { instancesOf } from './consul-answer.ts';
import type { DiscoverySurroundings } from './discovery.ts';
import type { LookedUp, Registry } from './watch.ts';

/** Between the end of a query and the next one. */
const PAUSE_MS = 500;
/** Beyond what Consul may hold a query for: its wait, and up to a sixteenth of it by chance. */
const SLACK_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 1_048_576;

export class ConsulRegistry implements Registry {
  readonly retryMs = 1_000;
  readonly #config: ConsulDiscoverConfig;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #path: string;
  /** Of the last good answer; 0: ask without waiting. */
  #index = 0;

  constructor(config: ConsulDiscoverConfig, { clock, names }: DiscoverySurroundings) {
    this.#config = config;
    this.#clock = clock;
    this.#path = pathOf(config);
    this.#client = new Client(config.origin, {
      allowH2: false,
      connect: { timeout: CONNECT_TIMEOUT_MS, lookup: names.lookup },
      // The timer of a whole query is ours.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    guardConnections(this.#client);
  }

  get question(): string {
    const { origin, service } = this.#config;
    return `passing instances of ${service} at ${origin}`;
  }

  async lookUp(): Promise<LookedUp> {
    const query = new AbortController();
    const longestMs = SLACK_MS + (this.#index > 0 ? (this.#config.waitMs * 17) / 16 : 0);
    const timer = this.#clock.after(longestMs, () =>
      query.abort(new Error(`no answer within ${Math.ceil(longestMs)} ms`)),
    );
    try {
      const { headers, body } = await this.#send(query.signal);
      const targets = instancesOf(await readBody(body), this.#config.scheme);
      // Only now: what was not understood is to be told again.
      this.#index = nextIndex(this.#index, headers['x-consul-index']);
      return { targets, goodForMs: PAUSE_MS };
    } catch (error) {
      throw this.#failure(error as Error);
    } finally {
      this.#clock.cancel(timer);
    }
  }

  close(): void {
    // Which ends the query that is held, too.
    void this.#client.destroy();
  }

  async #send(signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const { token, waitMs } = this.#config;
    const blocking = this.#index > 0 ? `&index=${this.#index}&wait=${waitMs}ms` : '';
    const response = await this.#client.request({
      method: 'GET',
      path: this.#path + blocking,
      headers: { accept: 'application/json', ...(token && { 'x-consul-token': token }) },
      signal,
    });
    if (response.statusCode === 200) return response;
    response.body.on('error', () => undefined).destroy();
    throw new Error(`status ${response.statusCode}`);
  }

  /** Says where and what, and nothing of what was sent or answered: that may be secret. */
  #failure(cause: Error): Error {
    const { origin, service } = this.#config;
    const what = `Consul at ${origin} did not return the service ${service}`;
    return new Error(`${what}: ${reasonOf(cause)}`, { cause });
  }
}

/** An error of several addresses has no words of its own. */
const reasonOf = ({ message, code = 'unknown' }: NodeJS.ErrnoException): string =>
  message === '' ? code : message;

function pathOf({ service, tags, datacenter }: ConsulDiscoverConfig): string {
  const query = new URLSearchParams({ passing: '1' });
  for (const tag of tags) query.append('tag', tag);
  if (datacenter !== undefined) query.set('dc', datacenter);
  return `/v1/health/service/${encodeURIComponent(service)}?${query.toString()}`;
}

/** The index to wait on; 0 where it went backwards, as after a restore of Consul's state. */
function nextIndex(current: number, header: string | string[] | undefined): number {
  const told = Number(header);
  const next = Number.isSafeInteger(told) && told > 0 ? told : 1;
  return next < current ? 0 : next;
}

/** @throws {Error} for a body past the limit, or one that is cut */
async function readBody(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > MAX_BODY_BYTES) throw new Error(`an answer of more than ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
