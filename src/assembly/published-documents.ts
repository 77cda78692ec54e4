/** Writes the documents that routes publish, with their pages, once all routes are built. */
import { createHash } from 'node:crypto';
import type { DocumentConfig } from '../actions/document.ts';
import type { RouteConfig } from '../config/build/config.ts';
import type { Slices } from '../core/slices.ts';
import type { DocumentInfo } from '../openapi/document.ts';
import { type Page, pageOf } from '../openapi/page/page.ts';
import type { PublishedDocuments, Sendable } from '../openapi/published.ts';
import { apiDocument, type Described, type Documented } from './api-document.ts';

/** Where what could not be told is said to operators. */
interface Log {
  warn(fields: object, message: string): void;
}

export async function publishDocuments(
  described: Described,
  documents: PublishedDocuments,
  log: Log,
  slices: Slices,
): Promise<void> {
  for (const { name, matches, action } of described.config.routes) {
    if (!isPublishing(action)) continue;
    const { document, warnings } = documentOf(described, action);
    for (const reason of warnings) {
      log.warn({ route: name, reason }, 'the OpenAPI document leaves something out');
    }
    const bytes = Buffer.from(JSON.stringify(document));
    const at = matches.find(({ path }) => path?.text !== action.ui)?.path?.text ?? '/';
    documents.set(name, {
      document: sendable(bytes, 'application/json'),
      ...(action.ui !== undefined && { page: page(pageOf(document, { at, page: action.ui })) }),
    });
    await slices.pause();
  }
}

const sendable = (bytes: Buffer, type: string, headers = {}): Sendable => ({
  bytes,
  type,
  etag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
  headers,
});

const page = ({ html, policy }: Page): Sendable =>
  sendable(Buffer.from(html), 'text/html; charset=utf-8', {
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });

const isPublishing = (action: RouteConfig['action']): action is DocumentConfig =>
  action.kind === 'document';

/** Those that may be told: without `docs: false`, and without documents. */
const tellable = ({ routes }: Described['config']): RouteConfig[] =>
  routes.filter(({ docs, action }) => docs !== false && !isPublishing(action));

function documentOf(described: Described, config: DocumentConfig): Documented {
  const all = tellable(described.config);
  const chosen = config.routes?.flatMap((name) => all.find((each) => each.name === name) ?? []);
  return apiDocument(described, config, chosen ?? all);
}

/** @throws {RangeError} for a name that no route has */
export type Documenter = (route?: string) => Documented;

const UNNAMED: DocumentInfo = { title: 'API', version: '1.0.0', servers: [] };

/** A closure of its own, which keeps nothing but what it needs. */
export function documenter(described: Described): Documenter {
  const { routes } = described.config;
  return (name) => {
    const publishing = routes.filter(({ action }) => isPublishing(action));
    const chosen = name === undefined ? publishing[0] : routes.find((each) => each.name === name);
    if (name !== undefined && chosen === undefined) throw new RangeError(`no route "${name}"`);
    if (chosen !== undefined && isPublishing(chosen.action)) {
      return documentOf(described, chosen.action);
    }
    const [first] = publishing;
    const info = first !== undefined && isPublishing(first.action) ? first.action : UNNAMED;
    return apiDocument(
      described,
      info,
      chosen === undefined ? tellable(described.config) : [chosen],
    );
  };
}
