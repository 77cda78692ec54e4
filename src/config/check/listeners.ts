/** Finds what a schema cannot see in listeners: keys that need or exclude each other, and missing folders. */
import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Finding, Path } from '../fault.ts';
import type { NamedFiles } from '../build/named-files.ts';
import { Listener } from '../schema/listener.ts';
import { isMap, type Tree } from '../yaml/tree.ts';
import { checkServerTls } from './server-tls.ts';
import { hasMisspelt } from './upstreams.ts';

/** Every finding about the listeners in `server`. */
export function* checkListeners({ server }: Tree, files: NamedFiles): Generator<Finding> {
  if (!isMap(server)) return;
  const { listeners } = server;
  if (isMap(listeners)) yield* checkNamed(server, listeners);
  yield* checkRedirects(server);
  for (const { listener, at } of writtenListeners(server)) {
    yield* checkSocket(listener, at);
    yield* checkHttp2(listener, at);
    yield* checkProxies(listener, server['trustedProxies'], at);
    yield* checkServerTls(listener['tls'], [...at, 'tls'], files);
  }
}

export interface WrittenListener {
  readonly listener: Tree;
  readonly at: Path;
  /** It has a name, and no port unless one is written. */
  readonly isNamed: boolean;
}

/** The listeners of a config as it was written: those with names, or the only one. */
export function writtenListeners(server: unknown): readonly WrittenListener[] {
  const only = isMap(server) ? server : {};
  const { listeners } = only;
  if (!isMap(listeners)) return [{ listener: only, at: ['server'], isNamed: false }];
  return Object.entries(listeners).flatMap(([name, listener]) =>
    isMap(listener) ? [{ listener, at: ['server', 'listeners', name], isNamed: true }] : [],
  );
}

/** Named listeners and the only one exclude each other. */
function* checkNamed(server: Tree, listeners: Tree): Generator<Finding> {
  for (const key of Object.keys(Listener.shape)) {
    if (server[key] === undefined) continue;
    const message = 'cannot be combined with "listeners": write it in each of them';
    yield { path: ['server', key], at: 'key', message };
  }
  const path: Path = ['server', 'listeners'];
  if (Object.keys(listeners).length === 0) {
    yield { path, at: 'key', message: 'has no listener: name one, such as public: { port: 8080 }' };
  }
  for (const [name, listener] of Object.entries(listeners)) {
    if (!isMap(listener) || listener['port'] !== undefined) continue;
    const at = [...path, name];
    if (listener['socket'] !== undefined) continue;
    if (hasMisspelt(['port', 'socket'], listener, at, Object.keys(Listener.shape))) continue;
    yield { path: at, at: 'key', message: 'needs a "port" or a "socket"' };
  }
}

/** Somebody has to serve. Behind a proxy that speaks https, a listener that redirects does. */
function* checkRedirects(server: Tree): Generator<Finding> {
  const all = writtenListeners(server);
  const redirecting = all.filter(({ listener: { redirectHttps } }) => !!redirectHttps);
  for (const { listener, at } of redirecting) {
    if (listener['tls'] === undefined) continue;
    const message = 'cannot be combined with "tls": its clients came by https';
    yield { path: [...at, 'redirectHttps'], at: 'key', message };
  }
  const [first] = redirecting;
  if (first === undefined || redirecting.length < all.length || hasSome(server['trustedProxies']))
    return;
  const message =
    'leaves no listener that serves: add one with "tls", or name the proxies in front in server.trustedProxies';
  yield { path: [...first.at, 'redirectHttps'], at: 'key', message };
}

const hasSome = (list: unknown): boolean => Array.isArray(list) && list.length > 0;

function* checkHttp2({ http2, tls }: Tree, at: Path): Generator<Finding> {
  const path = [...at, 'http2'];
  if (http2 === 'alpn' && tls === undefined) {
    yield { path, message: 'needs "tls": without it, HTTP/2 is `prior`' };
  }
  if (http2 === 'prior' && tls !== undefined) {
    yield { path, message: 'is for listeners without "tls": with it, HTTP/2 is `alpn`' };
  }
}

function* checkProxies({ proxyProtocol }: Tree, trusted: unknown, at: Path): Generator<Finding> {
  if (proxyProtocol === undefined || hasSome(trusted)) return;
  const { from } = isMap(proxyProtocol) ? proxyProtocol : {};
  if (from !== undefined) return;
  const message = 'nobody may connect: name the proxies in its "from" or in server.trustedProxies';
  yield { path: [...at, 'proxyProtocol'], at: 'key', message };
}

function* checkSocket(listener: Tree, at: Path): Generator<Finding> {
  const { socket, mode } = listener;
  if (socket === undefined && mode !== undefined) {
    yield { path: [...at, 'mode'], at: 'key', message: 'has no effect without a "socket"' };
  }
  if (socket === undefined) return;
  for (const key of ['host', 'port']) {
    if (listener[key] === undefined) continue;
    const message = 'cannot be combined with "socket": a listener has one place';
    yield { path: [...at, key], at: 'key', message };
  }
  if (typeof socket === 'string' && socket.startsWith('/')) {
    yield* checkFolder(socket, [...at, 'socket']);
  }
}

/** A warning only: a config is often checked on another machine than it serves on. */
function* checkFolder(socket: string, path: Path): Generator<Finding> {
  const folder = dirname(socket);
  const stats = statSync(folder, { throwIfNoEntry: false });
  if (stats?.isDirectory() === true) return;
  const message = `there is no folder ${folder} on this machine; create it before the gateway starts`;
  yield { path, message, severity: 'warning' };
}
