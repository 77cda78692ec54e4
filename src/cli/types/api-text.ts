/**
 * The document of an upstream as text for other programs: with the paths that requests have, and only what the config
 * has read of it.
 */
import type {
  ApiBody,
  ApiDocument,
  ApiOperation,
  ApiParameter,
  ApiResponse,
} from '../../config/openapi/model.ts';
import { createHash } from 'node:crypto';

/** JSON, and the same for the same meaning: comments and the order of files do not count. */
export function apiText(upstream: string, { operations, schemas }: ApiDocument): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const operation of operations) {
    (paths[operation.path] ??= {})[operation.method.toLowerCase()] = operationOf(operation);
  }
  const info = { title: upstream, version: '1' };
  return JSON.stringify({ openapi: '3.1.0', info, paths, components: { schemas } });
}

/** Tells whether types were made of this text. */
export const apiDigest = (text: string): string =>
  createHash('sha256').update(text).digest('hex').slice(0, 16);

const operationOf = ({
  summary,
  description,
  isDeprecated,
  parameters,
  body,
  responses,
}: ApiOperation): object => ({
  summary,
  description,
  deprecated: isDeprecated || undefined,
  parameters: parameters.map(parameterOf),
  requestBody: body && bodyOf(body),
  responses: Object.fromEntries(
    Object.entries(responses).map(([status, response]) => [status, responseOf(response)]),
  ),
});

const parameterOf = ({ name, in: place, description, isRequired, schema }: ApiParameter) => ({
  name,
  in: place,
  description,
  required: isRequired || undefined,
  schema,
});

const bodyOf = ({ description, isRequired, content }: ApiBody) => ({
  description,
  required: isRequired || undefined,
  content: content,
});

const responseOf = ({ description, content }: ApiResponse) => ({
  description,
  content: Object.keys(content).length === 0 ? undefined : content,
});
