/** Puts the mirrors of a route around whatever forwards its requests. */
import type { ActionConfig } from '../config/actions.ts';
import type { MirrorConfig } from '../config/build/mirror.ts';
import type { Sender } from '../core/sender.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { copiesMethod, Mirror } from '../routes/mirror/mirror.ts';
import { mirroring } from '../routes/mirror/mirroring.ts';
import { compileRewrite } from '../routes/rewrite.ts';
import type { ActionContext, Route } from '../routes/route.ts';
import type { PlannedMirror } from './plan.ts';

/** `sender` itself, if the route has no mirrors. */
export function mirrored(
  sender: Sender,
  { mirrors = [] }: Pick<ActionConfig, 'mirrors'>,
  route: Route,
  context: ActionContext,
): Sender {
  if (mirrors.length === 0) return sender;
  const running = mirrors.map((config) => new Mirror(route, config, context));
  return mirroring(sender, running, context.clock);
}

/** For the one line of an action: `, mirrored to next`; empty if there are none. */
export const mirrorWords = (mirrors: readonly MirrorConfig[] = []): string =>
  mirrors.length === 0 ? '' : `, mirrored to ${mirrors.map(({ upstream }) => upstream).join(', ')}`;

/** `primaryPath` is the path that is sent to the route's own upstream. */
export const planMirrors = (
  mirrors: readonly MirrorConfig[],
  exchange: ClientExchange,
  primaryPath: string,
): PlannedMirror[] =>
  mirrors.map((mirror) => ({
    upstream: mirror.upstream,
    path: mirror.rewrite === undefined ? primaryPath : compileRewrite(mirror.rewrite)(exchange),
    share: copiesMethod(exchange.method, mirror) ? mirror.share : 0,
    isCompared: (mirror.compare?.share ?? 0) > 0,
  }));
