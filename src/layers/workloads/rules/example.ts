import type { KubeObject, Pod, Resource } from '../../../model/cluster.ts'
import { pod as anyPod, situation } from '../../../rules/example.ts'

/** A pod of demo/web on n1 with an address of one family. */
export const pod = (more: Partial<Pod> = {}): Pod =>
  anyPod({
    name: 'web-1',
    owner: { kind: 'StatefulSet', name: 'web' },
    ips: ['10.244.0.5'],
    labels: { app: 'web' },
    image: 'web:1',
    ...more,
  })

interface Given {
  readonly kind?: 'StatefulSet' | 'DaemonSet' | 'Deployment'
  /** Of the workload, beside its template. */
  readonly spec?: object
  /** Of its pods. */
  readonly template?: object
  readonly container?: object
  readonly pod?: Partial<Pod>
  readonly objects?: Readonly<Record<Resource, readonly KubeObject[]>>
  readonly replicas?: number
}

const lists = {
  StatefulSet: 'apps/v1/statefulsets',
  DaemonSet: 'apps/v1/daemonsets',
  Deployment: 'apps/v1/deployments',
} as const

/** A cluster with one workload demo/web and a pod of it. */
export function withWorkload(given: Given = {}) {
  const { kind = 'StatefulSet', spec = {}, template = {}, container = {}, replicas = 1 } = given
  const set: KubeObject = {
    metadata: {
      name: 'web-a',
      namespace: 'demo',
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web', uid: '2', controller: true },
      ],
    },
  }
  const containers = [{ name: 'web', image: 'web:1', imagePullPolicy: 'IfNotPresent', ...container }]
  const owner =
    kind === 'Deployment' ? { kind: 'ReplicaSet', name: 'web-a' } : ({ kind, name: 'web' } as const)
  return situation({
    pods: [pod({ owner, ...given.pod })],
    objects: {
      'apps/v1/replicasets': [set],
      [lists[kind]]: [
        {
          metadata: { name: 'web', namespace: 'demo' },
          spec: { replicas, ...spec, template: { spec: { containers, ...template } } },
        },
      ],
      ...given.objects,
    },
  })
}
