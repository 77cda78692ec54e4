/** The header fields that a part sets, filled from the request and from other parts. */
import { encodeQueryValue } from '../core/canonical-path.ts';
import type { MutableHeaders } from '../core/headers.ts';
import { parseTemplate, renderTemplate, type Template } from '../config/schema/template.ts';
import { wholeField } from './field-template.ts';
import { encodedValue, isOfPart, type TemplateInput, valueOf } from './part-value.ts';

/**
 * Sets the fields in `sent`. One whose value the client did not send is removed, so that what was passed on does not stand
 * in its place.
 *
 * @throws GW_REQUEST_INVALID for a bad value of the client's, GW_UPSTREAM_INVALID for one of a part's
 */
export type RenderFields = (input: TemplateInput, sent: MutableHeaders) => void;

/** `fields`: names in lower case, and templates. */
export function compileFields(fields: Readonly<Record<string, string>>): RenderFields {
  const all = Object.entries(fields).map(([name, text]) => [name, compileField(text)] as const);
  return (input, sent) => {
    for (const [name, render] of all) {
      const value = render(input);
      if (value === undefined) delete sent[name];
      else sent[name] = value;
    }
  };
}

/** Within other text, a value cannot end what it is part of. */
function compileField(text: string): (input: TemplateInput) => string | undefined {
  const template = parseTemplate(text);
  if (template.references.length === 0) return () => text;
  const [only] = template.references;
  const encode = text === `{${only!.text}}` ? wholeField : encodeQueryValue;
  return (input) =>
    isWithout(template, input)
      ? undefined
      : renderTemplate(template, (reference) => encodedValue(reference, input, encode));
}

/** Does the request lack a value of it? */
const isWithout = ({ references }: Template, input: TemplateInput): boolean =>
  references.some(
    (reference) => !isOfPart(reference, input) && valueOf(reference, input) === undefined,
  );
