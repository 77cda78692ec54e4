/** The upstreams of a test case: what they answer, and the calls that they got. */
import type { Answers, GivenAnswer } from '../../config/cases/test-case.ts';
import { readTarget } from '../../config/cases/schema.ts';
import type { Call } from '../../core/call.ts';
import { GatewayError } from '../../core/errors.ts';
import type { FakeAnswer, FakeRequest } from '../fake-upstream.ts';
import { fakeCall } from '../fake-upstream.ts';
import { bytesOf } from './client.ts';
import type { CaseTime } from './time.ts';

/** A call that an upstream got. */
export interface SeenCall extends Pick<
  FakeRequest,
  'upstream' | 'method' | 'path' | 'query' | 'headers'
> {
  /** Empty where the upstream has not read it. */
  body: string;
}

interface Listed {
  readonly answers: readonly { readonly given: GivenAnswer; readonly fits: Fits }[];
  readonly used: Set<GivenAnswer>;
}

type Fits = (request: FakeRequest) => boolean;

export class CaseUpstreams {
  readonly #listed = new Map<string, Listed>();
  readonly #seen: SeenCall[] = [];
  readonly #unanswered = new Set<string>();
  #waiting = 0;

  /** Replaces what each of them answers from now on. */
  give(answers: Answers): void {
    for (const [name, given] of Object.entries(answers)) {
      const listed = given.map((each) => ({ given: each, fits: fitsOf(each.on) }));
      this.#listed.set(name, { answers: listed, used: new Set() });
    }
  }

  /** The calls since the last time, in order. */
  takeSeen(): readonly SeenCall[] {
    return this.#seen.splice(0);
  }

  /** Calls without an answer since the last time, such as `GET /orders/7 of "orders"`. */
  takeUnanswered(): readonly string[] {
    const unanswered = [...this.#unanswered];
    this.#unanswered.clear();
    return unanswered;
  }

  /** Does any of them let the gateway wait? */
  get isWaiting(): boolean {
    return this.#waiting > 0;
  }

  /** What replaces the network to each of them. */
  callAt(time: CaseTime): Call {
    const calls = new Map<FakeRequest, SeenCall>();
    const onSeen = (request: FakeRequest): void => {
      time.note();
      const { upstream, method, path, query, headers } = request;
      const seen = { upstream, method, path, query, headers, body: '' };
      calls.set(request, seen);
      this.#seen.push(seen);
    };
    return fakeCall((request) => {
      const seen = calls.get(request)!;
      calls.delete(request);
      return this.#answer(request, seen, time);
    }, onSeen);
  }

  async #answer(request: FakeRequest, seen: SeenCall, time: CaseTime): Promise<FakeAnswer> {
    const given = this.#next(request);
    if (given === undefined) {
      this.#unanswered.add(`${sayCall(seen)} of "${seen.upstream}"`);
      throw refused();
    }
    const { fails, delay } = given;
    if (delay !== undefined) await this.#wait(request, time, delay);
    if (fails === 'refused') throw refused();
    // As a server does: it reads the request, then it answers.
    seen.body = await request.text();
    if (fails === 'reset') throw new GatewayError('GW_UPSTREAM_RESET', 'closed before it answered');
    if (fails === 'timeout') await this.#wait(request, time, undefined);
    time.note();
    return answerOf(given, request);
  }

  /** The first that fits and has not been given; or the last that fits. */
  #next(request: FakeRequest): GivenAnswer | undefined {
    const { answers = [], used } = this.#listed.get(request.upstream) ?? {};
    const fitting = answers.filter(({ fits }) => fits(request)).map(({ given }) => given);
    const next = fitting.find((each) => used?.has(each) === false) ?? fitting.at(-1);
    if (next !== undefined) used?.add(next);
    return next;
  }

  /** For `ms`, or until the gateway gives up. */
  #wait({ signal }: FakeRequest, { clock }: CaseTime, ms: number | undefined): Promise<void> {
    this.#waiting += 1;
    return new Promise((resolve, reject) => {
      const end = (): void => {
        this.#waiting -= 1;
        clock.cancel(timer);
        signal.unlisten(listener);
      };
      const listener = {
        onCancel: (reason: Error) => {
          end();
          reject(reason);
        },
      };
      const timer =
        ms === undefined
          ? undefined
          : clock.after(ms, () => {
              end();
              resolve();
            });
      signal.listen(listener);
    });
  }
}

const refused = (): GatewayError => new GatewayError('GW_UPSTREAM_CONNECT', 'connection refused');

/** `GET /orders/7?full=1` */
export const sayCall = ({ method, path, query }: SeenCall): string => `${method} ${path}${query}`;

function answerOf({ status, headers, body }: GivenAnswer, { method }: FakeRequest): FakeAnswer {
  const isBodiless = method === 'HEAD' || status === 204 || status === 304;
  const bytes = bytesOf(body) ?? Buffer.alloc(0);
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json';
  return {
    status,
    headers: {
      ...(body !== undefined && { 'content-type': type }),
      ...(status !== 204 && { 'content-length': String(bytes.length) }),
      ...headers,
    },
    body: isBodiless ? '' : bytes,
  };
}

/** Reads `GET /orders/{id}?full=1`: a name in braces is a segment, `*` is anything. */
function fitsOf(on: string | undefined): Fits {
  const target = on === undefined ? undefined : readTarget(on);
  if (target === undefined) return () => true;
  const [path = '', query] = target.url.split(/(?=\?)/, 2);
  const pattern = path
    .split(/(\{[^}]*\}|\*)/)
    .map((part) => (part === '*' ? '.*' : /^\{.*\}$/.test(part) ? '[^/]+' : RegExp.escape(part)))
    .join('');
  const paths = new RegExp(`^${pattern}$`);
  return (request) =>
    (target.method ?? request.method) === request.method &&
    paths.test(request.path) &&
    (query ?? request.query) === request.query;
}
