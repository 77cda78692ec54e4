/** What a part expects of its answer, from its config. */
import { JSON_ANSWER, type PartAnswer } from '../routes/part-answer.ts';
import { readerOf } from '../routes/part-types.ts';
import type { PartConfig } from './aggregate-schema.ts';

/** The most of an error's body that a client gets. */
const ERROR_BYTES = 4_096;

export function answerOf({
  type,
  onError,
  graphql,
}: Pick<PartConfig, 'type' | 'onError' | 'graphql'>): PartAnswer {
  if (type === 'json' && onError === 'hide') return JSON_ANSWER;
  // Its errors hold queries and addresses, whatever its status.
  if (graphql !== undefined) return JSON_ANSWER;
  return { read: readerOf(type), errorBytes: onError === 'hide' ? 0 : ERROR_BYTES };
}
