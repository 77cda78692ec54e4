/** Bodies of four sizes, down and up. Each direction and size is a heat of its own, with its own floor. */
import { PROGRAMS } from '../programs.ts';
import { type Heat, job, portico, program, script } from './subject.ts';

const KIB = 1_024;
const SIZES = [
  ['10k', 10 * KIB],
  ['100k', 100 * KIB],
  ['1m', 1_024 * KIB],
  ['10m', 10_240 * KIB],
] as const;
/** From 1 MiB on: more would only fill the machine's memory. */
const FEW_CONNECTIONS = 8;

function heat(direction: 'down' | 'up', size: string, bytes: number): Heat {
  const name = `${direction}-${size}`;
  const measured = job({
    connections: bytes >= 1_024 * KIB ? FEW_CONNECTIONS : Number.POSITIVE_INFINITY,
    floor: `floor-${name}`,
    ...(direction === 'down'
      ? { path: `/api/bytes/${bytes}`, expected: { body: { bytes } } }
      : { method: 'POST', bodyBytes: bytes, expected: { fields: ['x-received'] } }),
  });
  return [
    { name: `floor-${name}`, server: script('floor-bodies'), job: measured },
    { name: `http-proxy-${name}`, server: script('http-proxy'), job: measured },
    ...PROGRAMS.map((each) => ({
      name: `${each}-${name}`,
      server: program(each),
      job: measured,
    })),
    { name: `portico-${name}`, server: portico('portico-bodies'), job: measured },
  ];
}

export const bodies: readonly Heat[] = (['down', 'up'] as const).flatMap((direction) =>
  SIZES.map(([size, bytes]) => heat(direction, size, bytes)),
);
