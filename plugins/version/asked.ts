/** Which version a request asks for: by a field, a parameter, or the media type that it accepts. */
import type { FastifyRequest } from 'fastify';
import { GatewayError } from 'portico';
import { mediaVersions } from './media.ts';

export interface AskedReader {
  /** The name of the version, known or not; `undefined`: the request names none. */
  read(request: FastifyRequest): string | undefined;
  /** Of an unknown name, or of none where there is no default; `names` are those that it could have used. */
  refuse(names: readonly string[]): GatewayError;
  /** The request field that the answer depends on (RFC 9110 §12.5.5); absent where the URL names the version. */
  readonly vary?: string;
}

/** `from` as the config has it; `known` are the names of the versions, `isOptional` says whether one is the default. */
export function askedReader(
  from: string,
  known: ReadonlySet<string>,
  isOptional: boolean,
): AskedReader {
  const [kind = '', ...rest] = from.split(':');
  const name = rest.join(':');
  const missing = `needs ${isOptional ? 'a known' : 'the'} version`;
  switch (kind) {
    case 'header': {
      const field = name.toLowerCase();
      return {
        read: ({ raw }) => oneOf(raw.headers[field], field),
        refuse: (names) => invalid(`the header ${field} ${missing}`, names),
        vary: field,
      };
    }
    case 'query':
      return {
        read: ({ gateway }) => onlyValue(gateway.query, name),
        refuse: (names) => invalid(`the query parameter ${name} ${missing}`, names),
      };
    case 'path':
      return {
        read: ({ gateway }) => gateway.params[name],
        // A path that names nothing (RFC 9110 §15.5.5).
        refuse: (names) => refusal('GW_ROUTE_NOT_FOUND', 'the path names no version', names),
      };
    default:
      return {
        read: mediaVersions(name === '' ? undefined : name.toLowerCase(), known, isOptional),
        // RFC 9110 §15.5.7: with what there is.
        refuse: (names) => refusal('GW_NOT_ACCEPTABLE', 'Accept names no known version', names),
        vary: 'accept',
      };
  }
}

/** A repeated field is one text by now, which is the name of no version. */
const oneOf = (value: string | string[] | undefined, field: string): string | undefined => {
  if (Array.isArray(value)) throw invalid(`the header ${field} needs one version`, []);
  return value === '' ? undefined : value;
};

/** @throws GW_REQUEST_INVALID for several values that differ: another reader might take another one */
function onlyValue(query: string, name: string): string | undefined {
  if (query === '') return undefined;
  const [first, ...others] = new URLSearchParams(query).getAll(name);
  if (others.every((each) => each === first)) return first === '' ? undefined : first;
  throw invalid(`the query parameter ${name} needs one version`, []);
}

const invalid = (what: string, names: readonly string[]): GatewayError =>
  refusal('GW_REQUEST_INVALID', what, names);

function refusal(
  code: 'GW_REQUEST_INVALID' | 'GW_ROUTE_NOT_FOUND' | 'GW_NOT_ACCEPTABLE',
  what: string,
  names: readonly string[],
): GatewayError {
  const detail = names.length === 0 ? what : `${what}: ${names.join(', ')}`;
  return new GatewayError(code, detail, {
    reason: 'version-unknown',
    ...(names.length > 0 && { extensions: { versions: names } }),
  });
}
