/**
 * The schema of gateway.config.yaml: every option with its unit, default and meaning, once.
 *
 * The TypeScript types, the validation, the editors' JSON Schema and the reference in docs/ derive
 * from it. Objects are strict everywhere, so that a typo is a fault and never ignored.
 */
import { z } from 'zod';
import type { ActionModule } from '../actions.ts';
import { Listener, LISTENER_SHAPE, port } from './listener.ts';
import { RouteBase } from './route.ts';
import { Saga } from './saga.ts';
import { Store } from './store.ts';
import { Tracing } from './tracing.ts';
import { OWN_KEYS, Upstream, UpstreamOptions } from './upstream.ts';
import {
  addressField,
  addressRange,
  duration,
  NAME,
  nameFault,
  orFalse,
  positiveDuration,
  size,
} from './types.ts';

/** What a plugin adds to the schema. */
export interface PluginSchema {
  /** Plugin-wide, under `plugins.<name>`. */
  readonly settings: z.ZodType;
  /** Per route, under the plugin's name. */
  readonly options: z.ZodType;
}

const name = (what: string) =>
  z.string().regex(NAME, {
    error: (issue) => nameFault(String(issue.input), what),
  });

export const Server = z
  .strictObject({
    host: z.string().min(1).default('0.0.0.0').describe('Address to listen on.'),
    port: port('Port to listen on; 0 picks a free one.').default(8080),
    ...LISTENER_SHAPE,
    listeners: z
      .record(name('a listener'), Listener)
      .optional()
      .describe(
        'Several ports or unix sockets, by name, instead of the one that `host`, `port`, `socket` and `tls` describe.',
      ),
    trustedProxies: z
      .array(addressRange())
      .default([])
      .describe(
        'Proxies in front, by address or network. Their `X-Forwarded-*`, `Forwarded` and `X-Request-Id` are trusted.',
      ),
    clientAddress: addressField()
      .optional()
      .describe(
        'The one field in which trusted proxies send the client’s address, such as `CF-Connecting-IP`. It is ignored unless it holds exactly one address. Default: none; `X-Forwarded-For` and `Forwarded` are used.',
      ),
    paths: z
      .strictObject({
        handling: z
          .enum(['normalize', 'reject'])
          .default('normalize')
          .describe('`reject` answers 400 to a path that is not already canonical.'),
        escapedSlash: z
          .enum(['refuse', 'keep'])
          .default('refuse')
          .describe(
            '`%2F` in a path: answer 400, or keep it as data that never separates segments.',
          ),
        parameters: z
          .enum(['keep', 'refuse'])
          .default('keep')
          .describe(
            '`;` and `%3B` in a path: keep what follows, and answer 400 if the path without it belongs to another route; or always answer 400.',
          ),
      })
      .prefault({})
      .describe('How request paths are made canonical before anything looks at them.'),
    limits: z
      .strictObject({
        body: size().prefault('1MiB').describe('Longest request body; 413 beyond it.'),
        headers: size().prefault('16KiB').describe('Longest request head; 431 beyond it.'),
        url: size().prefault('8KiB').describe('Longest request target; 414 beyond it.'),
        headersTimeout: positiveDuration()
          .prefault('10s')
          .describe('Time for a whole request head to arrive; 408 after that.'),
        idle: positiveDuration()
          .prefault('30s')
          .describe(
            'Longest silence of a client while bytes of its request are due; 408 after that. For gRPC it no longer applies once the answer has begun. It also bounds how long an unwanted body is read.',
          ),
        minRate: size()
          .prefault('240B')
          .describe(
            'Minimum bytes a second of a request body, on average, from its 6th second on and while the gateway asks for them; 408 below it. gRPC is exempt. 0B sets no bound.',
          ),
        readerIdle: positiveDuration()
          .prefault('5m')
          .describe(
            'Longest time a client may take no byte of its response while some are due; then it is disconnected. The system may report the progress of a slow but steady reader only every minute or two.',
          ),
        answer: positiveDuration()
          .prefault('5m')
          .describe(
            'Longest wait for a response head, whatever hooks and handlers wait for; 504 after that. It does not limit the body.',
          ),
        keepAlive: positiveDuration()
          .prefault('72s')
          .describe(
            'How long an idle connection is kept; set it longer than the load balancer keeps it.',
          ),
        connections: z.int().min(1).default(10_000).describe('Client connections open at once.'),
        connectionsPerAddress: z
          .int()
          .min(1)
          .optional()
          .describe(
            'The same per address (IPv6: per /64); trusted proxies may hold any number. Default: no such limit.',
          ),
      })
      .prefault({})
      .describe('Bounds on what clients may use.'),
    allowFaults: z
      .boolean()
      .default(false)
      .describe('Allows the plugin `fault` on routes: for tests, never for real clients.'),
    shutdown: z
      .strictObject({
        delay: duration()
          .prefault('0s')
          .describe('Time between failing readiness and refusing connections.'),
        grace: duration()
          .prefault('15s')
          .describe('Time for requests in progress to finish; then they are cut off.'),
      })
      .prefault({})
      .describe('What happens on SIGTERM.'),
  })
  .describe('Where clients connect, and what they may do.');

export const Admin = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1').describe('Address of the admin port.'),
    port: port('Admin port: /livez, /readyz, /metrics, /status.').default(9901),
    token: z
      .string()
      .min(16, 'must have 16 characters or more')
      .optional()
      .describe(
        'Bearers of this token may change state; without one, only programs on this machine may. Best given as `${file:…}`.',
      ),
    requests: z
      .int()
      .min(0)
      .max(1_000)
      .default(200)
      .describe(
        'How many of the last requests can be read at `/requests`, with their calls and attempts; 0 keeps none, and no problems.',
      ),
    trace: z
      .strictObject({
        keys: z
          .array(z.string().min(32))
          .min(1)
          .max(8)
          .describe(
            'Keys that sign requests; each of them is accepted, so that one can replace the other. Best given as `${file:…}`.',
          ),
      })
      .optional()
      .describe(
        'Requests with a signed `Portico-Debug` field leave a trace, which can be read at `/trace/{id}` for five minutes: docs/trace.md. Without it, the field has no effect.',
      ),
  })
  .describe('Probes, metrics and status, on a separate port; false disables it.');

const Telemetry = z
  .strictObject({
    logs: z
      .strictObject({
        level: z
          .enum(['trace', 'debug', 'info', 'warn', 'error', 'silent'])
          .default('info')
          .describe('Lowest level that is written.'),
        access: z.boolean().default(true).describe('One line per request.'),
      })
      .prefault({})
      .describe(
        'JSON lines on standard output. Requests never wait for the reader: up to 4 MiB of unread lines are kept, further ones are dropped and counted (`portico_log_lines_dropped_total`).',
      ),
    tracing: Tracing.default(false).describe(
      'Spans of requests, calls and attempts, sent by OTLP; W3C Trace Context in and out.',
    ),
  })
  .describe('What the gateway reports about itself.');

/** A user's plugin names its module; the rest are its settings, checked by its own schema. */
const moduleReference = z
  .looseObject({
    module: z
      .string()
      .min(1)
      .describe(
        'Path (from this file) or package name of the plugin; it runs when the config loads.',
      ),
    fastPath: z
      .boolean()
      .optional()
      .describe(
        'Declares that this ordinary Fastify plugin does not need onSend on forwarded responses, so that they may skip it.',
      ),
  })
  .describe('Your own plugin; all other keys are its settings.');

/** Says what `schema` is, where it does not say so itself. */
const described = <T extends z.ZodType>(schema: T, text: string): T =>
  schema.description === undefined ? schema.describe(text) : schema;

/** What adds keys to the schema. */
export interface SchemaParts {
  readonly plugins: ReadonlyMap<string, PluginSchema>;
  readonly actions: readonly Pick<ActionModule, 'key' | 'schema' | 'beside'>[];
}

/** The schema of a whole config, given the plugins it may use and the actions that there are. */
export function configSchema({ plugins, actions }: SchemaParts) {
  const options = Object.fromEntries(
    [...plugins].map(([key, { options: own }]) => [
      key,
      orFalse(described(own, `What the plugin ${key} does on a route.`)).optional(),
    ]),
  );
  const settings = Object.fromEntries(
    [...plugins].map(([key, { settings: own }]) => [
      key,
      described(own.optional(), `Settings of the plugin ${key}.`),
    ]),
  );
  return z.strictObject({
    version: z.literal(1).describe('Version of this format.'),
    include: z
      .array(z.string().min(1))
      .optional()
      .describe(
        'Files (globs) whose upstreams, routes, sagas and plugins are added to those here.',
      ),
    server: Server.prefault({}),
    admin: orFalse(Admin).prefault({}),
    telemetry: Telemetry.prefault({}),
    plugins: z
      .strictObject(settings)
      .catchall(moduleReference)
      .prefault({})
      .describe('Plugin-wide settings, and your own plugins with their modules.'),
    store: Store.optional(),
    upstreams: z
      .record(name('an upstream'), Upstream)
      .default({})
      .describe('Services the gateway calls, by name.'),
    defaults: z
      .strictObject({
        routes: z.strictObject(options).prefault({}).describe('Plugin keys for every route.'),
        upstreams: UpstreamOptions.omit(OWN_KEYS)
          .prefault({})
          .describe('Options for every upstream.'),
      })
      .prefault({})
      .describe('A route or upstream replaces a default with its own key; `false` removes it.'),
    sagas: z
      .record(name('a saga'), Saga)
      .default({})
      .describe('What routes with `saga` start, by name: see docs/sagas.md.'),
    routes: z
      .record(name('a route'), z.strictObject({ ...routeShape(actions), ...options }))
      .default({})
      .describe('What is served, by name.'),
  });
}

/** Where and when first, then what a route does, then how. */
function routeShape(actions: SchemaParts['actions']) {
  const { match, priority, ...rest } = RouteBase.shape;
  const keys = actions.flatMap(({ key, schema, beside }) => [
    [key, schema.optional()] as const,
    ...Object.entries(beside),
  ]);
  return { match, priority, ...Object.fromEntries(keys), ...rest };
}

export type ConfigSchema = ReturnType<typeof configSchema>;
/** A config as the schema gives it: complete, durations in ms, but still by its written names. */
export type ParsedConfig = z.output<ConfigSchema>;
export type ParsedRoute = ParsedConfig['routes'][string];
