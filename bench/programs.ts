/** Proxies that a machine may have installed, each with its config in `configs/`. */
import { spawnSync } from 'node:child_process';

export const PROGRAMS = ['nginx', 'haproxy', 'caddy'] as const;
export type ProgramName = (typeof PROGRAMS)[number];

interface Program {
  /** In `configs/`. */
  readonly config: string;
  /** To run in the foreground with that config. */
  readonly args: (configFile: string, folder: string) => readonly string[];
}

const TABLE: Readonly<Record<ProgramName, Program>> = {
  nginx: {
    config: 'nginx.conf',
    // The prefix, so that nothing of the system's own nginx is read or written.
    args: (file, folder) => ['-p', folder, '-e', 'stderr', '-c', file],
  },
  haproxy: { config: 'haproxy.cfg', args: (file) => ['-db', '-f', file] },
  caddy: {
    config: 'Caddyfile',
    args: (file) => ['run', '--config', file, '--adapter', 'caddyfile'],
  },
};

export const configOf = (name: ProgramName): string => TABLE[name].config;
export const argumentsOf = (
  name: ProgramName,
  configFile: string,
  folder: string,
): readonly string[] => TABLE[name].args(configFile, folder);

/** Debian has servers where the PATH of users does not look. */
const PLACES = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin`;

/** The path of an installed program; `undefined` where there is none. */
export function locate(name: string): string | undefined {
  const { status, stdout } = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', name], {
    encoding: 'utf8',
    env: { PATH: PLACES },
  });
  return status === 0 ? stdout.trim() : undefined;
}

/** What a program says of its version, as `nginx 1.22.1`; its name alone where it says nothing of the kind. */
export function versionOf(name: string): string {
  const path = locate(name);
  if (path === undefined) return name;
  const { stdout, stderr } = spawnSync(path, [name === 'caddy' ? 'version' : '-v'], {
    encoding: 'utf8',
    timeout: 5_000,
  });
  const version = /\d+\.\d+(?:\.\d+)*/.exec(`${stdout}${stderr}`)?.[0];
  return version === undefined ? name : `${name} ${version}`;
}
