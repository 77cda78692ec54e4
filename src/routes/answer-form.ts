/** In which form a client wants a composed answer: whole, or each part as it comes. */

/** JSON is the whole; the others go on until the last part has come. */
export type AnswerForm = 'json' | 'ndjson' | 'sse';

const FORMS: ReadonlyMap<string, AnswerForm> = new Map([
  ['application/json', 'json'],
  ['application/x-ndjson', 'ndjson'],
  ['application/ndjson', 'ndjson'],
  ['application/jsonl', 'ndjson'],
  ['text/event-stream', 'sse'],
]);
const WILD: ReadonlySet<string> = new Set(['*/*', 'application/*']);

/** More elements than this are not looked at: what clients send has a few. */
const MOST_TYPES = 32;
const QUALITY = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

/**
 * The form that `Accept` (RFC 9110 §12.5.1) prefers; of equal ones the first. Whoever names no form, or only takes
 * anything, gets JSON.
 */
export function formFor(accept: string | undefined): AnswerForm {
  if (accept === undefined) return 'json';
  let best: AnswerForm = 'json';
  let bestWeight = 0;
  let wildWeight = 0;
  for (const element of accept.toLowerCase().split(',', MOST_TYPES)) {
    const [type = '', ...parameters] = element.split(';').map((text) => text.trim());
    const form = FORMS.get(type);
    const weight = weightOf(parameters);
    if (WILD.has(type)) wildWeight = Math.max(wildWeight, weight);
    else if (form !== undefined && weight > bestWeight) {
      best = form;
      bestWeight = weight;
    }
  }
  return bestWeight >= wildWeight ? best : 'json';
}

/** 0 for one that is malformed, so that its type is left out. */
function weightOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return quality === undefined ? 1 : Number(QUALITY.exec(quality)?.[1] ?? 0);
}
