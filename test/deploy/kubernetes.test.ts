/** deploy/kubernetes: what the manifests say of each other, of the config and of the image is true. */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { filesOf, kustomize } from './kustomize.ts';
import { type Labels, type Manifest, partOf, podOf, theOnly } from './manifests.ts';
import { hasTypes, typeFaults } from './typed-manifests.ts';

const ROOT = 'deploy/kubernetes';
const FOLDERS = [`${ROOT}/base`, `${ROOT}/overlays/example`];
const EXAMPLE = kustomize(`${ROOT}/overlays/example`);
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as {
  readonly version: string;
};

test('every file belongs to a kustomization, and every one that is named exists', () => {
  const named = FOLDERS.flatMap(filesOf);
  expect(globSync(`${ROOT}/**/*.yaml`).filter((file) => !named.includes(file))).toEqual([]);
});

describe('the API', () => {
  const misspelt: Manifest = {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'misspelt' },
    spec: { maxUnavailabel: 1 },
  };

  test('knows every key, and every value is of its type', () => {
    const [found, ...others] = typeFaults([...EXAMPLE.filter(hasTypes), misspelt]);
    expect(found).toMatch(/^PodDisruptionBudget-misspelt\.ts.*maxUnavailabel/);
    expect(others).toEqual([]);
  });
});

describe('labels', () => {
  const pod = partOf(theOnly(EXAMPLE, 'Deployment'), 'spec.template.metadata.labels') as Labels;
  const chosen = (labels: Labels): boolean =>
    Object.entries(labels).every(([name, value]) => pod[name] === value);

  test.each([
    ['Deployment', 'spec.selector.matchLabels'],
    ['Service', 'spec.selector'],
    ['PodDisruptionBudget', 'spec.selector.matchLabels'],
    ['PodMonitor', 'spec.selector.matchLabels'],
  ])('of a %s choose the pods', (kind, path) => {
    expect(chosen(partOf(theOnly(EXAMPLE, kind), path) as Labels)).toBe(true);
  });

  test('of network policies and of the spread choose the pods', () => {
    const policies = EXAMPLE.filter(({ kind }) => kind === 'NetworkPolicy');
    const selectors = [
      ...policies.map((each) => partOf(each, 'spec.podSelector.matchLabels') as Labels),
      ...podOf(EXAMPLE).topologySpreadConstraints.map((each) => each.labelSelector.matchLabels),
    ];
    expect(selectors.map(chosen)).toEqual([true, true, true, true]);
  });
});

test('the autoscaler scales the Deployment, which names no replicas of its own', () => {
  const deployment = theOnly(EXAMPLE, 'Deployment');
  expect(partOf(theOnly(EXAMPLE, 'HorizontalPodAutoscaler'), 'spec.scaleTargetRef')).toEqual({
    apiVersion: deployment.apiVersion,
    kind: deployment.kind,
    name: deployment.metadata.name,
  });
  expect(partOf(deployment, 'spec.replicas')).toBeUndefined();
});

test('pods are as the restricted Pod Security Standard wants them, and write nothing', () => {
  const { securityContext, containers, automountServiceAccountToken } = podOf(EXAMPLE);
  expect(securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
  });
  expect(automountServiceAccountToken).toBe(false);
  for (const container of containers) {
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  }
});

test("pods run as the image's user", () => {
  const [, user, group] = /^USER (\d+):(\d+)$/m.exec(readFileSync('Dockerfile', 'utf8'))!;
  expect(podOf(EXAMPLE).securityContext).toMatchObject({
    runAsUser: Number(user),
    runAsGroup: Number(group),
    fsGroup: Number(group),
  });
});

test('each image has this version as its tag', () => {
  const images = [podOf(kustomize(`${ROOT}/base`)), podOf(EXAMPLE)].flatMap(({ containers }) =>
    containers.map(({ image }) => image),
  );
  expect(images).toEqual([`portico:${version}`, `registry.example.com/portico:${version}`]);
});

test('a container asks for one core and for the memory that is its limit', () => {
  const [{ resources } = { resources: undefined }] = podOf(EXAMPLE).containers;
  expect(resources).toEqual({
    requests: { cpu: '1', memory: '512Mi' },
    limits: { memory: '512Mi' },
  });
});

test('volumes are mounted as folders, which the kubelet updates', () => {
  const [container] = podOf(EXAMPLE).containers;
  expect(container!.volumeMounts).toEqual([
    { name: 'config', mountPath: '/etc/portico', readOnly: true },
    { name: 'secrets', mountPath: '/run/secrets/portico', readOnly: true },
  ]);
});
