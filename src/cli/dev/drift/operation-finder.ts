/** Finds the operation of a document that a call is, and what the document says of its answer. */
import type {
  ApiDocument,
  ApiOperation,
  ApiResponse,
  ApiSchema,
} from '../../../config/openapi/model.ts';

interface Template {
  readonly operation: ApiOperation;
  readonly pattern: RegExp;
  /** By segment: is it a literal? */
  readonly literals: readonly boolean[];
}

export class OperationFinder {
  /** By method; the most literal ones first. */
  readonly #templates: ReadonlyMap<string, readonly Template[]>;

  constructor({ operations }: Pick<ApiDocument, 'operations'>) {
    const all = operations.map(templateOf).toSorted(byLiterals);
    this.#templates = Map.groupBy(all, ({ operation }) => operation.method);
  }

  /** `path` is that of the request, without its query. */
  find(method: string, path: string): ApiOperation | undefined {
    const templates = this.#templates.get(method) ?? [];
    return templates.find(({ pattern }) => pattern.test(path))?.operation;
  }
}

function templateOf(operation: ApiOperation): Template {
  const segments = operation.path.split('/');
  const text = operation.path
    .split(/\{[^{}/]+\}/)
    .map((literal) => RegExp.escape(literal))
    .join('[^/]+');
  return {
    operation,
    pattern: new RegExp(`^${text}$`),
    literals: segments.map((segment) => !segment.includes('{')),
  };
}

/** As OpenAPI has it: `/products/new` before `/products/{id}`. */
function byLiterals(a: Template, b: Template): number {
  const at = a.literals.findIndex((isLiteral, i) => isLiteral !== b.literals[i]);
  if (at < 0) return 0;
  return a.literals[at] === true ? -1 : 1;
}

/** What the document says of answers with this status. */
export const responseTo = ({ responses }: ApiOperation, status: number): ApiResponse | undefined =>
  responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses['default'];

/** Without parameters, in lower case; empty if there is none. */
export const mediaTypeOf = (contentType: string | undefined): string =>
  (contentType ?? '').split(';')[0]!.trim().toLowerCase();

/** The schema of a body of this type, by its name or a range. */
export function schemaFor({ content }: ApiResponse, type: string): ApiSchema | undefined {
  const ranges = [type, `${type.split('/')[0]}/*`, '*/*'];
  for (const range of ranges) {
    const found = Object.entries(content).find(([name]) => mediaTypeOf(name) === range);
    if (found !== undefined) return found[1].schema;
  }
  return undefined;
}

export const isJson = (type: string): boolean => /^application\/(?:[^/]+\+)?json$/.test(type);
