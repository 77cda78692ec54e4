/** Checks the `tls` of an upstream: existing files, matching keys, targets that use it. */
import type { Finding, Path } from '../fault.ts';
import type { NamedFiles } from '../build/named-files.ts';
import { checkKeyPair, readCertificates, readPrivateKey } from '../build/pem.ts';
import { isMap, type Tree } from '../yaml/tree.ts';

/** The findings of `defaults.upstreams.tls` and of each upstream's. */
export function* checkUpstreamTls(tree: Tree, files: NamedFiles): Generator<Finding> {
  const { defaults, upstreams } = tree;
  if (isMap(defaults) && isMap(defaults['upstreams'])) {
    yield* checkTls(defaults['upstreams']['tls'], ['defaults', 'upstreams', 'tls'], files);
  }
  if (!isMap(upstreams)) return;
  for (const [name, upstream] of Object.entries(upstreams)) {
    if (!isMap(upstream)) continue;
    const path = ['upstreams', name, 'tls'];
    yield* checkTls(upstream['tls'], path, files);
    if (upstream['tls'] === undefined || mayBeSecure(upstream['targets'])) continue;
    yield { path, at: 'key', message: 'has no effect: none of the targets is https' };
  }
}

/** Is some target https? What has another shape is the schema's to report. */
function mayBeSecure(targets: unknown): boolean {
  if (!Array.isArray(targets) || targets.length === 0) return true;
  return targets.some((target: unknown) => {
    const url = isMap(target) ? target['url'] : target;
    return typeof url !== 'string' || !/^(http|unix):/i.test(url);
  });
}

/** The findings of one `tls`: of its `ca`, and of `cert` and `key` as a pair. */
export function* checkTls(tls: unknown, path: Path, files: NamedFiles): Generator<Finding> {
  if (!isMap(tls)) return;
  const ca = readKey(tls, [...path, 'ca'], files, readCertificates);
  const cert = readKey(tls, [...path, 'cert'], files, readCertificates);
  const key = readKey(tls, [...path, 'key'], files, readPrivateKey);
  for (const { finding } of [ca, cert, key]) if (finding !== undefined) yield finding;
  for (const [one, other] of PAIR) {
    if (tls[one] === undefined || tls[other] !== undefined) continue;
    yield { path: [...path, one], at: 'key', message: `also needs a "${other}"` };
  }
  if (cert.pem === undefined || key.pem === undefined) return;
  const { pem } = cert;
  const finding = whyNot([...path, 'key'], () => checkKeyPair(pem, key.pem!));
  if (finding !== undefined) yield finding;
}

const PAIR = [
  ['cert', 'key'],
  ['key', 'cert'],
] as const;

interface ReadKey {
  /** Absent where nothing is written, or nothing that can be used. */
  readonly pem?: string;
  readonly finding?: Finding | undefined;
}

function readKey(
  tls: Tree,
  path: Path,
  files: NamedFiles,
  check: (pem: string) => unknown,
): ReadKey {
  const written = tls[String(path.at(-1))];
  if (typeof written !== 'string' || written === '') return {};
  let pem = '';
  const finding = whyNot(path, () => {
    pem = files.pemAt(path, written);
    check(pem);
  });
  return finding === undefined ? { pem } : { finding };
}

/** What `attempt` throws, as a finding. */
function whyNot(path: Path, attempt: () => void): Finding | undefined {
  try {
    attempt();
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return { path, message: error.message };
    throw error;
  }
}
