/** What a reload cannot change, because it would need another socket. */
import { isDeepStrictEqual } from 'node:util';
import type { Config } from '../config/build/config.ts';

const KEYS: readonly (readonly [key: string, of: (config: Config) => unknown])[] = [
  ['server.host', ({ server }) => server.host],
  ['server.port', ({ server }) => server.port],
  ['server.tls', ({ server }) => server.tls !== undefined],
  ['admin', ({ admin }) => admin !== undefined],
  ['admin.host', ({ admin }) => admin?.host],
  ['admin.port', ({ admin }) => admin?.port],
];

/** The keys of `wanted` that need a restart, because the sockets were opened for `opened`. */
export function restartRequired(opened: Config, wanted: Config): string[] {
  const changed = KEYS.filter(([, of]) => !isDeepStrictEqual(of(opened), of(wanted)));
  const keys = changed.map(([key]) => key);
  return keys.includes('admin') ? keys.filter((key) => !key.startsWith('admin.')) : keys;
}
