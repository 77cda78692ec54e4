/** Compares answers with what a document says of them. */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

interface Media {
  readonly schema?: unknown;
}

interface DocumentedAnswer {
  readonly content?: Readonly<Record<string, Media>>;
}

export interface Answered {
  readonly status: number;
  readonly type: string | null;
  readonly text: string;
}

/** Finds what an answer has that its document does not allow; `undefined` where there is nothing. */
export class AnswerJudge {
  readonly #ajv = new Ajv2020({ strict: false, allErrors: true });
  readonly #compiled = new Map<unknown, ValidateFunction>();

  constructor(schemas: Readonly<Record<string, unknown>>) {
    formats.default(this.#ajv);
    this.#ajv.addSchema({ $id: 'document:', components: { schemas } });
  }

  fault(
    responses: Readonly<Record<string, DocumentedAnswer>>,
    { status, type, text }: Answered,
  ): string | undefined {
    const answer = responses[status] ?? responses[`${String(status)[0]}XX`] ?? responses['default'];
    if (answer === undefined) return `the status ${status} is not documented: ${text}`;
    const content = answer.content ?? {};
    if (Object.keys(content).length === 0) {
      return text === '' ? undefined : `${status} has no body in the document, but got ${text}`;
    }
    if (text === '') return undefined;
    const media = content[(type ?? '').split(';')[0]!] ?? content['*/*'];
    if (media === undefined) return `${status} is not documented as ${type}`;
    if (!/json/.test(type ?? '')) return undefined;
    const validate = this.#validator(media.schema ?? true);
    if (validate(JSON.parse(text))) return undefined;
    return `${status} ${this.#ajv.errorsText(validate.errors)}: ${text}`;
  }

  #validator(schema: unknown): ValidateFunction {
    const known = this.#compiled.get(schema);
    if (known !== undefined) return known;
    const absolute = JSON.stringify(schema).replaceAll('"#/components/', '"document:#/components/');
    const made = this.#ajv.compile(JSON.parse(absolute) as object);
    this.#compiled.set(schema, made);
    return made;
  }
}
