import type { Family } from '../address/family.ts'
import type { KubeObject } from '../model/cluster.ts'
import { managedBy } from '../world/own/labels.ts'
import { shortId } from '../world/nodes/names.ts'
import { serverScript } from './client/script.ts'
import { ports, type Role, type ServiceName } from './context.ts'

/** On the namespace of each verification, so that the next one finds what a killed one left. */
export const verifyLabels = { ...managedBy, 'app.kubernetes.io/component': 'verify' } as const
/** Process that made it, as the lock names one. */
export const madeBy = 'kubectl-dualstack/process'

export const container = 'verify'
/** Seconds after which a pod that nobody took away ends by itself, unless its namespace says another number. */
export const usualLifetime = 1800
/** On the namespace: seconds after its making. Only then does somebody on another machine take it away, who cannot see whether its maker lives. */
export const lifetimeAnnotation = 'kubectl-dualstack/lifetime'

export function namespaceObject(
  name: string,
  process: string | undefined,
  isPrivileged: boolean,
  lifetime: number,
): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        ...verifyLabels,
        'pod-security.kubernetes.io/enforce': isPrivileged ? 'privileged' : 'restricted',
      },
      annotations: {
        [lifetimeAnnotation]: String(lifetime),
        ...(process === undefined ? {} : { [madeBy]: process }),
      },
    },
  }
}

/** `peer-n1`. Stable from one verification to the next. */
export const podName = (role: Role, node: string): string =>
  `${role}-${/^[a-z0-9-]{1,50}$/.test(node) ? node : shortId(node)}`

export interface TestPod {
  readonly role: Role
  readonly node: string
  readonly namespace: string
  readonly image: string
  readonly isSctp: boolean
  readonly isHostPort: boolean
  /** Seconds. */
  readonly lifetime: number
}

/** Allowed where Pod Security is `restricted`, but for a host port. No token of the API, and nothing of the node. */
export function podObject(pod: TestPod): KubeObject {
  const { role, node, namespace, image, isSctp, isHostPort, lifetime } = pod
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: podName(role, node),
      namespace,
      labels: { ...verifyLabels, [roleLabel]: role, [podLabel]: podName(role, node) },
    },
    spec: {
      // Not by the scheduler: the node may be cordoned, and its network is asked about all the same.
      nodeName: node,
      tolerations: [{ operator: 'Exists' }],
      restartPolicy: 'Never',
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: 0,
      activeDeadlineSeconds: lifetime,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: 65532,
        runAsGroup: 65532,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: container,
          image,
          imagePullPolicy: 'IfNotPresent',
          command: ['sh', '-c', serverScript()],
          env: isSctp ? [{ name: 'SCTP', value: String(ports.sctp) }] : [],
          ports: [{ containerPort: ports.http, ...(isHostPort ? { hostPort: ports.host } : {}) }],
          // The client's shells count here too: a few dozen at once.
          resources: {
            requests: { cpu: '10m', memory: '16Mi' },
            limits: { cpu: '500m', memory: '128Mi' },
          },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        },
      ],
    },
  }
}

const roleLabel = 'kubectl-dualstack/role'
const podLabel = 'kubectl-dualstack/pod'

/** @param family of Services that keep one family whatever the API server has, now and later; without it what the cluster has is what is asked */
export function serviceObjects(namespace: string, isSctp: boolean, family?: Family): readonly KubeObject[] {
  const families =
    family === undefined
      ? { ipFamilyPolicy: 'PreferDualStack' }
      : { ipFamilyPolicy: 'SingleStack', ipFamilies: [family] }
  const port = [
    { name: 'http', port: ports.service, targetPort: ports.http },
    { name: 'udp', port: ports.udp, targetPort: ports.udp, protocol: 'UDP' },
    ...(isSctp ? [{ name: 'sctp', port: ports.sctp, targetPort: ports.sctp, protocol: 'SCTP' }] : []),
  ]
  const service = (
    name: ServiceName,
    role: Role,
    spec: Readonly<Record<string, unknown>> = {},
  ): KubeObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace, labels: verifyLabels },
    // PreferDualStack gets one family from a single-stack API server.
    spec: { ...families, selector: { [roleLabel]: role }, ports: port, ...spec },
  })
  return [
    service('web', 'peer'),
    service('affinity', 'peer', { sessionAffinity: 'ClientIP' }),
    service('headless', 'peer', { clusterIP: 'None' }),
    service('hairpin', 'second'),
    service('nodeport', 'peer', { type: 'NodePort', ports: port.slice(0, 1) }),
    service('nodeport-local', 'peer', {
      type: 'NodePort',
      ports: port.slice(0, 1),
      externalTrafficPolicy: 'Local',
    }),
  ]
}

/** Lets one pod in, by label: the same for every family. */
export const policyObject = (namespace: string, allowed: string): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'guarded', namespace, labels: verifyLabels },
  spec: {
    podSelector: { matchLabels: { [roleLabel]: 'guarded' } },
    policyTypes: ['Ingress'],
    ingress: [{ from: [{ podSelector: { matchLabels: { [podLabel]: allowed } } }] }],
  },
})
