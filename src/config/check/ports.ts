/** Finds addresses that nothing can listen on, while the serving process is not yet affected. */
import { isIP } from 'node:net';
import { type Finding, formatPath, type Path } from '../fault.ts';
import { Admin, Server } from '../schema/schema.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { writtenListeners, type WrittenListener } from './listeners.ts';

/** A port taken on these is taken on every address. */
const ANY = new Set(['0.0.0.0', '::']);

/** Where something would listen: on a host and port, or on the path of a socket. */
interface Place {
  readonly at: Path;
  readonly key: 'port' | 'socket';
  /** The port is written, not a default. */
  readonly isWritten: boolean;
  readonly host: string;
  readonly port: number;
  readonly socket?: string;
}

export function* checkPorts({ server, admin }: Tree): Generator<Finding> {
  const listeners = writtenListeners(server);
  for (const { listener, at } of listeners) yield* checkHost(listener, at);
  yield* checkHost(admin, ['admin']);
  const places = [...listeners.flatMap(placeOf), ...placeOfAdmin(admin)];
  for (const [i, place] of places.entries()) {
    const earlier = places.slice(0, i).find((each) => meet(each, place));
    if (earlier === undefined) continue;
    const [told, other] = place.isWritten ? [place, earlier] : [earlier, place];
    const message = `is also the ${told.key} of ${formatPath(other.at)}`;
    yield { path: [...told.at, told.key], message };
  }
}

function meet(one: Place, other: Place): boolean {
  if (one.socket !== undefined || other.socket !== undefined) return one.socket === other.socket;
  if (one.port === 0 || one.port !== other.port) return false;
  return one.host === other.host || ANY.has(one.host) || ANY.has(other.host);
}

function* checkHost(written: unknown, at: Path): Generator<Finding> {
  const host = isMap(written) ? written['host'] : undefined;
  if (typeof host !== 'string' || isIP(host) > 0 || /^[\w.-]*$/.test(host)) return;
  const message = `"${host}" is not an address or name such as 127.0.0.1, :: or localhost, without a port`;
  yield { path: [...at, 'host'], message };
}

function placeOf({ listener, at, isNamed }: WrittenListener): readonly Place[] {
  const { port, socket } = listener;
  if (typeof socket === 'string') {
    return [{ at, key: 'socket', isWritten: true, host: '', port: 0, socket }];
  }
  const { data } = Server.safeParse(hostAndPort(listener));
  if (data === undefined || (isNamed && port === undefined)) return [];
  const { host, port: number } = data;
  return [{ at, key: 'port', isWritten: port !== undefined, host, port: number }];
}

function placeOfAdmin(admin: unknown): readonly Place[] {
  const { data } = Admin.safeParse(hostAndPort(admin));
  if (data === undefined || admin === false) return [];
  const isWritten = isMap(admin) && admin['port'] !== undefined;
  return [{ at: ['admin'], key: 'port', isWritten, host: data.host, port: data.port }];
}

/** Host and port as written; the rest is checked elsewhere. */
function hostAndPort(written: unknown): Tree {
  const keys = isMap(written) ? Object.entries(written) : [];
  return Object.fromEntries(keys.filter(([key]) => key === 'host' || key === 'port'));
}
