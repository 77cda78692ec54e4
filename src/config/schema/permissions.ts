/** What `server` must allow before a route may use certain plugins. */
import type { ServerConfig } from '../build/config.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** `allowFaults: true`; `tls` with a `clientCa`. */
export type ServerPermission = 'allowFaults' | 'clientCertificates';

interface Permission {
  /** How it is given. */
  readonly hint: string;
  isWritten(server: Tree): boolean;
  isGiven(server: ServerConfig): boolean;
}

export const PERMISSIONS: Readonly<Record<ServerPermission, Permission>> = {
  allowFaults: {
    hint: 'set "allowFaults: true" under "server"',
    isWritten: ({ allowFaults }) => allowFaults === true,
    isGiven: ({ allowFaults }) => allowFaults,
  },
  clientCertificates: {
    hint: 'set "tls" with a "clientCa" under "server"',
    isWritten: ({ listeners, ...only }) =>
      [only, ...(isMap(listeners) ? Object.values(listeners) : [])].some(asksForCertificates),
    isGiven: ({ listeners }) => listeners.some(({ tls }) => tls?.client !== undefined),
  },
};

function asksForCertificates(listener: unknown): boolean {
  const tls = isMap(listener) ? listener['tls'] : undefined;
  return isMap(tls) && tls['clientCa'] !== undefined;
}
