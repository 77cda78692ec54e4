/**
 * What an answer tells of a part that failed, if its config asks for that: `onError: detail`. In an answer it stands
 * beside the place of the part, as `payment_error`; in a problem document, as a member of that name.
 */
import { GatewayError } from '../core/errors.ts';
import { degradedReason, PartStatusError } from '../routes/part.ts';
import type { PartConfig } from './aggregate-schema.ts';

/** The name that goes with a part's own. */
export const errorName = (name: string): string => `${name}_error`;

/** The place that goes with a part's own. */
export const errorPlace = (place: readonly string[]): readonly string[] => [
  ...place.slice(0, -1),
  errorName(place.at(-1)!),
];

/** `undefined` if it is not to be told. */
export function detailOf(
  { onError }: Pick<PartConfig, 'onError'>,
  error: unknown,
  reason = degradedReason(error),
): object | undefined {
  if (onError === 'hide') return undefined;
  if (!(error instanceof PartStatusError)) return { reason };
  return { reason, status: error.status, ...error.detail };
}

/** The client's error, with what is told of the part that is to blame. */
export function withDetail(
  { config }: { readonly config: PartConfig },
  error: unknown,
  answer: GatewayError,
): GatewayError {
  const detail = detailOf(config, error);
  if (detail === undefined) return answer;
  const { extensions } = answer.options;
  return new GatewayError(answer.code, answer.message, {
    ...answer.options,
    cause: error,
    extensions: { ...extensions, [errorName(config.name)]: detail },
  });
}
