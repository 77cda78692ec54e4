/** Names and values of a request, by their places. Values are not decoded yet: styles have delimiters of their own. */
import type { FastifyRequest } from 'fastify';
import type { ApiParameter } from 'portico';
import type { Pairs } from './parameters.ts';
import { decodedSegment, orRaw, segmentOf } from './segments.ts';
import { halves } from './styles.ts';

interface PathPairs {
  /** Of parameters that have a segment, or a part of one. */
  readonly names: ReadonlySet<string>;
  readonly pairsOf: (request: FastifyRequest) => Pairs;
}

/** @param template of an operation; the last segment of an open one stands for all that follows */
export function pathPairs(template: string, isOpen: boolean): PathPairs {
  const written = template.split('/').slice(1).map(segmentOf);
  const own = isOpen ? written.slice(0, -1) : written;
  const withNames = own.flatMap((segment, i) =>
    segment.names.length === 0 ? [] : [{ segment, at: i + 1 }],
  );
  return {
    names: new Set(withNames.flatMap(({ segment }) => segment.names)),
    pairsOf: ({ gateway: { path } }) => {
      const segments = path.split('/');
      return withNames.flatMap(({ segment, at }) => {
        const raw = segments[at]!;
        if (segment.kind === 'parameter') return [[segment.names[0]!, raw] as const];
        // The tree has found that it matches, decoded.
        const values = segment.valuesIn(decodedSegment(raw)) ?? [];
        return segment.names.map((name, i) => [name, encodeURIComponent(values[i] ?? '')] as const);
      });
    },
  };
}

export const decodeQuery = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));

const decodedName = orRaw(decodeQuery);

export const queryPairs = ({ gateway: { query } }: FastifyRequest): Pairs =>
  query
    .slice(1)
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const [name, raw] = halves(pair);
      return [decodedName(name), raw] as const;
    });

/** @param parameters with names in lower case */
export const headerPairs =
  (parameters: readonly Pick<ApiParameter, 'name'>[]) =>
  ({ raw: { headers } }: FastifyRequest): Pairs =>
    parameters.flatMap(({ name }) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, String(value)] as const];
    });

/** Of several of one name the first counts, as everywhere in the gateway. */
export function cookiePairs({ raw: { headers } }: FastifyRequest): Pairs {
  const found = new Map<string, string>();
  for (const pair of (headers.cookie ?? '').split(';')) {
    const [name, value] = halves(pair.trim());
    if (name !== '' && !found.has(name)) found.set(name, value.replace(/^"(.*)"$/, '$1'));
  }
  return [...found];
}

/** Cookies need not be encoded. */
export const decodeCookie = decodedSegment;
