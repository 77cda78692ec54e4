/** What a part expects of its answer, and what it keeps of one that is an error. */
import { type Json, readJson } from '../core/json.ts';

export interface PartAnswer {
  /**
   * Reads a body in UTF-8 that is not empty.
   *
   * @throws GW_UPSTREAM_INVALID if it is something else
   */
  read(bytes: Buffer): Json;
  /** How much of the body of a status that is not 2xx is kept for the client; 0: nothing. */
  readonly errorBytes: number;
}

export const JSON_ANSWER: PartAnswer = {
  read: readJson,
  errorBytes: 0,
};
