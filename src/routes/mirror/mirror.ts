/** One mirror of one route, as it runs: its config, the way to its upstream, and its state. */
import type { UpstreamRequest } from '../../core/call.ts';
import type { Clock } from '../../core/clock.ts';
import { firstValue } from '../../core/headers.ts';
import { streamed } from '../../core/request-body.ts';
import type { Sender } from '../../core/sender.ts';
import type { MirrorConfig } from '../../config/build/mirror.ts';
import { clientOf } from '../../edge/client-exchange.ts';
import { compileRewrite } from '../rewrite.ts';
import type { ActionContext, Route } from '../route.ts';
import { DiffRules } from './diff-rules.ts';
import type { MirrorOutcome, MirrorState } from './mirror-state.ts';
import type { Mirrors } from './mirrors.ts';

/** Methods that ask for nothing but an answer (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** May requests with this method be copied? */
export const copiesMethod = (method: string, { copiesUnsafe }: MirrorConfig): boolean =>
  copiesUnsafe || SAFE.has(method);

export class Mirror {
  readonly route: string;
  readonly config: MirrorConfig;
  readonly rules: DiffRules | undefined;
  readonly state: MirrorState;
  readonly sender: Sender;
  readonly mirrors: Mirrors;
  readonly clock: Clock;
  readonly context: ActionContext;
  readonly #pathOf: (request: UpstreamRequest) => string;

  constructor(route: Route, config: MirrorConfig, context: ActionContext) {
    const { upstream, rewrite, timeoutMs, compare } = config;
    this.route = route.config.name;
    this.config = config;
    this.context = context;
    this.clock = context.clock;
    this.mirrors = context.mirrors;
    this.rules = compare && DiffRules.of(compare.rules);
    this.state = context.mirrors.of(this.route, config);
    this.sender = route.mirrorOf(upstream, timeoutMs);
    this.#pathOf = pathOf(rewrite);
  }

  /** Is a copy of this request to be sent? Where that fails for lack of room, it is counted. */
  takes(request: UpstreamRequest): boolean {
    const { share, concurrency } = this.config;
    if (!copiesMethod(request.method, this.config)) return false;
    if (share < 1 && this.context.random() >= share) return false;
    if (isStream(request)) return false;
    if (this.state.open < concurrency) return true;
    this.count('full');
    return false;
  }

  count(outcome: MirrorOutcome): void {
    this.state.count(outcome);
    this.context.onMirror(this.route, this.config.upstream, outcome);
  }

  /** @throws GW_REQUEST_INVALID when a parameter cannot stand in the path */
  pathOf(request: UpstreamRequest): string {
    return this.#pathOf(request);
  }

  /** Makes room for `bytes` more of a body; returns whether there is some. */
  copy(bytes: number): boolean {
    const { concurrency, maxBodyBytes } = this.config;
    if (this.state.copying + bytes > concurrency * maxBodyBytes) return false;
    this.state.copying += bytes;
    return true;
  }
}

/** By the mirror's own `rewrite`, or the path that the primary is asked for. */
function pathOf(written: string | undefined): (request: UpstreamRequest) => string {
  if (written === undefined) return ({ path }) => path;
  const rewrite = compileRewrite(written);
  return ({ context }) => rewrite(clientOf(context));
}

/** Messages or events that go on for as long as both sides like. */
const isStream = ({ headers, body }: UpstreamRequest): boolean =>
  streamed(body)?.isConversation === true ||
  firstValue(headers['accept'])?.includes('text/event-stream') === true;
