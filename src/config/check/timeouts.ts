/**
 * Finds timeouts that are never reached because a deadline ends the call first. Without this, `timeout: 30s`
 * alone would wait 15 s, and only a 504 would tell.
 */
import type { Finding, Path } from '../fault.ts';
import { PAUSE, type Step } from './step.ts';
import { Server } from '../schema/schema.ts';
import { UPSTREAM_DEFAULTS } from '../schema/upstream.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { parseDuration } from '../schema/units.ts';

/**
 * A warning for each timeout in the config that is longer than its deadline, and for each
 * deadline that is longer than any answer is waited for.
 */
export function* checkTimeouts(tree: Tree): Generator<Step> {
  yield* checkAttempts(tree);
  yield* checkDeadlines(tree);
}

function* checkDeadlines({ server, defaults, upstreams, routes }: Tree): Generator<Step> {
  const { answer } = mapOf(mapOf(server)['limits']);
  const answerMs = answer === undefined ? DEFAULT_ANSWER_MS : read(answer);
  const places: readonly (readonly [Path, unknown])[] = [
    [['defaults', 'upstreams'], mapOf(defaults)['upstreams']],
    ...Object.entries(mapOf(upstreams)).map(([name, own]) => [['upstreams', name], own] as const),
    ...Object.entries(mapOf(routes)).map(([name, own]) => [['routes', name], own] as const),
  ];
  for (const [path, own] of places) {
    yield PAUSE;
    const { deadline } = mapOf(own);
    const deadlineMs = read(deadline);
    if (deadlineMs === undefined || answerMs === undefined || deadlineMs <= answerMs) continue;
    const shown = typeof answer === 'string' ? answer : `${DEFAULT_ANSWER_MS / 60_000}m by default`;
    const message = `is never reached: server.limits.answer (${shown}) ends the request first`;
    yield { path: [...path, 'deadline'], severity: 'warning', message };
  }
}

function* checkAttempts({ defaults, upstreams, routes }: Tree): Generator<Step> {
  const named = mapOf(upstreams);
  const common = mapOf(mapOf(defaults)['upstreams']);
  const deadlineOf = (route: Tree, upstream: unknown): unknown =>
    route['deadline'] ??
    (typeof upstream === 'string' ? mapOf(named[upstream])['deadline'] : undefined) ??
    common['deadline'];
  const all = Object.entries(mapOf(routes)).map(([name, route]) => [name, mapOf(route)] as const);
  // Upstreams whose deadline a route replaces; parts and BFFs may call any.
  const isReplaced = all.some(([, route]) => route['deadline'] !== undefined);
  if (!isReplaced) {
    yield* compare(common['timeout'], common['deadline'], ['defaults', 'upstreams', 'timeout']);
    for (const [name, upstream] of Object.entries(named)) {
      const { timeout } = mapOf(upstream);
      yield* compare(timeout, deadlineOf({}, name), ['upstreams', name, 'timeout']);
    }
  }
  for (const [name, route] of all) {
    yield PAUSE;
    const path: Path = ['routes', name];
    yield* compare(route['timeout'], deadlineOf(route, route['upstream']), [...path, 'timeout']);
    for (const [part, options] of Object.entries(mapOf(route['aggregate']))) {
      const { timeout, upstream, foreach } = mapOf(options);
      // Of many calls together, each of which has the deadline.
      if (foreach !== undefined) continue;
      const at = [...path, 'aggregate', part, 'timeout'];
      yield* compare(timeout, deadlineOf(route, upstream), at);
    }
  }
}

const DEFAULT_DEADLINE_MS = UPSTREAM_DEFAULTS.deadline;
const DEFAULT_ANSWER_MS = Server.shape.limits.parse(undefined).answer;

const mapOf = (value: unknown): Tree => (isMap(value) ? value : {});

function* compare(timeout: unknown, deadline: unknown, path: Path): Generator<Finding> {
  const timeoutMs = read(timeout);
  const deadlineMs = deadline === undefined ? DEFAULT_DEADLINE_MS : read(deadline);
  if (timeoutMs === undefined || deadlineMs === undefined || timeoutMs <= deadlineMs) return;
  const shown =
    typeof deadline === 'string' ? deadline : `${DEFAULT_DEADLINE_MS / 1_000}s by default`;
  const message = `is never reached: the deadline (${shown}) ends the call first`;
  yield { path, severity: 'warning', message };
}

/** `undefined` if absent or not a duration: the schema reports that. */
function read(written: unknown): number | undefined {
  if (typeof written !== 'string') return undefined;
  try {
    return parseDuration(written);
  } catch {
    return undefined;
  }
}
