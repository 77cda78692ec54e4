/** A route whose calls to one upstream are counted, whole calls with their retries: for a side that may be aborted. */
import { composed, promising } from '../core/compose.ts';
import type { Guard } from '../core/sender.ts';
import type { Route } from '../routes/route.ts';

/** Calls to other upstreams, such as a fallback's, are not counted. */
export const watchedRoute = (route: Route, upstream: string, guard: Guard): Route => ({
  ...route,
  callOf(name) {
    const call = route.callOf(name);
    if (name !== upstream) return call;
    const sender = composed([guard], call.sender);
    return { ...call, sender, call: promising(sender) };
  },
  tunnelOf: (name) =>
    name === upstream ? composed([guard], route.tunnelOf(name)) : route.tunnelOf(name),
});
