/** What `server.tls` says: one way to name certificates, files that are there, keys that fit, in time. */
import { checkTls } from './check-tls.ts';
import type { Finding, Path } from './fault.ts';
import type { NamedFiles } from './named-files.ts';
import { checkPeriod, readCertificates } from './pem.ts';
import { isMap, type Tree } from './tree.ts';

const AT: Path = ['server', 'tls'];

export function* checkServerTls({ server }: Tree, files: NamedFiles): Generator<Finding> {
  const tls = isMap(server) ? server['tls'] : undefined;
  if (!isMap(tls)) return;
  const { cert, key, certificates, clientCa, clientAuth } = tls;
  const isOne = cert !== undefined || key !== undefined;
  if (isOne && certificates !== undefined) {
    const message = 'does not go with "cert" and "key": list that pair here too';
    yield { path: [...AT, 'certificates'], at: 'key', message };
  }
  if (!isOne && certificates === undefined) {
    yield { path: AT, at: 'key', message: 'needs a "cert" and a "key", or "certificates"' };
  }
  yield* checkPair(tls, AT, files);
  for (const [i, pair] of (Array.isArray(certificates) ? certificates : []).entries()) {
    if (isMap(pair)) yield* checkPair(pair, [...AT, 'certificates', i], files);
  }
  if (clientAuth !== undefined && clientCa === undefined) {
    const message = 'needs a "clientCa" beside it';
    yield { path: [...AT, 'clientAuth'], at: 'key', message };
  }
  yield* checkPem(clientCa, [...AT, 'clientCa'], files, readCertificates);
}

function* checkPair(pair: Tree, path: Path, files: NamedFiles): Generator<Finding> {
  let isWrong = false;
  for (const finding of checkTls({ cert: pair['cert'], key: pair['key'] }, path, files)) {
    isWrong = true;
    yield finding;
  }
  if (!isWrong) yield* checkPem(pair['cert'], [...path, 'cert'], files, checkPeriod);
}

function* checkPem(
  written: unknown,
  path: Path,
  files: NamedFiles,
  check: (pem: string) => unknown,
): Generator<Finding> {
  if (typeof written !== 'string' || written === '') return;
  try {
    check(files.pemAt(path, written));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    yield { path, message: error.message };
  }
}
