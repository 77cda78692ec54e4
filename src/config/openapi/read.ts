/** Reads the OpenAPI document of an upstream, 3.0 or 3.1, completely: what it refers to must be in it. */
import { isMap } from '../yaml/tree.ts';
import type { ApiDocument, ApiOperation } from './model.ts';
import { OperationReader } from './operations.ts';
import { References } from './references.ts';
import { Schemas } from './schemas.ts';
import { type DocumentText, readDocument } from './text.ts';

/** Of the document: real ones have several megabytes. */
export const MAX_DOCUMENT_BYTES = 8 * 1_048_576;

export interface OpenapiText {
  /** Absolute path. */
  readonly file: string;
  /** What messages call it. */
  readonly name: string;
  readonly text: string;
}

/** @throws {OpenapiFault} with the first thing that is wrong, and its place */
export function readOpenapi({ file, name, text }: OpenapiText): ApiDocument {
  const document = readDocument(text, name);
  const root = document.value;
  if (!isMap(root)) throw document.fault([], 'is not an OpenAPI document: expected a map');
  const isOld = isVersion30(root, document);
  const references = new References(document);
  const schemas = new Schemas(references, isOld);
  const operations: ApiOperation[] = [...new OperationReader(references, schemas).read(root)];
  return { file, operations, schemas: schemas.named };
}

function isVersion30(root: Readonly<Record<string, unknown>>, document: DocumentText): boolean {
  const { openapi, swagger } = root;
  if (openapi === undefined) {
    const message =
      swagger === undefined
        ? 'has no "openapi": is it an OpenAPI document?'
        : 'is Swagger 2.0: convert it to OpenAPI 3.0 or 3.1';
    throw document.fault(swagger === undefined ? [] : ['swagger'], message);
  }
  // YAML takes `3.1` for a number.
  const [, minor] = /^"?3\.([01])(\.\d+)?(-.*)?"?$/.exec(JSON.stringify(openapi)) ?? [];
  if (minor !== undefined) return minor === '0';
  throw document.fault(['openapi'], `is OpenAPI ${JSON.stringify(openapi)}: 3.0 and 3.1 are read`);
}
