/**
 * The fields that a client asks for: `?fields=order(id,total),payment.status`.
 *
 * A name alone is all of it. Lists need no mark: what is in parentheses is of each of their members. Dots are
 * parentheses around one name.
 */
import { GatewayError } from '../../core/errors.ts';
import { type FieldTree, fieldTree } from './field-tree.ts';

export type Selection = FieldTree<true>;

/** The parameter's name. */
export const FIELDS = 'fields';

export const SELECTION_LIMITS = { characters: 2_000, fields: 200, depth: 16 } as const;

/** A name, or what stands between names. */
const TOKEN = /[(),.]|[^(),.]+/g;
const MARK = /^[(),.]$/;

/** @throws GW_REQUEST_INVALID for what is no list of fields, or too much of it */
export function parseSelection(text: string): Selection {
  const { characters, fields } = SELECTION_LIMITS;
  if (text.length > characters) throw invalid(`is longer than ${characters} characters`);
  const leaves = new SelectionReader(text.match(TOKEN) ?? []).read();
  if (leaves.length > fields) throw invalid(`names more than ${fields} fields`);
  return fieldTree<true>(leaves.map((steps) => [steps, true]));
}

class SelectionReader {
  readonly #tokens: readonly string[];
  readonly #leaves: (readonly string[])[] = [];
  #at = 0;

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }

  read(): readonly (readonly string[])[] {
    this.#list([]);
    const left = this.#tokens[this.#at];
    if (left === ')') throw invalid('has a ) that closes nothing');
    if (left !== undefined) throw invalid(`has no comma before ${left}`);
    return this.#leaves;
  }

  #list(above: readonly string[]): void {
    do this.#field(above);
    while (this.#takes(','));
  }

  #field(above: readonly string[]): void {
    const steps = [...above, this.#name()];
    while (this.#takes('.')) steps.push(this.#name());
    if (steps.length > SELECTION_LIMITS.depth) {
      throw invalid(`is nested deeper than ${SELECTION_LIMITS.depth}`);
    }
    if (!this.#takes('(')) {
      this.#leaves.push(steps);
      return;
    }
    this.#list(steps);
    if (this.#takes(')')) return;
    const left = this.#tokens[this.#at];
    throw invalid(
      left === undefined ? 'has a ( that is not closed' : `has no comma before ${left}`,
    );
  }

  #name(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined || MARK.test(token)) {
      const found = token === undefined ? 'its end' : token;
      throw invalid(`has no name before ${found}: write it as order(id,total),payment`);
    }
    this.#at += 1;
    return token;
  }

  #takes(mark: string): boolean {
    if (this.#tokens[this.#at] !== mark) return false;
    this.#at += 1;
    return true;
  }
}

const invalid = (why: string): GatewayError =>
  new GatewayError('GW_REQUEST_INVALID', `the query parameter ${FIELDS} ${why}`);
