/**
 * The reference page of a document: one answer that needs no network beyond the gateway, and no script but for sending
 * requests. It is made with the document, so a browser has nothing to work out.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { WrittenDocument } from '../document.ts';
import { Html, markup, prose } from './html.ts';
import { operationHtml } from './operation-html.ts';
import { SchemaHtml } from './schema-html.ts';

export interface Page {
  readonly html: string;
  /** Of `Content-Security-Policy`: the script and the style of this page, and requests to its own origin. */
  readonly policy: string;
}

/** Paths of clients. */
export interface PagePlaces {
  /** Of the document. */
  readonly at: string;
  readonly page: string;
}

const asset = (name: string): string =>
  readFileSync(new URL(`./assets/${name}`, import.meta.url), 'utf8').trim();

export function pageOf(document: WrittenDocument, places: PagePlaces): Page {
  const style = asset('page.css');
  const script = asset('page.js');
  const policy = [
    "default-src 'none'",
    `style-src '${hashOf(style)}'`,
    `script-src '${hashOf(script)}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
  const { title, description, version } = document.info as Readonly<Record<string, string>>;
  const page = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="icon" href="data:," />
        <title>${title}</title>
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body data-root="${rootFrom(places.page)}">
        <header>
          <h1>${title} <small>${version}</small></h1>
          ${description === undefined ? '' : prose(description)}
          <p>
            <a href="${rootFrom(places.page)}${places.at.slice(1)}" download>OpenAPI document</a>
          </p>
          <div class="tools" hidden>
            <label
              ><span>Find</span
              ><input
                id="find"
                type="search"
                placeholder="method, path or words"
                autocomplete="off"
            /></label>
            ${credentials(document)}
          </div>
        </header>
        <main>
          ${groupsOf(document)}
          <p id="nothing" hidden>Nothing is called that.</p>
        </main>
        ${new Html(`<script>${script}</script>`)}
      </body>
    </html> `;
  return { html: page.text, policy };
}

const hashOf = (text: string): string =>
  `sha256-${createHash('sha256').update(text).digest('base64')}`;

/** The gateway's root, relative to the page: a proxy in front may add a prefix. */
const rootFrom = (page: string): string => '../'.repeat(page.split('/').length - 2) || './';

/** A field for each credential that a script may send. */
function credentials({ components }: WrittenDocument): Html[] {
  const schemes = Object.entries(components.securitySchemes ?? {}) as [
    string,
    Readonly<Record<string, string>>,
  ][];
  return schemes.flatMap(([name, { type, scheme, in: place, name: field }]) => {
    const isBearer = type === 'http' && scheme === 'bearer';
    if (!isBearer && (type !== 'apiKey' || place === 'cookie')) return [];
    const key = isBearer ? 'authorization' : field;
    return markup`<label
      ><span>${isBearer ? 'Token' : field} <small>${name}</small></span
      ><input
        class="credential"
        type="password"
        data-name="${key}"
        data-in="${isBearer ? 'header' : place}"
        data-before="${isBearer ? 'Bearer ' : ''}"
        autocomplete="off"
    /></label>`;
  });
}

const OTHERS = 'Other';

/** Operations under their tags, in the order of the document. */
function groupsOf({ paths, components }: WrittenDocument): Html[] {
  const schemas = new SchemaHtml(components.schemas);
  const groups = new Map<string, Html[]>();
  for (const [path, methods] of Object.entries(paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      const [tag = OTHERS] = (operation['tags'] ?? []) as readonly string[];
      const group = groups.get(tag) ?? [];
      groups.set(tag, group);
      group.push(operationHtml(method, path, operation, schemas));
    }
  }
  const hasOne = groups.size === 1 && groups.has(OTHERS);
  return [...groups]
    .toSorted(([a], [b]) => Number(a === OTHERS) - Number(b === OTHERS))
    .map(
      ([tag, operations]) =>
        markup`<section>${!hasOne && markup`<h2>${tag}</h2>`}${operations}</section>`,
    );
}
