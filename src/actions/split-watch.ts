/** A route whose calls to one upstream are counted, whole calls with their retries: for the sides of a split. */
import { composed, promising } from '../core/compose.ts';
import type { Guard } from '../core/sender.ts';
import type { Route } from '../routes/route.ts';

/** Calls to other upstreams, such as a fallback's, are not counted. */
export const watchedRoute = (route: Route, upstream: string, guards: readonly Guard[]): Route => ({
  ...route,
  callOf(name) {
    const call = route.callOf(name);
    if (name !== upstream) return call;
    const sender = composed(guards, call.sender);
    return { ...call, sender, call: promising(sender) };
  },
  tunnelOf: (name) =>
    name === upstream ? composed(guards, route.tunnelOf(name)) : route.tunnelOf(name),
});
