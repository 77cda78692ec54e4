/**
 * The version in a media type: `application/vnd.shop.v2+json` (RFC 6838 §3.2), or a parameter such as
 * `application/json;version=2`.
 */
import type { FastifyRequest } from 'fastify';

/** More types than this are not looked at: what clients send has a few. */
const MOST_TYPES = 32;

/** Of a vendor's type, after `vnd.`, without the suffix. */
const VENDOR = /^[a-z0-9!#$&^_.+-]+\/vnd\.([a-z0-9!#$&^_.-]+?)(?:\+[a-z0-9.-]+)?$/;
/** Looks like a version, so that a misspelt one is not taken for none. */
const VERSION_LIKE = /^v\d/;

interface Accepted {
  readonly version: string | undefined;
  readonly weight: number;
}

/**
 * Reads the version of the best type of `Accept` that can be served: one of a known version, or, if there is a default
 * (`isOptional`), one without a version. Without `Accept`, that of `Content-Type`. If no type can be served, the best one's.
 *
 * @param parameter its name in lower case; `undefined`: the vendor's part of the type
 */
export function mediaVersions(
  parameter: string | undefined,
  known: ReadonlySet<string>,
  isOptional: boolean,
): (request: FastifyRequest) => string | undefined {
  const versionOf =
    parameter === undefined
      ? (type: string) => vendorVersion(type, known)
      : (type: string) => parameterOf(type, parameter);
  return ({ raw: { headers } }) => {
    const { accept } = headers;
    if (accept === undefined) {
      const sent = headers['content-type'];
      return sent === undefined ? undefined : versionOf(sent);
    }
    const types = typesIn(accept)
      .map((type): Accepted => ({ version: versionOf(type), weight: weightOf(type) }))
      .filter(({ weight }) => weight > 0)
      // Stable: of equal ones, the first.
      .toSorted((one, other) => other.weight - one.weight);
    const servable = types.find(({ version }) =>
      version === undefined ? isOptional : known.has(version),
    );
    return (servable ?? types.find(({ version }) => version !== undefined))?.version;
  };
}

/** Split at commas outside of quotes. */
const typesIn = (accept: string): string[] =>
  (accept.match(/(?:[^,"]|"(?:[^"\\]|\\.)*"?)+/g) ?? [])
    .slice(0, MOST_TYPES)
    .map((type) => type.trim());

function vendorVersion(type: string, known: ReadonlySet<string>): string | undefined {
  const [name = ''] = type.split(';', 1);
  const parts = VENDOR.exec(name.trim().toLowerCase())?.[1]?.split('.') ?? [];
  return parts.find((part) => known.has(part)) ?? parts.find((part) => VERSION_LIKE.test(part));
}

/** The value of a parameter of a type (RFC 9110 §5.6.6); `undefined` where it has none. */
function parameterOf(type: string, wanted: string): string | undefined {
  for (const each of type.split(';').slice(1)) {
    const [name = '', ...value] = each.split('=');
    if (name.trim().toLowerCase() !== wanted) continue;
    const text = value.join('=').trim();
    return /^"(.*)"$/.exec(text)?.[1] ?? text;
  }
  return undefined;
}

/** `q`, RFC 9110 §12.4.2. */
function weightOf(type: string): number {
  const text = parameterOf(type, 'q');
  if (text === undefined) return 1;
  const weight = Number(text);
  return weight >= 0 && weight <= 1 ? weight : 0;
}
