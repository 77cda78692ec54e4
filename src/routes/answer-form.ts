/** In which form a client wants a composed answer: whole, or each part as it comes. */
import { QUALITY_PATTERN } from '../core/quality.ts';
import { type AnswerKind, streamKind } from '../core/stream-type.ts';

/** Each part as it comes, until the last one has. */
export type StreamForm = Exclude<AnswerKind, 'grpc'>;

/** JSON is the whole. */
export type AnswerForm = 'json' | StreamForm;

const WILD: ReadonlySet<string> = new Set(['*/*', 'application/*']);

/** More elements than this are not looked at: what clients send has a few. */
const MOST_TYPES = 32;
const QUALITY = new RegExp(`^q=${QUALITY_PATTERN}$`);

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
    const form = formOf(type);
    const weight = weightOf(parameters);
    if (WILD.has(type)) wildWeight = Math.max(wildWeight, weight);
    else if (form !== undefined && weight > bestWeight) {
      best = form;
      bestWeight = weight;
    }
  }
  return bestWeight >= wildWeight ? best : 'json';
}

function formOf(type: string): AnswerForm | undefined {
  if (type === 'application/json') return 'json';
  const kind = streamKind(type);
  return kind === 'grpc' ? undefined : kind;
}

/** 0 for one that is malformed, so that its type is left out. */
function weightOf(parameters: readonly string[]): number {
  const quality = parameters.find((parameter) => parameter.startsWith('q='));
  return quality === undefined ? 1 : Number(QUALITY.exec(quality)?.[1] ?? 0);
}
