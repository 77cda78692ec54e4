/** What is kept of an answer to compare it: its status, the fields that are compared, and its body up to a length. */
import { ByteCopy } from '../../core/byte-copy.ts';
import { joinedValue, type Headers } from '../../core/headers.ts';
import type { CompareConfig } from '../../config/build/mirror.ts';

export interface AnswerCopy {
  readonly status: number;
  /** Those that are compared, each as one text; absent ones are missing. */
  readonly headers: ReadonlyMap<string, string>;
  readonly coding: Headers[string] | undefined;
  readonly body: ByteCopy;
}

/** Copies the head now, because whoever gets the answer may edit it. */
export function copyHead(
  status: number,
  headers: Headers,
  { headers: compared, maxBodyBytes, body }: CompareConfig,
): AnswerCopy {
  const kept = compared.flatMap((name) => {
    const value = joinedValue(headers[name]);
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    status,
    headers: new Map(kept),
    coding: headers['content-encoding'],
    body: new ByteCopy(body === 'none' ? 0 : maxBodyBytes),
  };
}
