/** deploy/compose.yaml as the tests read it. */
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

export interface Service {
  readonly image: string;
  readonly build?: object;
  readonly user: string;
  readonly read_only: boolean;
  readonly cap_drop: readonly string[];
  readonly security_opt: readonly string[];
  readonly restart: string;
  readonly logging: { readonly options: Readonly<Record<string, string>> };
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly secrets?: readonly string[];
  readonly ports?: readonly string[];
  readonly networks: readonly string[];
  readonly healthcheck?: { readonly disable?: boolean };
  readonly stop_grace_period?: string;
  readonly ulimits?: { readonly nofile: number };
  readonly pids_limit: number;
  readonly deploy: { readonly resources: { readonly limits: Readonly<Record<string, string>> } };
}

export interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
  readonly volumes: object;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
}

export const COMPOSE = parse(readFileSync('deploy/compose.yaml', 'utf8'), {
  merge: true,
}) as Compose;

export const PORTICO = COMPOSE.services['portico']!;
