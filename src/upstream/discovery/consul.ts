/**
 * Takes the passing instances of a Consul service as targets, and follows changes at once.
 *
 * It uses blocking queries, by the rules of
 * https://developer.hashicorp.com/consul/api-docs/features/blocking: if the index goes backwards, start
 * over; an index that is not above 0 counts as 1; and a pause limits the rate if the server answers at
 * once.
 */
import { Client, type Dispatcher } from 'undici';
import type { Clock } from '../../core/clock.ts';
import type { ConsulDiscoverConfig } from '../../config/build/config.ts';
import { guardConnections } from '../h1-parser.ts';
import { instancesOf } from './consul-answer.ts';
import type { DiscoverySurroundings } from './discovery.ts';
import type { LookedUp, Registry } from './watch.ts';

/** The pause between two queries. */
const PAUSE_MS = 500;
/** Added to the time for which Consul may hold a query: its wait, plus up to a sixteenth of jitter. */
const SLACK_MS = 5_000;
const CONNECT_TIMEOUT_MS = 5_000;
const MAX_BODY_BYTES = 1_048_576;

export class ConsulRegistry implements Registry {
  readonly retryMs = 1_000;
  readonly #config: ConsulDiscoverConfig;
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #path: string;
  /** The index of the last good answer; 0: ask without waiting. */
  #index = 0;

  constructor(config: ConsulDiscoverConfig, { clock, names }: DiscoverySurroundings) {
    this.#config = config;
    this.#clock = clock;
    this.#path = pathOf(config);
    this.#client = new Client(config.origin, {
      allowH2: false,
      connect: { timeout: CONNECT_TIMEOUT_MS, lookup: names.lookup },
      // We time the whole query ourselves.
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
      // Set only now, so that an answer that could not be read is asked for again.
      this.#index = nextIndex(this.#index, headers['x-consul-index']);
      return { targets, goodForMs: PAUSE_MS };
    } catch (error) {
      throw this.#failure(error as Error);
    } finally {
      this.#clock.cancel(timer);
    }
  }

  close(): void {
    // This also ends the blocking query.
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

  /** Names the server and the service, but nothing sent or answered, which may be secret. */
  #failure(cause: Error): Error {
    const { origin, service } = this.#config;
    const what = `Consul at ${origin} did not return the service ${service}`;
    return new Error(`${what}: ${reasonOf(cause)}`, { cause });
  }
}

/** An error for several addresses has an empty message. */
const reasonOf = ({ message, code = 'unknown' }: NodeJS.ErrnoException): string =>
  message === '' ? code : message;

function pathOf({ service, tags, datacenter }: ConsulDiscoverConfig): string {
  const query = new URLSearchParams({ passing: '1' });
  for (const tag of tags) query.append('tag', tag);
  if (datacenter !== undefined) query.set('dc', datacenter);
  return `/v1/health/service/${encodeURIComponent(service)}?${query.toString()}`;
}

/** The index to wait on; 0 if it went backwards, as after a restore of Consul's state. */
function nextIndex(current: number, header: string | string[] | undefined): number {
  const told = Number(header);
  const next = Number.isSafeInteger(told) && told > 0 ? told : 1;
  return next < current ? 0 : next;
}

/** @throws {Error} for a body over the limit, or one that is cut off */
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
