/** What `/status` says of names that DNS was asked for. */
import type { World } from '../assembly/world.ts';
import type { KnownName } from '../upstream/names/names.ts';
import { isoTime } from './iso-time.ts';
import type { NameStatus } from './page-data.ts';

/** Those that fail first. */
export function knownNames(world: World): readonly NameStatus[] {
  const { failing = [], resolved = [] } = Object.groupBy(world.names.known(), ({ failure }) =>
    failure === undefined ? 'resolved' : 'failing',
  );
  return [...failing, ...resolved].map((each) => nameStatus(each, world));
}

/** Up to `most` of those whose last look-up failed. */
export const failingNames = (world: World, most: number): readonly NameStatus[] =>
  [
    ...Iterator.from(world.names.known())
      .filter(({ failure }) => failure !== undefined)
      .take(most),
  ].map((each) => nameStatus(each, world));

const nameStatus = (
  { name, addresses, answeredAt, failure, failedAt }: KnownName,
  world: World,
): NameStatus => ({
  name,
  addresses,
  ...(answeredAt !== undefined && { answeredAt: isoTime(answeredAt, world) }),
  ...(failure !== undefined && { error: { at: isoTime(failedAt, world), why: failure.message } }),
});
