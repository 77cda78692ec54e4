/**
 * Compiles the schemas of OpenAPI documents for requests. Each schema that others refer to is compiled once, before those: the
 * compiler would otherwise call itself for each step of a chain of references.
 */
import type { Ajv, ValidateFunction } from 'ajv';
import type { ApiSchema } from 'portico';
import { type Coercion, compileCoercion } from '../coerce.ts';
import { loopIn } from '../loops.ts';
import { compiler, faultsOf, isSmall, type Schema, type Validator } from '../schema.ts';
import { READ_ONLY, referencesIn, requestSchema } from './request-schema.ts';

/** Lets other work run. */
export type Pause = () => Promise<void>;

export class DocumentSchemas {
  readonly #schemas: ReadonlyMap<string, ApiSchema>;
  /** Where references of a schema lead. */
  readonly #components: Schema;
  readonly #first = packageOf(false);
  readonly #all = packageOf(true);
  /** Schemas that are compiled, or are being so. */
  readonly #known = new Set<string>();
  /** By their text: many operations have the same. */
  readonly #validators = new Map<string, Validator>();

  /** @param schemas what references name */
  constructor(schemas: ReadonlyMap<string, ApiSchema>) {
    this.#schemas = schemas;
    this.#components = { schemas: Object.fromEntries(schemas) };
  }

  /** `schema` as a root that its references can be followed from. */
  rootOf(schema: Schema): Schema {
    return { ...schema, components: this.#components };
  }

  /** @throws {Error} that says why it cannot be checked */
  async validator(schema: ApiSchema, pause: Pause): Promise<Validator> {
    const key = JSON.stringify(schema);
    const known = this.#validators.get(key);
    if (known !== undefined) return known;
    await this.#compileAll(referencesIn(schema), pause);
    const own = this.#forRequests(schema);
    const first = compiled(() => this.#first.compile(own));
    await pause();
    const all = compiled(() => this.#all.compile(own));
    await pause();
    const made: Validator = (value, lost) => {
      const checked = { value, lost };
      const faults = faultsOf(first, checked);
      return faults.length === 0 || !isSmall(value) ? faults : faultsOf(all, checked);
    };
    this.#validators.set(key, made);
    return made;
  }

  coercion(schema: Schema): Coercion {
    return compileCoercion(this.rootOf(schema));
  }

  /** The schemas of these names and all that they refer to, the last ones first. */
  async #compileAll(names: Iterable<string>, pause: Pause): Promise<void> {
    const order = this.#unknownBelow(names);
    const added = Object.fromEntries(order.map((name) => [name, this.#schemas.get(name) ?? true]));
    const loop = loopIn({ components: { schemas: added } });
    if (loop !== undefined) {
      throw new Error(`"${loop}" refers to itself, so no value could ever be checked`);
    }
    for (const name of order) {
      const schema = this.#forRequests(this.#schemas.get(name) ?? true);
      for (const ajv of [this.#first, this.#all]) ajv.addSchema(asObject(schema), name);
      await pause();
    }
    for (const name of order) {
      for (const ajv of [this.#first, this.#all]) {
        compiled(() => ajv.getSchema(name));
        await pause();
      }
    }
  }

  /** In the order in which they can be compiled. Without recursion: chains may be long. */
  #unknownBelow(names: Iterable<string>): string[] {
    const order: string[] = [];
    const open = [...names].map((name) => ({ name, isDone: false }));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { name, isDone } = next;
      if (isDone) order.push(name);
      else if (!this.#known.has(name)) {
        this.#known.add(name);
        open.push({ name, isDone: true });
        for (const below of referencesIn(this.#schemas.get(name))) {
          open.push({ name: below, isDone: false });
        }
      }
    }
    return order;
  }

  readonly #forRequests = (schema: ApiSchema): ApiSchema =>
    requestSchema(schema, (reference) =>
      this.#schemas.get(reference.slice(reference.lastIndexOf('/') + 1)),
    );
}

/** The package has names for objects alone. */
const asObject = (schema: ApiSchema): Schema =>
  typeof schema === 'object' ? schema : schema ? {} : { not: {} };

function compiled(compile: () => ValidateFunction | undefined): ValidateFunction {
  try {
    // What is asked for by its name was added.
    return compile()!;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Error('schemas refer to each other in too long a circle', { cause: error });
  }
}

/** Documents are written for people, too: what the package does not know is no fault of theirs. */
function packageOf(allErrors: boolean): Ajv {
  const ajv = compiler(
    {},
    {
      allErrors,
      strict: false,
      validateSchema: false,
      logger: false,
      inlineRefs: false,
      addUsedSchema: false,
    },
  );
  ajv.addKeyword({
    keyword: READ_ONLY,
    schemaType: 'boolean',
    errors: false,
    validate: () => false,
    error: { message: 'is read-only: it must not be sent' },
  });
  return ajv;
}
