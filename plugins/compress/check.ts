/** What is wrong or risky in a route's options, though its schema accepts it. */
import { isStream, type OptionFault, type PluginRisks } from 'portico';
import type { Options, Settings } from './options.ts';
import type { z } from 'portico';

export function* checkOptions({ types, encodings }: Options): Iterable<OptionFault> {
  for (const [i, type] of types.entries()) {
    if (!isStream(type)) continue;
    const message = `"${type}" is a stream, which is never compressed: its events would wait in the compressor`;
    yield { path: ['types', i], message };
  }
  for (const [key, list] of Object.entries({ types, encodings })) {
    const twice = list.findIndex((each, i) => list.indexOf(each as never) !== i);
    if (twice >= 0) yield { path: [key, twice], message: `"${list[twice]}" is listed twice` };
  }
}

/**
 * BREACH: whoever can make a browser send requests, and sees how long the encrypted answers are, learns secrets that stand
 * beside what was sent. It takes credentials that browsers add by themselves.
 */
export const risks: PluginRisks<z.output<typeof Settings>, Options> = {
  rules: { 'compressed-secrets': 'low' },
  *ofOptions(_options, others) {
    const usesCookies = [...others].some(
      ([name, options]) => name === 'csrf' || hasCookie(options),
    );
    if (!usesCookies) return;
    const message =
      'the lengths of compressed answers tell about the secrets in them (BREACH), if they repeat what requests say: leave such pages out';
    yield { rule: 'compressed-secrets', path: [], message };
  },
};

const hasCookie = (options: unknown): boolean =>
  typeof options === 'object' &&
  options !== null &&
  'cookie' in options &&
  options.cookie !== undefined;
