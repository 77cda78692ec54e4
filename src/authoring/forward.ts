/** `app.forward` of a BFF: what it may say, checked when the module is mounted. */
import { inspect } from 'node:util';
import { checkSentPath } from '../config/check/template.ts';
import { hint } from '../config/check/suggest.ts';
import { parseTemplate } from '../config/schema/template.ts';
import { SERVED_METHODS } from '../edge/methods.ts';
import { CREDENTIALS } from '../routes/forwarded-fields.ts';
import { oneWayReason } from '../routes/rewrite-back/rewrite-shape.ts';
import type { BffRouteConfig } from './bff.ts';

export interface ForwardOptions {
  /**
   * The path that is sent: `/static/*` replaces the part of the pattern before `*`, `/files/{id}` uses parameters.
   * Default: the path below the mount.
   */
  readonly rewrite?: string;
  /**
   * Makes `Location`, `Content-Location`, `Refresh`, and `Domain` and `Path` of cookies speak of what the client asked for,
   * as `rewriteBack` of a route does. Default: false, they stay as the upstream wrote them.
   */
  readonly rewriteBack?: boolean;
  /** Default: DELETE, GET, HEAD, OPTIONS, PATCH, POST and PUT. HEAD comes with GET. */
  readonly methods?: readonly string[];
  /**
   * The client's fields that are passed on. `*` means all but credentials (`authorization`, `cookie`, `x-api-key`),
   * which have to be named. Fields about the body (`content-*`) always are. Default: `['*']`.
   */
  readonly forwardHeaders?: readonly string[];
  /** Of the endpoint, as for any other. */
  readonly config?: BffRouteConfig;
}

/** A checked `app.forward`. */
export interface Forward {
  /** Such as `/images/*` or `/orders/:id/invoice`. */
  readonly pattern: string;
  /** The paths of Fastify's routes. */
  readonly urls: readonly string[];
  /** How many segments the pattern has before its `*`; `undefined` without one. */
  readonly depth: number | undefined;
  readonly upstream: string;
  readonly rewrite: string | undefined;
  readonly rewriteBack: boolean;
  readonly methods: readonly string[];
  readonly headers: readonly string[];
  readonly config: BffRouteConfig;
}

const KNOWN = ['rewrite', 'rewriteBack', 'methods', 'forwardHeaders', 'config'] as const;
const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];
const ALL = ['*'];
/** Letters, digits and the like, without escapes: as a client's canonical path has them. */
const PATTERN = /^\/(?:(?::?[\w.~-]+\/)*(?:\*|:?[\w.~-]+))?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;

/** @throws {TypeError} that names what is wrong, for the author of the BFF */
export function describeForward(
  pattern: string,
  upstream: string,
  options: ForwardOptions,
  upstreams: readonly string[],
): Forward {
  const refuse = (why: string): never => {
    throw new TypeError(`app.forward('${pattern}', '${upstream}'): ${why}`);
  };
  if (!PATTERN.test(pattern)) {
    refuse('the pattern is a path such as /images/*, /logo.png or /orders/:id/invoice');
  }
  if (!upstreams.includes(upstream)) {
    refuse(`defineBff does not name this upstream${hint(upstream, upstreams)}`);
  }
  for (const key of Object.keys(options)) {
    if (!KNOWN.includes(key as never)) refuse(`unknown option "${key}"${hint(key, [...KNOWN])}`);
  }
  const { rewrite, rewriteBack = false, methods = METHODS, forwardHeaders = ALL } = options;
  const { config = {} } = options;
  const fault =
    rewriteFault(rewrite, pattern) ??
    backFault(rewriteBack, rewrite, pattern) ??
    methodsFault(methods) ??
    headersFault(forwardHeaders);
  if (fault !== undefined) refuse(fault);
  const isOpen = pattern.endsWith('*');
  const base = pattern.slice(0, -2) || '/';
  return {
    pattern,
    urls: isOpen ? [base, pattern] : [pattern],
    depth: isOpen ? pattern.split('/').length - 2 : undefined,
    upstream,
    rewrite,
    rewriteBack,
    methods: methods.includes('GET') ? [...new Set([...methods, 'HEAD'])] : methods,
    headers: forwardHeaders.map((name) => name.toLowerCase()),
    config,
  };
}

function rewriteFault(rewrite: unknown, pattern: string): string | undefined {
  if (rewrite === undefined) return undefined;
  if (typeof rewrite !== 'string' || !rewrite.startsWith('/')) {
    return 'rewrite is a path such as /static/* or /files/{id}';
  }
  if (rewrite.replace(/\/\*$/, '').includes('*')) return 'rewrite: * may only be the last segment';
  if (rewrite.endsWith('*') && !pattern.endsWith('*')) {
    return 'rewrite ends in * but the pattern does not: there is nothing to keep';
  }
  const [fault] = checkSentPath(rewrite.replace(/\/\*$/, '') || '/', []);
  if (fault !== undefined) return `rewrite ${fault.message}`;
  const known = [...pattern.matchAll(/:([\w.~-]+)/g)].map(([, name]) => name!);
  try {
    const unknown = parseTemplate(rewrite).references.find(({ text }) => !known.includes(text));
    if (unknown === undefined) return undefined;
    const { text } = unknown;
    return `rewrite: the pattern has no parameter :${text}${hint(text, known)}`;
  } catch (error) {
    return `rewrite: ${(error as Error).message}`;
  }
}

/** Called with a rewrite that can be sent. */
function backFault(
  rewriteBack: unknown,
  rewrite: string | undefined,
  pattern: string,
): string | undefined {
  if (typeof rewriteBack !== 'boolean') return 'rewriteBack is true or false';
  if (!rewriteBack || rewrite === undefined) return undefined;
  const reason = oneWayReason(rewrite, [{ isRegex: false, isOpen: pattern.endsWith('*') }]);
  return reason && `rewrite cannot be turned round for rewriteBack: ${reason}`;
}

function methodsFault(methods: unknown): string | undefined {
  if (!Array.isArray(methods) || methods.length === 0) return "methods is a list such as ['GET']";
  const unknown = methods.find((method) => !SERVED_METHODS.includes(method as string)) as unknown;
  return unknown === undefined ? undefined : `methods: ${inspect(unknown)} is not served`;
}

function headersFault(names: unknown): string | undefined {
  const isList = Array.isArray(names) && names.every((name) => typeof name === 'string');
  if (!isList) return `forwardHeaders is a list such as ['*', '${[...CREDENTIALS][0]!}']`;
  const wrong = names.find((name: string) => !TOKEN.test(name.toLowerCase())) as unknown;
  return wrong === undefined ? undefined : `forwardHeaders: ${inspect(wrong)} is not a field`;
}
