/**
 * Shares the list of revocations with other gateways, through a Redis that all of them follow.
 *
 * Tokens are checked against the list in memory, so no request waits for Redis. If Redis loses the list, for example
 * by a restart, every gateway that knows it restores it. While Redis is down, the known entries apply.
 */
import { randomUUID } from 'node:crypto';
import { GatewayError, type PluginCounter, type PluginState } from 'portico';
import { type ConnectionSurroundings, RedisConnection } from '../shared/redis/connection.ts';
import { FOLLOW, FOREVER, keysAt, RECORD } from './revocation-script.ts';
import { type Entry, MAX_REVOCATIONS, type Revocation, type Revocations } from './revocations.ts';

export interface SharedOptions {
  readonly url: string;
  /** Prefix of every key. */
  readonly prefix: string;
  /** Between two looks at what others have added. */
  readonly refreshMs: number;
}

export interface SharedSurroundings extends ConnectionSurroundings {
  /** Values in Redis that the gateway did not write. */
  readonly damaged: PluginCounter;
}

/** No request waits for it; a revocation does. */
const TIMEOUT_MS = 1_000;
/** Entries in one command: it holds up what else Redis has to do for about a millisecond. */
const PAGE = 500;

type Entries = readonly (readonly [key: string, entry: Entry])[];

interface Page {
  readonly epoch: string;
  readonly number: number;
  readonly last: number;
  readonly isLast: boolean;
  readonly entries: Entries;
}

export class SharedRevocations {
  readonly #revocations: Revocations;
  readonly #refreshMs: number;
  readonly #keys: readonly string[];
  readonly #connection: RedisConnection;
  readonly #damaged: PluginCounter;
  #epoch = '';
  #last = 0;
  /** Redis has all that is known here, as far as we know. */
  #isWhole = false;
  #isClosed = false;
  #timer: NodeJS.Timeout | undefined;
  #started: Promise<void> | undefined;

  constructor(
    revocations: Revocations,
    { url, prefix, refreshMs }: SharedOptions,
    around: SharedSurroundings,
  ) {
    this.#damaged = around.damaged;
    this.#revocations = revocations;
    this.#refreshMs = refreshMs;
    this.#keys = keysAt(prefix);
    const name = 'the store of revocations';
    const scripts = { porticoRecord: RECORD, porticoFollow: FOLLOW };
    this.#connection = new RedisConnection({ name, url, timeoutMs: TIMEOUT_MS, scripts }, around);
  }

  /** Loads what others have revoked, and follows from then on; a Redis that is away is not waited for. */
  start(): Promise<void> {
    this.#started ??= this.#connection.connect().then(() => this.#follow());
    return this.#started;
  }

  /**
   * Adds to the list, here and for all. What cannot be shared holds here all the same, and is shared
   * when Redis is back, should this gateway live to see it.
   *
   * @throws GW_DEPENDENCY_DOWN, GW_OVERLOADED
   */
  async add(revocation: Revocation, nowMs: number): Promise<void> {
    const refused = await this.#tell([this.#revocations.add(revocation, nowMs)]);
    if (refused === undefined) {
      const detail = 'it applies only in this gateway, and only until it stops: send it again';
      throw new GatewayError('GW_DEPENDENCY_DOWN', detail);
    }
    if (refused > 0) {
      const detail = `${MAX_REVOCATIONS} are already shared: it applies only in this gateway`;
      throw new GatewayError('GW_OVERLOADED', detail);
    }
  }

  /** Of the connection, for `/status`. */
  state(): PluginState {
    return this.#connection.state();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#connection.close();
  }

  async #follow(): Promise<void> {
    await this.#catchUp();
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#follow(), this.#refreshMs).unref();
  }

  /** Reads what is new, until there is no more or Redis does not answer. */
  async #catchUp(): Promise<void> {
    for (;;) {
      const page = await this.#nextPage();
      if (page === undefined) return;
      if (page.epoch !== this.#epoch || page.number < this.#last) this.#isWhole = false;
      this.#epoch = page.epoch;
      this.#last = page.last;
      if (!this.#isWhole) await this.#tellAll();
      this.#revocations.learn(page.entries, Date.now());
      if (page.isLast) return;
    }
  }

  async #nextPage(): Promise<Page | undefined> {
    const known = [this.#epoch, this.#last, PAGE];
    const answer = await this.#connection.run('porticoFollow', this.#keys, known);
    if (answer === undefined) return undefined;
    const [epoch = '', number, last, damaged, ...told] = answer as readonly string[];
    this.#count(Number(damaged));
    const entries = Array.from({ length: told.length / 2 }, (_none, i) =>
      read(told[2 * i]!, told[2 * i + 1]!),
    ).flat();
    return {
      epoch,
      number: Number(number),
      last: Number(last),
      isLast: told.length < 2 * PAGE,
      entries,
    };
  }

  #count(damaged: number): void {
    if (damaged > 0) this.#damaged.inc({}, damaged);
  }

  async #tellAll(): Promise<void> {
    // What is added meanwhile is reported separately.
    this.#isWhole = true;
    const known = this.#revocations.entries();
    for (let i = 0; i < known.length && this.#isWhole; i += PAGE) {
      await this.#tell(known.slice(i, i + PAGE));
    }
  }

  /** How many found no room; `undefined` where Redis does not answer. */
  async #tell(entries: Entries): Promise<number | undefined> {
    const args = entries.flatMap(([key, { before, until }]) => [
      key,
      Math.min(before, FOREVER),
      Math.min(until, FOREVER),
    ]);
    const all = [randomUUID(), MAX_REVOCATIONS, ...args];
    const answer = await this.#connection.run('porticoRecord', this.#keys, all);
    if (answer === undefined) {
      this.#isWhole = false;
      return undefined;
    }
    const [epoch, refused, damaged] = answer as readonly [string, number, number];
    this.#count(damaged);
    // A list that was empty has begun: nothing in it was lost.
    if (this.#epoch === '') this.#epoch = epoch;
    return refused;
  }
}

/** `<before> <until>`; none if no gateway wrote it. */
function read(key: string, text: string | null): Entries {
  const [before = NaN, until = NaN] = (text ?? '').split(' ').map(timeOf);
  return before >= 0 && until >= 0 ? [[key, { before, until }]] : [];
}

const timeOf = (text: string): number => (Number(text) >= FOREVER ? Infinity : Number(text));
