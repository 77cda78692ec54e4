/** What the plugin adds to OpenAPI documents: how a request names its version, and that one ends. */
import type { DocumentedHeader, PluginDocument } from 'portico';
import { type Life, livesOf, type Options } from './options.ts';

const FIELDS: Readonly<Record<string, DocumentedHeader>> = {
  Deprecation: { description: 'Since when nobody should use it (RFC 9745).' },
  Sunset: { description: 'When it ends (RFC 8594).' },
  Link: { description: 'What to do, and what replaces it.' },
};

export function document(options: Options): PluginDocument {
  const lives = livesOf(options).map(({ life }) => life);
  const isEnding = (life: Life): boolean =>
    life.deprecated !== undefined || life.sunset !== undefined;
  const isGone = lives.some(({ afterSunset }) => afterSunset === 'gone');
  return {
    ...asked(options),
    errors: [...refusals(options), ...(isGone ? (['GW_GONE'] as const) : [])],
    ...(lives.some(isEnding) && { headers: FIELDS }),
    isDeprecated: lives.every(({ deprecated }) => deprecated !== undefined),
  };
}

/** The parameter that names the version. One of the path is the route's, and a media type no parameter. */
function asked({ from = '', versions = {}, default: standard }: Options): PluginDocument {
  const [place, name] = from.split(':');
  if (name === undefined || (place !== 'header' && place !== 'query')) return {};
  const schema = {
    type: 'string',
    enum: Object.keys(versions),
    ...(standard && { default: standard }),
  };
  const description = 'Version of the API.';
  return { parameters: [{ in: place, name, description, required: !standard, schema }] };
}

function refusals({ from }: Options): NonNullable<PluginDocument['errors']> {
  if (from === undefined) return [];
  if (from.startsWith('media')) return ['GW_REQUEST_INVALID', 'GW_NOT_ACCEPTABLE'];
  return [
    'GW_REQUEST_INVALID',
    ...(from.startsWith('path') ? (['GW_ROUTE_NOT_FOUND'] as const) : []),
  ];
}
