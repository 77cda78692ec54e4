/** Checks `server.tls`: one way to name certificates, existing files, matching keys, valid dates. */
import { checkTls } from './tls.ts';
import type { Finding, Path } from '../fault.ts';
import type { NamedFiles } from '../build/named-files.ts';
import { checkPeriod, readCertificates } from '../build/pem.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

const AT: Path = ['server', 'tls'];

export function* checkServerTls({ server }: Tree, files: NamedFiles): Generator<Finding> {
  const tls = isMap(server) ? server['tls'] : undefined;
  if (!isMap(tls)) return;
  const { cert, key, certificates, clientCa, clientAuth } = tls;
  const isOne = cert !== undefined || key !== undefined;
  if (isOne && certificates !== undefined) {
    const message = 'cannot be combined with "cert" and "key": list that pair here too';
    yield { path: [...AT, 'certificates'], at: 'key', message };
  }
  if (!isOne && certificates === undefined) {
    yield { path: AT, at: 'key', message: 'needs a "cert" and a "key", or "certificates"' };
  }
  const listed = (Array.isArray(certificates) ? certificates : []).entries();
  yield* checkPairs(
    [
      { pair: tls, path: AT },
      ...[...listed].map(([i, pair]) => ({ pair, path: [...AT, 'certificates', i] })),
    ],
    files,
  );
  if (clientAuth !== undefined && clientCa === undefined) {
    const message = 'also needs a "clientCa"';
    yield { path: [...AT, 'clientAuth'], at: 'key', message };
  }
  yield* checkPem(clientCa, [...AT, 'clientCa'], files, readCertificates);
}

interface Pair {
  readonly pair: unknown;
  readonly path: Path;
}

/** One that is out of its time is only a warning beside one that is not; the others are served without it. */
function* checkPairs(pairs: readonly Pair[], files: NamedFiles): Generator<Finding> {
  const untimely: Finding[] = [];
  let areAnyUsable = false;
  for (const { pair, path } of pairs) {
    if (!isMap(pair)) continue;
    const faults = [...checkTls({ cert: pair['cert'], key: pair['key'] }, path, files)];
    yield* faults;
    if (faults.length > 0 || pair['cert'] === undefined) continue;
    const late = [...checkPem(pair['cert'], [...path, 'cert'], files, checkPeriod)];
    untimely.push(...late);
    areAnyUsable ||= late.length === 0;
  }
  for (const finding of untimely) {
    if (!areAnyUsable) yield finding;
    else {
      const message = `${finding.message}; the others are served without it`;
      yield { ...finding, message, severity: 'warning' };
    }
  }
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
