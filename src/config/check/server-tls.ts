/** Checks the `tls` of a listener: one way to name certificates, existing files, matching keys, valid dates. */
import { checkTls } from './tls.ts';
import type { Finding, Path } from '../fault.ts';
import type { NamedFiles } from '../build/named-files.ts';
import { checkPeriod, readCertificates } from '../build/pem.ts';
import { isMap } from '../yaml/tree.ts';

/** `at` is the place of `tls`. */
export function* checkServerTls(tls: unknown, at: Path, files: NamedFiles): Generator<Finding> {
  if (!isMap(tls)) return;
  const { cert, key, certificates, clientCa, clientAuth } = tls;
  const isOne = cert !== undefined || key !== undefined;
  if (isOne && certificates !== undefined) {
    const message = 'cannot be combined with "cert" and "key": list that pair here too';
    yield { path: [...at, 'certificates'], at: 'key', message };
  }
  if (!isOne && certificates === undefined) {
    yield { path: at, at: 'key', message: 'needs a "cert" and a "key", or "certificates"' };
  }
  const listed = (Array.isArray(certificates) ? certificates : []).entries();
  yield* checkPairs(
    [
      { pair: tls, path: at },
      ...[...listed].map(([i, pair]) => ({ pair, path: [...at, 'certificates', i] })),
    ],
    files,
  );
  if (clientAuth !== undefined && clientCa === undefined) {
    const message = 'also needs a "clientCa"';
    yield { path: [...at, 'clientAuth'], at: 'key', message };
  }
  yield* checkPem(clientCa, [...at, 'clientCa'], files, readCertificates);
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
