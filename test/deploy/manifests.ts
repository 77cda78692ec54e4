/** Kubernetes' objects as the tests read them: only what they ask about. */

export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/** An object of the API: `apiVersion`, `kind`, `metadata`, and whatever its kind has. */
export interface Manifest {
  readonly [key: string]: Json;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly [key: string]: Json };
}

export type Labels = Readonly<Record<string, string>>;

export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly args: readonly string[];
  readonly env?: readonly { readonly name: string; readonly value: string }[];
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly resources: {
    readonly requests: Labels;
    readonly limits: Labels;
  };
  readonly securityContext: JsonObject;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
}

export interface PodSpec {
  readonly automountServiceAccountToken: boolean;
  readonly terminationGracePeriodSeconds: number;
  readonly securityContext: JsonObject;
  readonly containers: readonly Container[];
  readonly topologySpreadConstraints: readonly { readonly labelSelector: Selector }[];
}

export interface Selector {
  readonly matchLabels: Labels;
}

export interface PolicyRule {
  readonly ports: readonly { readonly port: number | string; readonly protocol?: string }[];
}

/** The only object of `kind`. */
export function theOnly(manifests: readonly Manifest[], kind: string): Manifest {
  const found = manifests.filter((each) => each.kind === kind);
  if (found.length !== 1) throw new Error(`${found.length} objects are a ${kind}`);
  return found[0]!;
}

/** A part of `manifest`; its caller knows the type, which the types of the API have checked. */
export const partOf = (manifest: Manifest, path: string): unknown =>
  path
    .split('.')
    .reduce<Json | undefined>((at, key) => (at as JsonObject | undefined)?.[key], manifest);

export const podOf = (manifests: readonly Manifest[]): PodSpec =>
  partOf(theOnly(manifests, 'Deployment'), 'spec.template.spec') as PodSpec;
