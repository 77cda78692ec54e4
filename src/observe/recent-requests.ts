/**
 * The last requests and the last problems, for the operator's page.
 *
 * What is kept is the record that exists anyway, and a few words beside it: of a client's request nothing else is held,
 * neither its header nor its socket. What is told is made when somebody asks. Bounded in number and in bytes.
 */
import type { AccessRecord } from './access-log.ts';
import type { CallRecord } from '../core/record.ts';

/** A request that has ended. */
export interface PastRequest extends Omit<AccessRecord, 'peer'> {
  /** 499: the client disconnected. */
  readonly status: number;
  readonly bytesSent: number;
  /** On the clock. */
  readonly endedAt: number;
  /** That served it. */
  readonly generation: number;
}

/** What is kept of a request that ends `now`. */
export function pastRequest(
  { id, method, host, path, route, endpoint, trace, consumer, record }: Omit<AccessRecord, 'peer'>,
  generation: number,
  status: number,
  bytesSent: number,
  now: number,
): PastRequest {
  return {
    id,
    method,
    host,
    path,
    route,
    endpoint,
    trace: trace && { traceId: trace.traceId },
    // Not its claims.
    consumer: consumer && { id: consumer.id },
    record,
    status,
    bytesSent,
    endedAt: now,
    generation,
  };
}

export const RECENT_LIMITS = {
  /** The last ones with a status of 500 and above; and of other errors of the gateway as many. */
  problems: 50,
  /** Of the last requests, and of each of the two kinds of problems, as far as they can be long. */
  bytes: 2_097_152,
} as const;

export class RecentRequests {
  #requests = new Ring(0);
  /** Apart, because anybody can cause the others, and so push these out. */
  readonly #failures = new Ring(RECENT_LIMITS.problems);
  readonly #refusals = new Ring(RECENT_LIMITS.problems);
  #problems = 0;

  /** How many requests are kept; 0: nothing is. */
  get most(): number {
    return this.#requests.size;
  }

  /** Keeps the last `most` from now on. */
  resize(most: number): void {
    if (most === this.most) return;
    const kept = this.#requests.newestFirst().slice(0, most);
    this.#requests = new Ring(most);
    for (const each of kept.toReversed()) this.#requests.add(each, weightOf(each));
    if (most > 0) return;
    this.#failures.clear();
    this.#refusals.clear();
  }

  add(request: PastRequest): void {
    const weight = weightOf(request);
    this.#requests.add(request, weight);
    const isFailure = request.status >= 500;
    if (!isFailure && request.record.code === undefined) return;
    this.#problems += 1;
    (isFailure ? this.#failures : this.#refusals).add(request, weight);
  }

  /** Newest first. */
  get requests(): readonly PastRequest[] {
    return this.#requests.newestFirst();
  }

  /** Newest first. */
  get problems(): readonly PastRequest[] {
    const all = [...this.#failures.newestFirst(), ...this.#refusals.newestFirst()];
    return all.toSorted((one, other) => other.endedAt - one.endedAt);
  }

  /** All since the start, and the ids of the last `most`. */
  news(most: number): { readonly total: number; readonly latest: readonly string[] } {
    return { total: this.#problems, latest: this.problems.slice(0, most).map(({ id }) => id) };
  }

  /** The newest with this id, which clients of a trusted proxy may choose. */
  find(id: string): PastRequest | undefined {
    const isIt = (each: PastRequest): boolean => each.id === id;
    return this.requests.find(isIt) ?? this.problems.find(isIt);
  }
}

/** The last few of what is added. */
class Ring {
  readonly size: number;
  readonly #slots: (PastRequest | undefined)[];
  readonly #weights: Uint32Array;
  #next = 0;
  #count = 0;
  #bytes = 0;

  constructor(size: number) {
    this.size = size;
    this.#slots = Array.from({ length: size }, () => undefined);
    this.#weights = new Uint32Array(size);
  }

  add(request: PastRequest, weight: number): void {
    if (this.size === 0) return;
    if (this.#count === this.size) this.#dropOldest();
    this.#slots[this.#next] = request;
    this.#weights[this.#next] = weight;
    this.#next = (this.#next + 1) % this.size;
    this.#count += 1;
    this.#bytes += weight;
    while (this.#bytes > RECENT_LIMITS.bytes) this.#dropOldest();
  }

  newestFirst(): PastRequest[] {
    return Array.from(
      { length: this.#count },
      (_each, i) => this.#slots[(this.#next - 1 - i + this.size) % this.size]!,
    );
  }

  clear(): void {
    while (this.#count > 0) this.#dropOldest();
  }

  #dropOldest(): void {
    const at = (this.#next - this.#count + this.size) % this.size;
    this.#slots[at] = undefined;
    this.#bytes -= this.#weights[at]!;
    this.#count -= 1;
  }
}

/** Bytes that a request takes, about: its objects, and the texts that can be long. */
function weightOf({ host, path, record }: PastRequest): number {
  let bytes = 512 + host.length + path.length;
  for (const call of record.calls) bytes += weightOfCall(call);
  return bytes;
}

function weightOfCall({ attempts }: CallRecord): number {
  let bytes = 256;
  for (const { path } of attempts) bytes += 192 + path.length;
  return bytes;
}
