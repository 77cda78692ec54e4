/** What to turn where a gateway refuses requests: one line for each code of an error, and for each other bound. */
import type { ErrorCode } from '../core/errors.ts';

export interface HintOf {
  /** Of the config; `<name>` where it is not known. */
  readonly route: string;
  /** Those that were called, as a name in a path of the config: `orders`, or `<name>`. */
  readonly upstream: string;
}

type Hint = (of: HintOf) => string;

const HINTS: Partial<Readonly<Record<ErrorCode, Hint>>> = {
  GW_REQUEST_INVALID: () =>
    'the request is refused as it is: --path, --header and --body say what is sent',
  GW_TOKEN_MISSING: () => "pass --token, or --header 'name: value' for another kind of credential",
  GW_TOKEN_INVALID: () =>
    'the token of --token is not accepted: the cause says why; plugins.jwt.issuers names who may sign it',
  GW_SCOPE_INSUFFICIENT: ({ route }) => `the token lacks what routes.${route} asks for`,
  GW_ADDRESS_DENIED: ({ route }) => `routes.${route}.ip does not admit the address of the load`,
  GW_ROUTE_NOT_FOUND: () => '--path matches no route of this config',
  GW_METHOD_NOT_ALLOWED: () => '--method is not among the methods of the routes for this path',
  GW_BODY_TOO_LARGE: ({ route }) => `raise routes.${route}.limits.body, or server.limits.body`,
  GW_URI_TOO_LONG: () => 'raise server.limits.url',
  GW_HEADERS_TOO_LARGE: () => 'raise server.limits.headers',
  GW_MEDIA_TYPE: () => "say what --body is: --header 'content-type: …'",
  GW_RATE_LIMITED: ({ route }) =>
    `raise rateLimit.max of routes.${route}, or of defaults.routes: to a limit, all connections are one client`,
  GW_QUOTA_EXCEEDED: ({ route }) =>
    `raise the quotas that routes.${route} names under plugins.quota.quotas, or leave quota out`,
  GW_OVERLOADED: () => 'raise the number of file descriptors: ulimit -n',
  GW_BULKHEAD_FULL: ({ upstream, route }) =>
    `raise upstreams.${upstream}.bulkhead: concurrency, queue or wait; or routes.${route}.bulkhead.share`,
  GW_CIRCUIT_OPEN: ({ upstream }) =>
    `failures opened the circuit: look at what the upstream answered; upstreams.${upstream}.breaker says what counts`,
  GW_NO_TARGET: ({ upstream }) => `upstreams.${upstream}.discover finds no target`,
  GW_DEPENDENCY_DOWN: ({ route }) =>
    `a service that a plugin of routes.${route} needs does not answer: a key set, a Redis, an authorizer`,
  GW_UPSTREAM_CONNECT: ({ upstream }) =>
    `the upstream does not accept connections fast enough; upstreams.${upstream}.keepAlive keeps them longer`,
  GW_UPSTREAM_RESET: ({ upstream }) =>
    `the upstream closes connections; upstreams.${upstream}.keepAlive must be shorter than it keeps them`,
  GW_UPSTREAM_INVALID: () =>
    'the answer is not what the schema of a BFF or a part asks for; with --stub, pass a fitting --stub-body',
  GW_UPSTREAM_TIMEOUT: ({ upstream }) =>
    `the upstream took too long: raise upstreams.${upstream}.timeout, or send less with -c`,
  GW_DEADLINE_EXCEEDED: ({ upstream }) =>
    `calls took too long: raise upstreams.${upstream}.deadline, or send less with -c`,
  GW_CLIENT_DEADLINE: () =>
    'the time that the calls themselves give (grpc-timeout) is over: give more, or send less with -c',
  GW_INTERNAL: () => 'a bug: portico start with the same config logs where',
};

/** `undefined` where there is nothing to turn. */
export const hintFor = (code: string, of: HintOf): string | undefined =>
  HINTS[code as ErrorCode]?.(of);

const CONNECTION_HINTS: Readonly<Record<string, string>> = {
  connections: 'raise server.limits.connections, or pass a smaller -c',
  address: 'raise server.limits.connectionsPerAddress: the load comes from one address',
  descriptors: 'raise the number of file descriptors: ulimit -n',
  proxyProtocol: 'send the load through the proxy in front of that listener',
};

export const connectionHint = (limit: string): string =>
  CONNECTION_HINTS[limit] ?? 'pass a smaller -c';

/** Where calls wait for a slot of an upstream, or its circuit is not closed. */
export function upstreamHint(
  upstream: string,
  { waiting, circuit }: { readonly waiting: number; readonly circuit: string | undefined },
): string | undefined {
  if (circuit !== undefined) return CIRCUIT_HINTS[circuit]?.(upstream);
  if (waiting === 0) return undefined;
  return `calls wait for a slot, which bounds the rate: raise upstreams.${upstream}.bulkhead.concurrency`;
}

const failed: (upstream: string) => string = (upstream) =>
  `it failed, so that it is not called for a while: upstreams.${upstream}.breaker says what counts, and how long`;

const CIRCUIT_HINTS: Readonly<Record<string, (upstream: string) => string>> = {
  open: failed,
  'half-open': failed,
  forced: () => 'the admin port holds the circuit: POST {"state":"auto"} hands it back',
};
