/** What a forwarding route says of paths: which one is sent, and whether answers are turned round. */
import { z } from 'zod';
import type { WrittenAction } from '../config/actions.ts';
import { checkSentPath, checkTarget } from '../config/check/template.ts';
import { shown } from '../config/schema/types.ts';
import type { Finding } from '../config/fault.ts';
import { oneWayReason } from '../routes/rewrite-back/rewrite-shape.ts';

export const Rewrite = z
  .string()
  .startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` })
  .describe('Path sent upstream: `/orders/*` replaces the prefix, `/orders/{id}` uses parameters.');

export const RewrittenBack = z
  .boolean()
  .optional()
  .describe(
    "Makes `Location`, `Content-Location`, `Refresh`, and `Domain` and `Path` of cookies speak of what the client asked for: its scheme and host instead of the upstream's, and paths with the rewrite turned round. Default: they stay as the upstream wrote them.",
  );

/** Finds a rewrite that cannot be sent, or not be turned round where that is wanted. */
export function* checkRewrite({
  route: { rewrite, rewriteBack },
  at,
  matches,
}: Pick<WrittenAction, 'route' | 'at' | 'matches'>): Generator<Finding> {
  if (typeof rewrite !== 'string') return;
  const path = [...at, 'rewrite'];
  yield* checkTarget(rewrite, path, matches);
  yield* checkSentPath(rewrite, path);
  if (rewriteBack !== true) return;
  const reason = oneWay(rewrite, matches);
  if (reason === undefined) return;
  yield { path, message: `cannot be turned round for "rewriteBack": ${reason}` };
}

function oneWay(rewrite: string, { alternatives }: WrittenAction['matches']): string | undefined {
  const shapes = alternatives.map(({ pattern, isOpen }) => ({
    isRegex: pattern === undefined && !isOpen,
    isOpen,
  }));
  try {
    return oneWayReason(rewrite, shapes);
  } catch (error) {
    // The check of references reports braces.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
