/**
 * Fills the templates of a step's call: from the request that started the operation, from the answers of earlier steps,
 * from claims and keys.
 *
 * In paths and queries a value is a text, number or boolean and stays one segment or one value, as in aggregates; in a
 * body, a text that is only a template takes the value's own type, and numbers keep their digits.
 */
import type { StepCall } from '../../config/build/saga-config.ts';
import { callTemplates } from '../../config/schema/call-templates.ts';
import { parseTemplate, type Reference, renderTemplate } from '../../config/schema/template.ts';
import { encodeQueryValue, encodeSegment, encodeUnreserved } from '../../core/canonical-path.ts';
import { keepSource } from '../../core/json-number.ts';
import { parseNumbers } from '../../core/json.ts';
import { follow, scalarText } from '../../core/value-path.ts';
import type { CallOrder } from '../../operations/engine.ts';
import { mustBeCanonical } from '../rewrite.ts';

export interface RenderedCall {
  readonly upstream: string;
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

type Valued = Pick<
  CallOrder,
  'input' | 'kept' | 'starter' | 'operation' | 'forwardKey' | 'definition'
>;

/** @throws {RangeError} for a value that is missing, or cannot stand where it is wanted */
export function renderCall(call: StepCall, order: Valued, open: Open = asItIs): RenderedCall {
  const valueOf = values(order, open);
  const render = (text: string, encode: (value: string) => string): string =>
    renderTemplate(parseTemplate(text), (reference) => encode(textOf(reference, valueOf)));
  const { upstream, method, path, query = {}, headers = {}, body } = call;
  const pairs = Object.entries(query).map(([name, text]) => {
    const template = parseTemplate(text);
    const literals = template.literals.map(encodeUnreserved);
    const value = renderTemplate({ ...template, literals }, (reference) =>
      encodeQueryValue(textOf(reference, valueOf)),
    );
    return `${encodeUnreserved(name)}=${value}`;
  });
  const fields = Object.entries(headers).map(
    ([name, text]) => [name, render(text, checkField)] as const,
  );
  const bytes =
    body === undefined ? undefined : Buffer.from(JSON.stringify(filled(body, render, valueOf)));
  return {
    upstream,
    method,
    path: mustBeCanonical(render(path, encodeSegment)),
    query: pairs.length === 0 ? '' : `?${pairs.join('&')}`,
    headers: {
      ...(bytes !== undefined && { 'content-type': 'application/json' }),
      ...Object.fromEntries(fields),
    },
    body: bytes,
  };
}

/** The text of one value, such as that of `one`. @throws {RangeError} for one that is missing */
export function renderText(text: string, order: Valued): string {
  const valueOf = values(order, asItIs);
  return renderTemplate(parseTemplate(text), (reference) => textOf(reference, valueOf));
}

/** The claims that `calls` and `texts` name, as they are written: `claim.sub`. */
export function claimsIn(calls: readonly StepCall[], texts: readonly string[]): Reference[] {
  const all = [...calls.flatMap((call) => [...callTemplates({ ...call })]), ...texts.map(asPlace)];
  const references = all.flatMap(([, text]) => parseTemplate(text).references);
  const byText = new Map(references.map((reference) => [reference.text, reference]));
  return [...byText.values()].filter(({ root }) => root === 'claim');
}

const asPlace = (text: string): readonly [readonly string[], string] => [[], text];

type ValueOf = (reference: Reference) => unknown;

/** Opens what is sealed in the JSON of `root`: `input`, or the name of a step. */
type Open = (value: unknown, root: string) => unknown;
const asItIs: Open = (value) => value;

function values({ input, kept, starter, operation, forwardKey }: Valued, open: Open): ValueOf {
  const read = new Map<string, unknown>();
  const parsed = (root: string, json: string): unknown => {
    if (!read.has(root)) read.set(root, open(parseNumbers(json, keepSource), root));
    return read.get(root);
  };
  return ({ root, rest, text }) => {
    if (root === 'input') return follow(parsed('input', input), rest);
    if (root === 'claim') return starter.claims[text];
    if (root === 'operation') return operation;
    if (root === 'key') return forwardKey;
    const json = kept[root];
    return json === undefined ? undefined : follow(parsed(root, json), rest);
  };
}

function textOf(reference: Reference, valueOf: ValueOf): string {
  const value = valueOf(reference);
  const text = scalarText(value);
  if (text !== undefined) return text;
  const why = value === undefined ? 'absent' : 'not a text, number or boolean';
  throw new RangeError(`{${reference.text}} is ${why}`);
}

/** `body` with every template replaced. */
function filled(
  body: unknown,
  render: (text: string, encode: (value: string) => string) => string,
  valueOf: ValueOf,
): unknown {
  if (typeof body === 'string') {
    const { references, text } = parseTemplate(body);
    const [only] = references;
    if (only === undefined || text !== `{${only.text}}`) return render(body, (value) => value);
    const value = valueOf(only);
    if (value === undefined) throw new RangeError(`{${only.text}} is absent`);
    return value;
  }
  if (Array.isArray(body)) return body.map((member) => filled(member, render, valueOf));
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([key, member]) => [key, filled(member, render, valueOf)]),
  );
}

/** RFC 9110 §5.5, in ASCII: upstreams read other bytes in several ways. */
function checkField(value: string): string {
  if (/^[\x20-\x7e]*$/.test(value)) return value;
  throw new RangeError('a value that no header field can hold');
}
