/** Bodies and answers of operations. */
import type { Path } from '../fault.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import type { ApiBody, ApiContent, ApiHeader, ApiResponse } from './model.ts';
import type { References } from './references.ts';
import type { Schemas } from './schemas.ts';

const STATUS = /^([1-5]\d\d|[1-5]XX|default)$/;

export class MessageReader {
  readonly #references: References;
  readonly #schemas: Schemas;

  constructor(references: References, schemas: Schemas) {
    this.#references = references;
    this.#schemas = schemas;
  }

  body(written: unknown, at: Path): { readonly body?: ApiBody } {
    if (written === undefined) return {};
    const { value, path } = this.#references.mapAt({ value: written, path: at }, 'a body');
    const content = this.#content(value['content'], [...path, 'content']);
    return { body: { ...described(value), isRequired: value['required'] === true, content } };
  }

  responses(written: unknown, at: Path): Record<string, ApiResponse> {
    if (written === undefined) return {};
    if (!isMap(written)) throw this.#references.fault(at, 'expected a map of responses');
    const read = Object.entries(written)
      .filter(([status]) => !status.startsWith('x-'))
      .map(([status, value]) => {
        const name = status.replace(/xx$/i, 'XX');
        if (!STATUS.test(name)) {
          throw this.#references.fault(
            [...at, status],
            `"${status}" is not a status: use 200, 2XX or default`,
          );
        }
        return [name, this.#response(value, [...at, status])] as const;
      });
    return Object.fromEntries(read);
  }

  #response(written: unknown, at: Path): ApiResponse {
    const { value, path } = this.#references.mapAt({ value: written, path: at }, 'a response');
    return {
      description: typeof value['description'] === 'string' ? value['description'] : '',
      headers: this.#headers(value['headers'], [...path, 'headers']),
      content: this.#content(value['content'], [...path, 'content']),
    };
  }

  #headers(written: unknown, at: Path): Record<string, ApiHeader> {
    if (!isMap(written)) return {};
    const read = Object.entries(written)
      .filter(([name]) => name.toLowerCase() !== 'content-type')
      .map(([name, each]) => {
        const { value, path } = this.#references.mapAt(
          { value: each, path: [...at, name] },
          'a header',
        );
        const schema = this.#schemas.read({
          value: value['schema'] ?? {},
          path: [...path, 'schema'],
        });
        return [
          name,
          { ...described(value), isRequired: value['required'] === true, schema },
        ] as const;
      });
    return Object.fromEntries(read);
  }

  #content(written: unknown, at: Path): ApiContent {
    if (written === undefined) return {};
    if (!isMap(written)) throw this.#references.fault(at, 'expected a map of media types');
    const read = Object.entries(written).map(([type, each]) => {
      const value = isMap(each) ? (each['schema'] ?? {}) : {};
      const schema = this.#schemas.read({ value, path: [...at, type, 'schema'] });
      return [type.toLowerCase(), { schema }] as const;
    });
    return Object.fromEntries(read);
  }
}

const described = ({ description }: Tree): { readonly description?: string } =>
  typeof description === 'string' ? { description } : {};
