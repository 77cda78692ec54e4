/**
 * One search for a route among the candidates whose path fits: the best of them, and any doubt about it.
 */
import type { MatchConfig, RouteConfig } from '../config/build/config.ts';
import type { Doubt, MatchRequest, Verdict } from './conditions.ts';

export interface Candidate {
  readonly route: RouteConfig;
  readonly match: MatchConfig;
  readonly rank: number;
  readonly methods: ReadonlySet<string> | undefined;
  readonly condition: ((request: MatchRequest) => Verdict) | undefined;
  /** Tests the host alone; with the path, it decides between 404 and 405. */
  readonly hostCondition: ((request: MatchRequest) => Verdict) | undefined;
  readonly groups: ((path: string) => Readonly<Record<string, string>> | undefined) | undefined;
}

/** Collects the best candidate so far, and those whose path fits but nothing else. */
export class Search {
  readonly path: string;
  readonly #request: MatchRequest;
  best: Candidate | undefined;
  #near: Doubtful | undefined;
  #remote: Doubtful | undefined;
  readonly passed: Candidate[] = [];

  constructor(request: MatchRequest) {
    this.path = request.path;
    this.#request = request;
  }

  tryAll(candidates: readonly Candidate[]): void {
    for (const candidate of candidates) this.try(candidate);
  }

  try(candidate: Candidate): void {
    if (this.best !== undefined && candidate.rank > this.best.rank) return;
    const verdict = accepts(candidate, this.#request);
    if (verdict === 'yes') this.best = candidate;
    else {
      this.passed.push(candidate);
      if (verdict !== 'no') this.#note(candidate, verdict);
    }
  }

  /** The doubt about the best candidate: another one would win under some reading. */
  get doubt(): Doubt | undefined {
    const { best } = this;
    const wins = (other: Doubtful | undefined): other is Doubtful =>
      other !== undefined && other.rank < (best?.rank ?? Number.POSITIVE_INFINITY);
    if (wins(this.#near)) return this.#near.doubt;
    // If nothing is served anyway, it does not matter how upstreams would read the request.
    return best !== undefined && wins(this.#remote) ? this.#remote.doubt : undefined;
  }

  #note({ rank: own }: Candidate, doubt: Doubt): void {
    const known = doubt.isRemote ? this.#remote : this.#near;
    if (known !== undefined && known.rank < own) return;
    if (doubt.isRemote) this.#remote = { rank: own, doubt };
    else this.#near = { rank: own, doubt };
  }
}

/** A search that keeps every candidate it meets: those whose path fits. Only explaining uses it. */
export class ListedSearch extends Search {
  readonly met: Candidate[] = [];

  override try(candidate: Candidate): void {
    this.met.push(candidate);
    super.try(candidate);
  }
}

interface Doubtful {
  readonly rank: number;
  readonly doubt: Doubt;
}

function accepts({ methods, condition }: Candidate, request: MatchRequest): Verdict {
  if (methods !== undefined && !methods.has(request.method)) return 'no';
  return condition === undefined ? 'yes' : condition(request);
}
