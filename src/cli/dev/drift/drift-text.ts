/** Tells people what an upstream answers otherwise than its document says. */
import { relative } from 'node:path';
import type { Drift } from './drift-watch.ts';

/** So many differences of one answer are told; a service that answers something else entirely has many. */
const MOST = 10;

export function driftText({ upstream, file, operation, status, differences }: Drift): string {
  const lines = differences
    .slice(0, MOST)
    .map(
      ({ at, says, came }) =>
        `  ${at === '' ? '' : `${at}: `}the document says ${says}; ${came} came`,
    );
  const more = differences.length - MOST;
  return printable(
    [
      `${upstream} does not answer ${operation} (${status}) as ${relative(process.cwd(), file) || file} says:`,
      ...lines,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n'),
  );
}

/** Terminals obey some characters, and upstreams choose names. */
const printable = (text: string): string => text.replaceAll(/(?!\n)\p{Cc}/gu, '\u{fffd}');
