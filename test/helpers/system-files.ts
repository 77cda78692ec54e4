/** A hosts file and a resolv.conf of a test's own, which may be rewritten at any time. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SystemFiles } from '../../src/upstream/names/system-names.ts';
import type { DnsServer } from './dns-server.ts';

export interface TestFiles extends SystemFiles {
  writeHosts(text: string): void;
  writeResolvConf(text: string): void;
}

/** Ends with the test. `server` is the one to ask; `more` lines of resolv.conf. */
export function systemFiles(server: Pick<DnsServer, 'address'>, more = ''): TestFiles {
  const folder = mkdtempSync(join(tmpdir(), 'portico-names-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const hosts = join(folder, 'hosts');
  const resolvConf = join(folder, 'resolv.conf');
  const files = {
    hosts,
    resolvConf,
    writeHosts: (text: string) => writeFileSync(hosts, text),
    writeResolvConf: (text: string) => writeFileSync(resolvConf, text),
  };
  // Without a search line the machine's own domain would be searched.
  files.writeResolvConf(
    `nameserver ${server.address}\nsearch .\noptions timeout:1 attempts:1\n${more}`,
  );
  return files;
}
