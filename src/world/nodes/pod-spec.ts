import { UnreachableError } from '../../base/errors.ts'
import type { KubeObject } from '../../model/cluster.ts'
import { getField } from '../../model/fields.ts'
import { managedBy, ownNamespace } from '../own/labels.ts'

export const container = 'host'
export const podLabels = { ...managedBy, 'app.kubernetes.io/component': 'node-access' } as const
export const podSelector = Object.entries(podLabels)
  .map(pair => pair.join('='))
  .join(',')

const host = ['/usr/bin/nsenter', '-t', '1', '-m', '-u', '-i', '-n', '--'] as const
/** The namespaces of the host's process 1 (the process ids are the host's already, by hostPID), and its sh. */
export const enterHost: readonly string[] = [...host, '/bin/sh', '-s']
/** Hours after which a pod that nobody took away ends by itself. */
const lifetime = 6

/**
 * Image of the pod: one that the node has, as nothing may be pulled. kube-proxy's is on each node and in use; the sandbox image may be hidden
 * behind the 50 that a node lists. What is in it does not matter: the host's own programs are mounted.
 */
export function imageFor(node: KubeObject): string {
  const images = (getField(node, ['status', 'images']) ?? []) as readonly {
    readonly names?: readonly string[]
    readonly sizeBytes?: number
  }[]
  const usable = images
    .map(({ names = [], sizeBytes = 0 }) => ({
      name: names.find(name => !name.includes('@')) ?? names[0] ?? '',
      sizeBytes,
    }))
    .filter(({ name }) => name !== '' && !name.includes('<none>'))
    .sort((a, b) => a.sizeBytes - b.sizeBytes)
  const found =
    usable.find(({ name }) => /\/kube-proxy[:@]/.test(name)) ??
    usable.find(({ name }) => /\/pause[:@]/.test(name)) ??
    usable[0]
  if (found === undefined) {
    throw new UnreachableError(
      `node ${node.metadata.name} lists no image`,
      'nodes.pod',
      'Use ssh: a pod needs an image that the node has.',
    )
  }
  return found.name
}

/** Where the loader of the host's programs lies. A folder that is not there would be made by containerd, so it is only named where it is. */
const libraries = (architecture: string): readonly string[] =>
  ['amd64', 'ppc64le', 'loong64'].includes(architecture) ? ['/lib', '/lib64'] : ['/lib']

export interface AgentPod {
  readonly name: string
  readonly node: string
  readonly image: string
  /** As in node.status.nodeInfo: `amd64` */
  readonly architecture: string
}

export function agentPod({ name, node, image, architecture }: AgentPod): KubeObject {
  const folders = ['/usr', '/bin', ...libraries(architecture)]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: ownNamespace, labels: podLabels },
    spec: {
      // Not by the scheduler: the node may be cordoned, or full.
      nodeName: node,
      hostPID: true,
      hostNetwork: true,
      priorityClassName: 'system-node-critical',
      tolerations: [{ operator: 'Exists' }],
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: lifetime * 3600,
      containers: [
        {
          name: container,
          image,
          imagePullPolicy: 'Never',
          command: [...host, '/bin/sh', '-c', 'while :; do sleep 3600; done'],
          securityContext: { privileged: true, runAsUser: 0, runAsGroup: 0 },
          volumeMounts: folders.map(path => ({ name: nameOf(path), mountPath: path, readOnly: true })),
        },
      ],
      volumes: folders.map(path => ({ name: nameOf(path), hostPath: { path, type: '' } })),
    },
  }
}

const nameOf = (path: string): string => `host-${path.slice(1)}`
