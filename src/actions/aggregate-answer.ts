/** What a part expects of its answer, from its config. */
import { JSON_ANSWER, type PartAnswer } from '../routes/part-answer.ts';
import { readerOf } from '../routes/part-types.ts';
import type { PartConfig } from './aggregate-schema.ts';

/** The most of an error's body that a client gets. */
const ERROR_BYTES = 4_096;

export function answerOf({ type, onError }: Pick<PartConfig, 'type' | 'onError'>): PartAnswer {
  if (type === 'json' && onError === 'hide') return JSON_ANSWER;
  return { read: readerOf(type), errorBytes: onError === 'hide' ? 0 : ERROR_BYTES };
}
