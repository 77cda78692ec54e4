/**
 * Keeps pages of other sites from acting as a user whose cookies the browser adds.
 *
 * Browsers say where a request comes from, in fields that no page can change: `Sec-Fetch-Site` (Fetch
 * Metadata) and `Origin` (RFC 6454). Requests that change something and have neither are refused.
 */
import type { IncomingHttpHeaders } from 'node:http';
import { definePlugin, GatewayError, type RequestHook, z } from 'portico';
import { originFault } from './shared/origins.ts';

/** RFC 9110 §9.2.1. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);

const listed = z.string().superRefine((text, context) => {
  const message = originFault(text);
  if (message !== undefined) context.addIssue({ code: 'custom', message });
});

const isOrigin = (text: string): boolean =>
  /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;

export default definePlugin({
  name: 'csrf',
  settings: z.strictObject({}),
  options: z
    .strictObject({
      origins: z
        .array(listed)
        .default([])
        .describe('Other origins whose pages may act for the user; the own origin always may.'),
    })
    .describe('Refuses requests that pages of other sites send with the user’s cookies.'),
  document: (_options, _settings, method) =>
    SAFE.has(method) ? {} : { errors: ['GW_ORIGIN_DENIED'] },
  loosened: {
    *ofOptions(before, after) {
      if (before === undefined) return;
      if (after === undefined) {
        const message = 'pages of any other site may act for the user';
        yield { path: [], message, severity: 'high' };
        return;
      }
      const more = after.origins.filter((origin) => !before.origins.includes(origin));
      if (more.length === 0) return;
      yield { path: ['origins'], message: `pages of ${more.join(', ')} may act for the user` };
    },
  },
  register: () => ({
    route({ origins }) {
      const admit: RequestHook = ({ method, raw, gateway }) => {
        if (SAFE.has(method) && !opensSocket(raw.headers)) return;
        if (isOwn(raw.headers, gateway.host)) return;
        if (origins.includes(raw.headers.origin ?? '')) return;
        throw new GatewayError(
          'GW_ORIGIN_DENIED',
          'pages of other sites are not allowed to do this',
        );
      };
      return { phase: 'authorize', onRequest: admit, explain: admit };
    },
  }),
});

/** A WebSocket is opened by GET, with cookies, from any page. */
const opensSocket = ({ upgrade }: IncomingHttpHeaders): boolean =>
  upgrade !== undefined && /websocket/i.test(upgrade);

/** Whether it comes from an allowed page, or directly from the user. */
function isOwn(headers: IncomingHttpHeaders, host: string): boolean {
  const { origin, 'sec-fetch-site': site } = headers;
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  // Older browsers. By the host alone: TLS may have ended in front of us.
  if (origin === undefined || !URL.canParse(origin)) return false;
  const { protocol } = new URL(origin);
  // The host was made canonical: it has no dot at its end, though the page's own may have one.
  const dotless = origin.replace(/\.(:\d+)?$/, '$1');
  return isOrigin(origin) && dotless === originOf(`${protocol}//${host}`);
}

const originOf = (url: string): string | undefined =>
  URL.canParse(url) ? new URL(url).origin : undefined;
