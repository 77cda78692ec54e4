/** The operations of a document, each with all that applies to it. */
import type { Path } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { MessageReader } from './messages.ts';
import type { ApiOperation, ApiParameter } from './model.ts';
import { readParameters } from './parameters.ts';
import type { Placed, References } from './references.ts';
import type { Schemas } from './schemas.ts';
import { parametersIn, templateFault } from './template.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'] as const;

export class OperationReader {
  readonly #references: References;
  readonly #schemas: Schemas;
  readonly #messages: MessageReader;

  constructor(references: References, schemas: Schemas) {
    this.#references = references;
    this.#schemas = schemas;
    this.#messages = new MessageReader(references, schemas);
  }

  /** @throws {OpenapiFault} for what cannot be understood */
  *read(root: Tree): Generator<ApiOperation> {
    const { paths = {} } = root;
    if (!isMap(paths)) throw this.#references.fault(['paths'], 'expected a map of paths');
    for (const [path, value] of Object.entries(paths)) {
      if (path.startsWith('x-')) continue;
      const at: Path = ['paths', path];
      const wrong = templateFault(path);
      if (wrong !== undefined) throw this.#references.fault(at, `the path "${path}" ${wrong}`);
      const base = this.#basePath(value, at) ?? this.#basePath(root, []) ?? '';
      yield* this.#readPath({ value, path: at }, path, base);
    }
  }

  *#readPath(placed: Placed, source: string, base: string): Generator<ApiOperation> {
    const { value: item, path: at } = this.#references.mapAt(placed, 'a path');
    const path = base + source;
    const common = this.#parameters(item, at);
    for (const method of METHODS) {
      if (item[method] === undefined) continue;
      const place = [...at, method];
      const operation = this.#references.mapAt(
        { value: item[method], path: place },
        'an operation',
      );
      const isInternal = item['x-internal'] === true || operation.value['x-internal'] === true;
      yield {
        method: method.toUpperCase(),
        path,
        source,
        ...texts(operation.value),
        isDeprecated: operation.value['deprecated'] === true,
        isInternal,
        parameters: complete(path, [
          ...overridden(common, this.#parameters(operation.value, operation.path)),
        ]),
        ...this.#messages.body(operation.value['requestBody'], [...operation.path, 'requestBody']),
        responses: this.#messages.responses(operation.value['responses'], [
          ...operation.path,
          'responses',
        ]),
      };
    }
  }

  #parameters({ parameters }: Tree, at: Path): ApiParameter[] {
    return readParameters(
      { value: parameters, path: [...at, 'parameters'] },
      this.#references,
      this.#schemas,
    );
  }

  /** The path of the first server; the others should be copies of it. */
  #basePath(holder: unknown, at: Path): string | undefined {
    const servers = isMap(holder) ? holder['servers'] : undefined;
    if (!Array.isArray(servers) || !isMap(servers[0])) return undefined;
    const { url, variables } = servers[0];
    if (typeof url !== 'string') return undefined;
    const filled = url.replaceAll(/\{([^{}]+)\}/g, (whole, name: string) => {
      const variable = isMap(variables) ? variables[name] : undefined;
      return isMap(variable) ? String(variable['default']) : whole;
    });
    if (!URL.canParse(filled, 'http://upstream')) {
      throw this.#references.fault([...at, 'servers', 0, 'url'], `"${url}" is not a URL`);
    }
    return new URL(filled, 'http://upstream').pathname.replace(/\/+$/, '');
  }
}

/** Those of `own` replace those of the path. */
function overridden(common: readonly ApiParameter[], own: readonly ApiParameter[]): ApiParameter[] {
  const isOwn = (each: ApiParameter): boolean =>
    own.some((other) => other.name === each.name && other.in === each.in);
  return [...common.filter((each) => !isOwn(each)), ...own];
}

/** With the parameters of the path that are not declared, and without those that are not in it. */
function complete(path: string, declared: readonly ApiParameter[]): ApiParameter[] {
  const names = parametersIn(path);
  const known = declared.filter((each) => each.in !== 'path' || names.includes(each.name));
  const missing = names.filter(
    (name) => !known.some((each) => each.in === 'path' && each.name === name),
  );
  return [...missing.map(pathParameter), ...known];
}

export const pathParameter = (name: string): ApiParameter => ({
  name,
  in: 'path',
  isRequired: true,
  isDeprecated: false,
  style: 'simple',
  explode: false,
  allowReserved: false,
  schema: { type: 'string' },
});

function texts({ operationId, summary, description }: Tree) {
  return {
    ...(typeof operationId === 'string' && { id: operationId }),
    ...(typeof summary === 'string' && { summary }),
    ...(typeof description === 'string' && { description }),
  };
}
