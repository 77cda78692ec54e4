/** What a forwarding route says of paths: which one is sent, and whether answers are turned round. */
import { z } from 'zod';
import type { WrittenAction } from '../config/actions.ts';
import { hint } from '../config/check/suggest.ts';
import { checkReferences, checkSentPath, checkTarget } from '../config/check/template.ts';
import type { Finding, Path } from '../config/fault.ts';
import { checkRegex, parseRegex } from '../config/schema/regex.ts';
import { shown } from '../config/schema/types.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { oneWayReason } from '../routes/rewrite-back/rewrite-shape.ts';

const sentPath = () =>
  z.string().startsWith('/', { error: (issue) => `${shown(issue.input)} must start with /` });

export const Rewrite = z
  .union([
    sentPath(),
    z.strictObject({
      regex: z
        .string()
        .min(1)
        .describe('RE2 syntax; must match the whole path. Other paths are sent as they came.'),
      to: sentPath().describe(
        'What a path becomes: `{name}` is the text of the group `(?P<name>…)`, slashes included.',
      ),
    }),
  ])
  .describe(
    'Path sent upstream: `/orders/*` replaces the prefix, `/orders/{id}` uses parameters, and a regex takes any path apart.',
  );

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
  const path = [...at, 'rewrite'];
  if (isMap(rewrite)) yield* checkRegexRewrite(rewrite, path, rewriteBack === true);
  if (typeof rewrite !== 'string') return;
  yield* checkTarget(rewrite, path, matches);
  yield* checkSentPath(rewrite, path);
  if (rewriteBack !== true) return;
  const reason = oneWay(rewrite, matches);
  if (reason === undefined) return;
  yield { path, message: `${ONE_WAY}: ${reason}` };
}

function* checkRegexRewrite({ regex, to }: Tree, path: Path, isBack: boolean): Generator<Finding> {
  if (isBack) yield { path, message: `${ONE_WAY}: it is a regex` };
  yield* checkRegex(regex, [...path, 'regex']);
  if (typeof to !== 'string') return;
  yield* checkReferences(to, [...path, 'to'], ({ text }) =>
    namesOf(regex)?.includes(text) === false
      ? `the regex has no group (?P<${text}>…)${hint(text, namesOf(regex)!)}`
      : undefined,
  );
  if (to.includes('*')) yield { path: [...path, 'to'], message: '* is no rest here: name a group' };
  yield* checkSentPath(to, [...path, 'to']);
}

/** Of its groups; `undefined` for what is no regex. */
function namesOf(regex: unknown): readonly string[] | undefined {
  try {
    return typeof regex === 'string' ? parseRegex(regex).names : undefined;
  } catch {
    return undefined;
  }
}

const ONE_WAY = 'cannot be turned round for "rewriteBack"';

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
