/** Makes the `Location` of a redirect, by the rules of HTTPRoute in the Kubernetes Gateway API. */
import {
  parseTemplate,
  type Reference,
  renderTemplate,
  type Template,
} from '../config/schema/template.ts';
import { hostName } from '../core/canonical-host.ts';
import { encodeQueryValue, encodeSegment } from '../core/canonical-path.ts';
import type { ClientExchange } from '../edge/client-exchange.ts';
import { unfit } from './rewrite.ts';

export interface RedirectTarget {
  /** A path or a URL, with parameters; absent: the path that was asked for. */
  readonly to?: string;
  /** Absent: what was asked for. */
  readonly scheme?: 'http' | 'https';
  /** Without port; absent: what was asked for. */
  readonly host?: string;
  /** Absent: that of `scheme`; without it, what was asked for. */
  readonly port?: number;
  /** What becomes of the client's query. */
  readonly query: 'keep' | 'drop';
}

type Asked = Pick<ClientExchange, 'path' | 'params' | 'rest' | 'query' | 'host' | 'scheme'>;

/** @throws GW_REQUEST_INVALID, in the function, for a parameter that cannot stand in the path */
export function redirectLocation(target: RedirectTarget): (asked: Asked) => string {
  const origin = originOf(target);
  const base = baseOf(target);
  const keepsQuery = target.query === 'keep';
  return (asked) =>
    origin(asked) + (keepsQuery ? withQuery(base(asked), asked.query) : base(asked));
}

/** Before a fragment, after a query of the config's. */
function withQuery(location: string, query: string): string {
  if (query === '') return location;
  const [, start = '', fragment = ''] = /^([^#]*)(.*)$/s.exec(location) ?? [];
  return `${start}${start.includes('?') ? `&${query.slice(1)}` : query}${fragment}`;
}

const DEFAULT_PORTS = { http: ':80', https: ':443' } as const;

/** Empty if nothing of it changes: then the path alone leads there. */
function originOf({ scheme, host, port }: RedirectTarget): (asked: Asked) => string {
  if (scheme === undefined && host === undefined && port === undefined) return () => '';
  return (asked) => {
    const own = scheme ?? asked.scheme;
    const asksName = hostName(asked.host);
    const asksPort = scheme === undefined ? asked.host.slice(asksName.length) : '';
    const ending = port === undefined ? asksPort : `:${port}`;
    return `${own}://${host ?? asksName}${ending === DEFAULT_PORTS[own] ? '' : ending}`;
  };
}

function baseOf({ to }: RedirectTarget): (asked: Asked) => string {
  if (to === undefined) return ({ path }) => path;
  const keepsRest = to.endsWith('/*');
  const template = parseTemplate(keepsRest ? to.slice(0, -2) : to);
  const encoders = encodersOf(template);
  return ({ params, rest }) => {
    const base = fill(template, (reference) =>
      encoders.get(reference)!(params[reference.root] ?? ''),
    );
    return keepsRest ? base + rest || '/' : base;
  };
}

type Encode = (value: string) => string;

/** How each value is encoded: as a segment in the path, as plain text in the host, a query or a fragment. */
function encodersOf({ literals, references }: Template): ReadonlyMap<Reference, Encode> {
  return new Map(
    references.map((reference, i) => {
      const before = literals.slice(0, i + 1).join('x');
      const isHost = /^(?:https?:)?\/\/[^/?#]*$/i.test(before);
      return [reference, isHost || /[?#]/.test(before) ? encodeQueryValue : encodeSegment];
    }),
  );
}

/** @throws GW_REQUEST_INVALID for a value that cannot stand in the path */
function fill(template: Template, value: (reference: Reference) => string): string {
  try {
    return renderTemplate(template, value);
  } catch (error) {
    throw unfit(error);
  }
}
