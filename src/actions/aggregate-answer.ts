/** What a part expects of its answer, from its config. */
import { JSON_ANSWER, type PartAnswer } from '../routes/part-answer.ts';
import type { PartConfig } from './aggregate-schema.ts';

/** The most of an error's body that a client gets. */
const ERROR_BYTES = 4_096;

export function answerOf({ onError }: Pick<PartConfig, 'onError'>): PartAnswer {
  return onError === 'hide' ? JSON_ANSWER : { ...JSON_ANSWER, errorBytes: ERROR_BYTES };
}
