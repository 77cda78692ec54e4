/**
 * Sends the hash of an operation instead of its text, as automatic persisted queries do: a query goes out by GET, so that
 * caches in front of the server may keep its answer. A server that does not know the hash gets the text once.
 *
 * A server that forgets what it was sent, or knows nothing of hashes, gets texts for the next ten minutes: two calls for
 * each would be worse than long ones. That is remembered for each target.
 */
import type { UpstreamRequest, UpstreamResponse } from '../../core/call.ts';
import type { Clock } from '../../core/clock.ts';
import { ReadBody } from '../../core/read-body.ts';
import type { Abortable, Receiver, Sender } from '../../core/sender.ts';
import { PersistedMissError } from './answer.ts';
import {
  framed,
  framesOf,
  type GraphqlConfig,
  type OperationFrames,
  variablesIn,
} from './operation.ts';

const REMEMBERED_MS = 600_000;

/** A longer query goes as POST: servers bound their heads. */
const MAX_QUERY = 4_096;

/** More targets are forgotten, the oldest first. */
const MOST_TARGETS = 256;

export function persistedSender(next: Sender, config: GraphqlConfig, clock: Clock): Sender {
  const frames = framesOf(config);
  const targets = new TargetMemory(clock);
  return {
    send(request, receiver) {
      // As it is: with the text.
      if (targets.wantText) return next.send(request, receiver);
      const asking = new Asking(request, receiver, { next, frames, targets });
      return asking.start(byHash(request, frames, config));
    },
  };
}

/** What differs between asking by hash and asking with the text. */
type Sent = Pick<UpstreamRequest, 'method' | 'query' | 'headers' | 'body'>;

/** The same request with the hash instead of the text: by GET if it is a query that fits. */
export function byHash<R extends Sent>(
  request: R,
  frames: OperationFrames,
  { operation }: GraphqlConfig,
): R {
  const variables = variablesIn(frames.text, request.body as Uint8Array);
  const { 'content-type': type, 'content-length': _length, ...headers } = request.headers;
  if (operation.kind === 'query') {
    const parameters = `${frames.query}${encodeURIComponent(Buffer.from(variables).toString())}`;
    const query = request.query === '' ? parameters : `${request.query}&${parameters.slice(1)}`;
    if (query.length <= MAX_QUERY) {
      // Apollo Server refuses a GET that a page of another site could make.
      const sent = { ...headers, 'apollo-require-preflight': 'true' };
      return { ...request, method: 'GET', query, headers: sent, body: undefined };
    }
  }
  return withBody(
    { ...request, headers: { ...headers, 'content-type': type } },
    framed(frames.hash, variables),
  );
}

const withBody = <R extends Sent>(request: R, body: Buffer): R => ({
  ...request,
  headers: { ...request.headers, 'content-length': `${body.length}` },
  body,
});

interface Way {
  readonly next: Sender;
  readonly frames: OperationFrames;
  readonly targets: TargetMemory;
}

class Asking implements Receiver, Abortable {
  readonly #request: UpstreamRequest;
  readonly #receiver: Receiver;
  readonly #way: Way;
  #sent: Abortable | undefined;

  constructor(request: UpstreamRequest, receiver: Receiver, way: Way) {
    this.#request = request;
    this.#receiver = receiver;
    this.#way = way;
  }

  start(first: UpstreamRequest): this {
    this.#sent = this.#way.next.send(first, this);
    return this;
  }

  abort(reason: Error): void {
    this.#sent?.abort(reason);
  }

  failed(error: unknown): void {
    this.#receiver.failed(error);
  }

  answered(response: UpstreamResponse): void {
    const { body, target } = response;
    const error = body instanceof ReadBody && body.outcome.json === undefined && body.outcome.error;
    if (!(error instanceof PersistedMissError)) {
      this.#receiver.answered(response);
      return;
    }
    const { frames, next, targets } = this.#way;
    const request = this.#request;
    const isTold = error.miss === 'not-found' && !targets.isTaught(target);
    if (!isTold) targets.forgets(target);
    // A cast, because this is the body that the part was given.
    const variables = variablesIn(frames.text, request.body as Uint8Array);
    const again = isTold ? withBody(request, framed(frames.both, variables)) : request;
    const receiver = isTold ? new Teaching(this.#receiver, targets) : this.#receiver;
    try {
      this.#sent = next.send(again, receiver);
    } catch (thrown) {
      this.#receiver.failed(thrown);
    }
  }
}

/** Notes which target was sent a text to keep. */
class Teaching implements Receiver {
  readonly #receiver: Receiver;
  readonly #targets: TargetMemory;

  constructor(receiver: Receiver, targets: TargetMemory) {
    this.#receiver = receiver;
    this.#targets = targets;
  }

  answered(response: UpstreamResponse): void {
    this.#targets.teaches(response.target);
    this.#receiver.answered(response);
  }

  failed(error: unknown): void {
    this.#receiver.failed(error);
  }
}

/** What targets do with texts that they are sent, for ten minutes. */
class TargetMemory {
  readonly #clock: Clock;
  /** Until when a target should know what it was sent. */
  readonly #taught = new Map<string, number>();
  /** Until when a target gets texts. */
  readonly #forgetful = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Would a target not know the hash? Which one it is going to be is not known yet. */
  get wantText(): boolean {
    if (this.#forgetful.size === 0) return false;
    const now = this.#clock.now();
    for (const [target, until] of this.#forgetful) {
      if (until > now) return true;
      this.#forgetful.delete(target);
    }
    return false;
  }

  /** Should the target know what it was sent? */
  isTaught(target: string): boolean {
    return (this.#taught.get(target) ?? 0) > this.#clock.now();
  }

  teaches(target: string): void {
    remember(this.#taught, target, this.#clock.now());
  }

  forgets(target: string): void {
    remember(this.#forgetful, target, this.#clock.now());
  }
}

function remember(map: Map<string, number>, target: string, now: number): void {
  map.delete(target);
  map.set(target, now + REMEMBERED_MS);
  const [oldest] = map.keys();
  if (map.size > MOST_TARGETS) map.delete(oldest!);
}
