/**
 * Templates of an aggregate's parts, filled from the request and from other parts.
 *
 * A value is a string, number or boolean. Whatever it contains, it stays one path segment or one query
 * value.
 */
import { encodeQueryValue, encodeSegment, encodeUnreserved } from '../core/canonical-path.ts';
import { parseTemplate, renderTemplate, type Template } from '../config/schema/template.ts';
import { queryValue } from './conditions.ts';
import { forwardedParameters } from './forwarded-fields.ts';
import { encodedValue, isOfPart, mayBeOfPart, type TemplateInput } from './part-value.ts';
import { mustBeCanonical, mustStayCanonical } from './rewrite.ts';

/** @throws GW_REQUEST_INVALID for a bad value of the client's, GW_UPSTREAM_INVALID for one of a part's */
export type Render = (input: TemplateInput) => string;

export function compilePath(text: string): Render {
  const template = parseTemplate(text);
  if (!template.references.some(mayBeOfPart)) {
    return (input) => mustBeCanonical(render(template, input, encodeSegment));
  }
  return (input) =>
    mustStayCanonical(render(template, input, encodeSegment), () =>
      renderTemplate(template, (reference) =>
        isOfPart(reference, input) ? 'x' : encodedValue(reference, input, encodeSegment),
      ),
    );
}

/**
 * `?a=1&b=2`, or nothing; a parameter whose value the client did not send is left out.
 *
 * @param kept what `*` among `forwarded` does not pass on, besides credentials
 */
export function compileQuery(
  query: Readonly<Record<string, string>> | undefined,
  forwarded: readonly string[],
  kept: readonly string[] = [],
): Render {
  const templates = Object.entries(query ?? {}).map(
    ([name, text]) => [encodeUnreserved(name), valueTemplate(text)] as const,
  );
  if (templates.length + forwarded.length === 0) return () => '';
  const own = new Set([...Object.keys(query ?? {}), ...kept]);
  return (input) => {
    const pairs: string[] = [];
    for (const [name, template] of templates) {
      if (isAbsentQuery(template, input)) continue;
      pairs.push(`${name}=${render(template, input, encodeQueryValue)}`);
    }
    for (const [name, value] of forwardedParameters(input.exchange.query, forwarded, own)) {
      pairs.push(`${encodeUnreserved(name)}=${encodeUnreserved(value)}`);
    }
    return pairs.length === 0 ? '' : `?${pairs.join('&')}`;
  };
}

/** The text between references is part of a value too, so it is encoded, once. */
function valueTemplate(text: string): Template {
  const template = parseTemplate(text);
  return { ...template, literals: template.literals.map(encodeUnreserved) };
}

/** Is the whole value `{query.x}`, with no `x` sent by the client? */
function isAbsentQuery({ text, references }: Template, { exchange }: TemplateInput): boolean {
  const [only] = references;
  if (only === undefined || only.root !== 'query' || text !== `{${only.text}}`) return false;
  return queryValue(exchange.query, only.rest.join('.')) === undefined;
}

function render(
  template: Template,
  input: TemplateInput,
  encode: (value: string) => string,
): string {
  return renderTemplate(template, (reference) => encodedValue(reference, input, encode));
}
