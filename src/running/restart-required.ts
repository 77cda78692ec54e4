/** What a reload cannot change, because it would need another socket, or another engine beside the first. */
import { isDeepStrictEqual } from 'node:util';
import type { Config, ListenerConfig } from '../config/build/config.ts';
import { formatPath } from '../config/fault.ts';

/** The keys of `wanted` that need a restart, because sockets and store were opened for `opened`. */
export function restartRequired(opened: Config, wanted: Config): string[] {
  return [
    ...listenerKeys(opened, wanted),
    ...adminKeys(opened, wanted),
    ...storeKeys(opened, wanted),
  ];
}

/** The keys of a listener, each with what it stands for. */
const LISTENER_KEYS: Readonly<Record<string, (listener: ListenerConfig) => unknown>> = {
  host: ({ address }) => 'host' in address && address.host,
  port: ({ address }) => 'port' in address && address.port,
  socket: ({ address }) => 'socket' in address && address.socket,
  mode: ({ address }) => 'mode' in address && address.mode,
  tls: ({ tls }) => tls !== undefined,
  http2: ({ http2 }) => http2,
  proxyProtocol: ({ proxyProtocol }) => proxyProtocol?.version,
};

function listenerKeys({ server: opened }: Config, { server: wanted }: Config): string[] {
  const all = [...opened.listeners, ...wanted.listeners];
  const places = new Map(all.map((listener) => [formatPath(listener.at), listener]));
  return [...places].flatMap(([place, { name }]) => {
    const [one, other] = [opened, wanted].map(({ listeners }) =>
      listeners.find((each) => each.name === name && formatPath(each.at) === place),
    );
    // The only one is described by keys of `server`; those with names come and go as a whole.
    if (one === undefined || other === undefined) return [place];
    return Object.entries(LISTENER_KEYS)
      .filter(([, of]) => !isDeepStrictEqual(of(one), of(other)))
      .map(([key]) => `${place}.${key}`);
  });
}

const ADMIN_KEYS: Readonly<Record<string, (config: Config) => unknown>> = {
  'admin.host': ({ admin }) => admin?.host,
  'admin.port': ({ admin }) => admin?.port,
};

function adminKeys(opened: Config, wanted: Config): string[] {
  if ((opened.admin === undefined) !== (wanted.admin === undefined)) return ['admin'];
  return Object.entries(ADMIN_KEYS)
    .filter(([, of]) => of(opened) !== of(wanted))
    .map(([key]) => key);
}

/** A store comes and goes with a reload, but there is never another one beside the first. */
const storeKeys = ({ store: opened }: Config, { store: wanted }: Config): string[] =>
  opened === undefined || wanted === undefined || isDeepStrictEqual(opened, wanted)
    ? []
    : ['store'];
