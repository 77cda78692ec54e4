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
  for (const { listener, at } of writtenListeners(server)) {
    yield* checkSocket(listener, at);
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
