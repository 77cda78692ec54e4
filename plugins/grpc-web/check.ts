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
    const message = `needs a route that forwards, with "upstream" or "split": this one has "${answer}"`;
    yield { path: [], at: 'key', message };
  }
  for (const name of calledOn(others)) {
    if (!upstreams.has(name) || http2.has(name)) continue;
    const message = `needs "http2: true" of the upstream "${name}": gRPC is spoken over HTTP/2`;
    yield { path: [], at: 'key', message };
  }
}

/** Keys that name upstreams, which get what the route forwards. Mirrors get no gRPC. */
const CALLS = ['upstream', 'split', 'fallback'];

/** The upstreams that the route forwards to, each once. */
function calledOn(others: ReadonlyMap<string, unknown>): ReadonlySet<string> {
  const written = CALLS.flatMap((key) => others.get(key));
  const named = written.map((each) => {
    if (typeof each === 'string') return each;
    return (each as { readonly upstream?: unknown } | null | undefined)?.upstream;
  });
  return new Set(named.filter((name) => typeof name === 'string'));
}
