/** Publishes the gateway's own OpenAPI document, and a page that shows it. */
import { z } from 'zod';
import type { ActionConfig, WrittenAction } from '../config/actions.ts';
import { defined } from '../config/build/upstream.ts';
import { hint } from '../config/check/suggest.ts';
import type { Finding, Path } from '../config/fault.ts';
import { parsePathPattern } from '../config/schema/path-pattern.ts';
import { shown } from '../config/schema/types.ts';
import { isMap, type Tree } from '../config/yaml/tree.ts';
import { GatewayError } from '../core/errors.ts';
import { exchangeOf } from '../edge/client-exchange.ts';
import type { Sendable } from '../openapi/published.ts';
import { select } from '../routes/files/preconditions.ts';
import type { Action, ActionContext, Route } from '../routes/route.ts';
import { defineAction } from './action.ts';

const isServer = (text: string): boolean =>
  /^(https?:\/\/[^/]|\/)/.test(text) && URL.canParse(text, 'http://gateway');

const Document = z
  .strictObject({
    title: z.string().min(1).max(200).describe('Name of the API.'),
    version: z
      .string()
      .min(1)
      .max(100)
      .default('1.0.0')
      .describe('Version of the API, not of the gateway.'),
    description: z.string().min(1).optional().describe('What the API is for; Markdown.'),
    servers: z
      .array(
        z.string().refine(isServer, {
          error: (issue) =>
            `${shown(issue.input)} is not a URL such as https://api.shop.example, or a path such as /v1`,
        }),
      )
      .default([])
      .describe('Where clients reach the gateway. Default: where they got the document from.'),
    routes: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        'Names of the routes that are told, in this order. Default: all but those with `docs: false`, and those that publish documents.',
      ),
    ui: z
      .string()
      .optional()
      .describe(
        'Path of a page that shows the document and sends requests; the route serves it, too. Default: no page.',
      ),
  })
  .describe(
    "Action: publish the gateway's own OpenAPI 3.1 document, made of the documents of its upstreams, its BFFs and its plugins.",
  );

export interface DocumentConfig extends ActionConfig {
  readonly kind: 'document';
  readonly title: string;
  readonly version: string;
  readonly description?: string;
  readonly servers: readonly string[];
  /** Absent: all that may be told. */
  readonly routes?: readonly string[];
  /** Path of the page; absent: none. */
  readonly ui?: string;
}

export const document = defineAction({
  key: 'document',
  kind: 'document',
  schema: Document,
  callsUpstreams: false,
  readsBody: false,
  addedPaths: (written) =>
    isMap(written) && typeof written['ui'] === 'string' && pathFault(written['ui']) === undefined
      ? [written['ui']]
      : [],
  check: checkDocument,
  build: (written): DocumentConfig => ({ kind: 'document', ...defined(written) }),
  create: publishing,
  plan: () => (exchange) => {
    checkMethod(exchange.method);
    return { calls: [], answer: { status: 200 } };
  },
});

/** What is wrong with the path of the page. */
function pathFault(path: string): string | undefined {
  try {
    const { kind, parameters } = parsePathPattern(path);
    const isPlain = kind === 'exact' && parameters.length === 0;
    return isPlain ? undefined : `"${path}" must be one plain path, such as /docs`;
  } catch (error) {
    return (error as Error).message;
  }
}

function* checkDocument({ route, at, matches, routes }: WrittenAction): Generator<Finding> {
  const { document: written } = route;
  const path: Path = [...at, 'document'];
  for (const { at: place, pattern } of matches.alternatives) {
    if (pattern?.kind === 'exact' && pattern.parameters.length === 0) continue;
    const message = 'a document is published at one plain path, such as /openapi.json';
    yield { path: pattern === undefined ? place : [...place, 'path'], message };
  }
  if (!isMap(written)) return;
  const { ui, routes: names } = written;
  const fault = typeof ui === 'string' ? pathFault(ui) : undefined;
  if (fault !== undefined) yield { path: [...path, 'ui'], message: fault };
  const own = matches.alternatives.filter(({ pattern }) => pattern?.text === ui);
  if (own.length > 1) {
    const message = 'is the path of the document itself: give the page another one';
    yield { path: [...path, 'ui'], message };
  }
  if (!Array.isArray(names)) return;
  for (const [i, name] of names.entries()) {
    const message = typeof name === 'string' ? nameFault(name, routes) : undefined;
    if (message !== undefined) yield { path: [...path, 'routes', i], message };
  }
}

function nameFault(name: string, routes: Tree): string | undefined {
  const route = routes[name];
  if (route === undefined) return `no route "${name}"${hint(name, Object.keys(routes))}`;
  if (!isMap(route)) return undefined;
  if (route['docs'] === false) return `the route "${name}" has "docs: false"`;
  return route['document'] === undefined ? undefined : `the route "${name}" publishes a document`;
}

function checkMethod(method: string): void {
  if (method === 'GET' || method === 'HEAD') return;
  throw new GatewayError('GW_METHOD_NOT_ALLOWED', 'documents are only read', {
    headers: { allow: 'GET, HEAD' },
  });
}

function publishing(
  { config: { name } }: Route,
  { ui }: DocumentConfig,
  { documents }: ActionContext,
): Action {
  return function published(request, reply) {
    const { method, path, headers } = exchangeOf(request.raw);
    checkMethod(method);
    const { document: own, page } = documents.of(name);
    const it: Sendable = path === ui && page !== undefined ? page : own;
    const { bytes, etag, type } = it;
    const { status } = select(method, withoutRange(headers), {
      etag,
      bytes: bytes.length,
      modifiedSeconds: Infinity,
    });
    void reply.code(status).headers({ ...it.headers, etag, 'cache-control': 'no-cache' });
    if (status === 200) void reply.header('content-type', type).send(bytes);
    else void reply.send();
  };
}

/** Tags tell documents apart; they have no date, and no parts. */
const withoutRange = ({
  range: _range,
  'if-modified-since': _since,
  'if-unmodified-since': _unmodified,
  ...headers
}: Parameters<typeof select>[1]): Parameters<typeof select>[1] => headers;
