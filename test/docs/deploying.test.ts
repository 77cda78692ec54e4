/** docs/deploying.md: its commands make what the deployments need, and what it says of them is so. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { folderOf } from '../config/config-files.ts';
import { podOf } from '../deploy/manifests.ts';
import { kustomize } from '../deploy/kustomize.ts';
import { CONFIG, mounted, startMounted, statusOf, bearer } from '../deploy/mounted.ts';
import { startUpstream } from '../gateway/support/upstream.ts';
import { Page } from '../helpers/page.ts';

const PAGE = new Page('docs/deploying.md');
const [COMPOSE, , SYSTEMD] = PAGE.blocks('sh') as [string, string, string];

/** Runs the lines of the page that need no Docker, in a copy. @returns the folder, and the key that was made */
function makeSecrets(): { readonly folder: string; readonly key: string } {
  const root = folderOf({});
  mkdirSync(join(root, 'deploy'));
  const [lines] = COMPOSE.split('\n\n') as [string];
  const { stdout, status } = spawnSync('bash', ['-euc', `${lines}\nprintf %s "$KEY"`], {
    cwd: root,
    encoding: 'utf8',
  });
  expect(status).toBe(0);
  return { folder: join(root, 'deploy/compose/secrets'), key: stdout };
}

describe('Compose', () => {
  test('gets secrets with which the first request is answered', async () => {
    const { folder, key } = makeSecrets();
    const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
    const file = mounted([`deploy/compose/gateway/${CONFIG}`], {
      '/run/secrets/admin-token': read('admin-token'),
      '/run/secrets/api-key-hash': read('api-key-hash'),
    });
    const API_URL = await startUpstream((request, response) => response.end(request.url));
    const environment = { API_URL, OTLP_ENDPOINT: '', REDIS_URL: 'redis://127.0.0.1:1' };
    const { url, admin } = await startMounted(file, { environment });

    const response = await fetch(`${url}/api/orders/1`, { headers: { 'x-api-key': key } });
    expect([response.status, await response.text()]).toEqual([200, '/orders/1']);
    expect(response.headers.get('ratelimit')).toContain('r=599');
    expect(await statusOf(`${url}/api/orders/1`)).toBe(401);
    expect(await statusOf(`${admin}/status`, bearer(read('admin-token').trim()))).toBe(200);
  });

  test('may read its secrets as any user, and other users of the machine may not', () => {
    const { folder } = makeSecrets();
    const modes = ['.', 'admin-token', 'api-key-hash', 'grafana-password'].map((name) =>
      (statSync(join(folder, name)).mode & 0o777).toString(8),
    );
    expect(modes).toEqual(['700', '644', '644', '644']);
  });
});

test('the figures of the page are those of the manifests', () => {
  const { terminationGracePeriodSeconds, containers } = podOf(kustomize('deploy/kubernetes/base'));
  expect(PAGE.text).toContain(`${terminationGracePeriodSeconds} s to end`);
  expect(containers[0]!.resources.limits['memory']).toBe('512Mi');
  expect(PAGE.text).toContain('512 MiB a pod');
});

test('the files that are installed for systemd exist, and go where the unit looks for them', () => {
  const root = folderOf({});
  cpSync('deploy/systemd', join(root, 'deploy/systemd'), { recursive: true });
  const installs = SYSTEMD.split('\n').filter((line) => /^(install|\(umask)/.test(line));
  const script = installs.join('\n').replaceAll('/etc/', `${root}/etc/`);
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true });
  const { status, stderr } = spawnSync('bash', ['-euc', script], { cwd: root, encoding: 'utf8' });
  expect([status, stderr]).toEqual([0, '']);
  const unit = readFileSync(join(root, 'etc/systemd/system/portico.service'), 'utf8');
  const named = [...unit.matchAll(/\/etc\/portico\/[\w./-]+/g)].map(([path]) => path);
  expect(named.length).toBeGreaterThan(3);
  expect(
    named.filter((path) => statSync(join(root, path), { throwIfNoEntry: false }) === undefined),
  ).toEqual([]);
  expect(SYSTEMD).toContain('--prefix /opt/portico ');
});
