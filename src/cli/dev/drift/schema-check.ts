/** Checks bodies against the schemas of a document. Each is compiled when its first answer comes. */
import { createRequire } from 'node:module';
import type { Ajv2020, ValidateFunction } from 'ajv/dist/2020.js';
import type * as draft2020 from 'ajv/dist/2020.js';
import type * as formats from 'ajv-formats';
import type { ApiDocument, ApiSchema } from '../../../config/openapi/model.ts';
import { type Difference, differencesOf } from './differences.ts';

const load = createRequire(import.meta.url);

export class SchemaCheck {
  readonly #document: ApiDocument;
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<ApiSchema, ValidateFunction>();
  readonly #names: ReadonlySet<string>;

  constructor(document: ApiDocument) {
    // What `require` returns is typed by nobody: these are the types of the same files.
    const { Ajv2020: Draft } = load('ajv/dist/2020.js') as typeof draft2020;
    const { default: addFormats } = load('ajv-formats') as (typeof formats)['default'];
    this.#document = document;
    // Documents have words of their own, and formats that nobody knows.
    this.#ajv = new Draft({
      strict: false,
      allErrors: true,
      verbose: true,
      ownProperties: true,
      logger: false,
      validateSchema: false,
    });
    addFormats(this.#ajv);
    this.#names = namesIn(document);
  }

  /** @throws {Error} for a schema that cannot be compiled, or never comes to an end */
  differences(schema: ApiSchema, body: unknown): Difference[] {
    const validate = this.#validator(schema);
    return validate(body) ? [] : differencesOf(validate.errors ?? [], body, this.#names);
  }

  #validator(schema: ApiSchema): ValidateFunction {
    let validate = this.#compiled.get(schema);
    if (validate === undefined) {
      const { schemas } = this.#document;
      validate = this.#ajv.compile({ allOf: [schema], components: { schemas } });
      this.#compiled.set(schema, validate);
    }
    return validate;
  }
}

/** Names of members that some schema of the document names. */
function namesIn({ operations, schemas }: ApiDocument): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [key, each] of Object.entries(value)) {
      if (key === 'properties' && typeof each === 'object' && each !== null) {
        for (const name of Object.keys(each)) names.add(name);
      }
      visit(each);
    }
  };
  visit(schemas);
  for (const { responses } of operations) visit(responses);
  return names;
}
