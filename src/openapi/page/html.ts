/** HTML as text. Every value is escaped unless it is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

type Value = Html | string | number | readonly Html[] | undefined | false;

const written = (value: Value): string => {
  if (value === undefined || value === false) return '';
  if (value instanceof Html) return value.text;
  if (typeof value === 'number') return `${value}`;
  if (typeof value !== 'string') return value.map(written).join('');
  return value.replaceAll(/[&<>"']/g, (sign) => ESCAPES[sign]!);
};

export const markup = (texts: TemplateStringsArray, ...values: readonly Value[]): Html =>
  new Html(String.raw({ raw: texts }, ...values.map(written)));

/** Text of a document: paragraphs, `code` and **bold**. No links, and no other Markdown. */
export const prose = (text: string): Html[] =>
  text
    .trim()
    .split(/\n\s*\n/)
    .map((paragraph) => markup`<p>${inline(paragraph)}</p>`);

export const inline = (text: string): Html[] =>
  text.split(/(`[^`]+`|\*\*[^*]+\*\*)/).map((piece) => {
    if (/^`.+`$/.test(piece)) return markup`<code>${piece.slice(1, -1)}</code>`;
    if (/^\*\*.+\*\*$/.test(piece)) return markup`<strong>${piece.slice(2, -2)}</strong>`;
    return markup`${piece}`;
  });
