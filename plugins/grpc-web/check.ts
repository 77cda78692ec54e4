/** Finds routes on which gRPC-Web cannot work. */
import type { KnownNames, OptionFault } from 'portico';

/** What a route does instead of forwarding. */
const ANSWERS = ['aggregate', 'bff', 'redirect', 'respond'];

export function* checkRoute(
  others: ReadonlyMap<string, unknown>,
  { upstreams, http2 }: Pick<KnownNames, 'upstreams' | 'http2'>,
): Generator<OptionFault> {
  const answer = ANSWERS.find((key) => others.has(key));
  if (answer !== undefined) {
    const message = `needs a route that forwards, with "upstream": this one has "${answer}"`;
    yield { path: [], at: 'key', message };
  }
  for (const name of calledOn(others)) {
    if (!upstreams.has(name) || http2.has(name)) continue;
    const message = `needs "http2: true" of the upstream "${name}": gRPC is spoken over HTTP/2`;
    yield { path: [], at: 'key', message };
  }
}

/** The upstreams that the route forwards to. */
const calledOn = (others: ReadonlyMap<string, unknown>): string[] =>
  [others.get('upstream'), others.get('fallback')].flatMap((each) => {
    if (typeof each === 'string') return each;
    const { upstream } = (each ?? {}) as { readonly upstream?: unknown };
    return typeof upstream === 'string' ? upstream : [];
  });
