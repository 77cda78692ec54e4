/** What the plugin adds to OpenAPI documents: how a request names its operation, and what it is refused with. */
import type { PluginDocument } from 'portico';

const TEXT = { type: 'string' };
const OBJECT = { type: 'object' };

const NAMES = {
  id: { ...TEXT, description: 'Of a known operation, or its hash.' },
  documentId: { ...TEXT, description: 'The same.' },
  query: { ...TEXT, description: 'The text of an operation.' },
  operationName: { ...TEXT, description: 'Which one, if the text has several.' },
};

/** As `asked.ts` reads them. */
export function document(unknown: 'refuse' | 'allow', method: string): PluginDocument {
  const errors = [
    'GW_REQUEST_INVALID',
    ...(unknown === 'refuse' ? (['GW_OPERATION_UNKNOWN'] as const) : []),
  ] as const;
  if (method === 'GET') {
    const parameters = [...Object.entries(NAMES), ...JSON_TEXTS].map(
      ([name, { description, ...schema }]) => ({ in: 'query' as const, name, description, schema }),
    );
    return { errors: [...errors, 'GW_METHOD_NOT_ALLOWED'], parameters };
  }
  if (method !== 'POST') return { errors };
  const properties = { ...NAMES, variables: OBJECT, extensions: OBJECT };
  return {
    errors: [...errors, 'GW_MEDIA_TYPE', 'GW_BODY_TOO_LARGE'],
    request: { body: { type: 'object', properties } },
  };
}

const JSON_TEXTS = [
  ['variables', { ...TEXT, description: 'JSON.' }],
  ['extensions', { ...TEXT, description: 'JSON.' }],
] as const;
