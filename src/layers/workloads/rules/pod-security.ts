import { findObject } from '../../../model/changes.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { containersOf, madeAgain, type PodSpec, workloadReads } from './again.ts'
import { withWorkload } from './example.ts'

const label = 'pod-security.kubernetes.io/enforce'

/** Capabilities that the level baseline lets a container add. */
const basic = new Set(
  ['AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE']
    .concat(['SETFCAP', 'SETGID', 'SETPCAP', 'SETUID', 'SYS_CHROOT'])
    .flatMap(name => [name, `CAP_${name}`]),
)

/** Kinds of volumes that the level restricted lets in. */
const plainVolumes = new Set(
  ['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim'].concat([
    'projected',
    'secret',
  ]),
)

/** The first thing that the level baseline refuses; undefined: nothing that is looked at here. */
function againstBaseline(spec: PodSpec): string | undefined {
  if (spec.hostNetwork === true) return 'hostNetwork'
  if (spec.hostPID === true) return 'hostPID'
  if (spec.hostIPC === true) return 'hostIPC'
  if (spec.volumes?.some(volume => 'hostPath' in volume) === true) return 'hostPath volumes'
  for (const { securityContext, ports = [] } of containersOf(spec)) {
    if (securityContext?.privileged === true) return 'privileged'
    if (ports.some(({ hostPort = 0 }) => hostPort > 0)) return 'hostPort'
    const more = securityContext?.capabilities?.add?.find(name => !basic.has(name))
    if (more !== undefined) return `capability ${more}`
  }
  return undefined
}

/** The first thing that the level restricted misses; of the pod as a whole or of a container. */
function againstRestricted(spec: PodSpec): string | undefined {
  const pod = spec.securityContext
  const kind = spec.volumes?.flatMap(Object.keys).find(key => key !== 'name' && !plainVolumes.has(key))
  if (kind !== undefined) return `${kind} volumes`
  for (const { securityContext: own } of containersOf(spec)) {
    if ((own?.runAsNonRoot ?? pod?.runAsNonRoot) !== true) return 'runAsNonRoot is not true'
    if (own?.allowPrivilegeEscalation !== false) return 'allowPrivilegeEscalation is not false'
    if (own.capabilities?.drop?.includes('ALL') !== true) return 'capabilities: ALL is not dropped'
    const profile = (own.seccompProfile ?? pod?.seccompProfile)?.type
    if (profile !== 'RuntimeDefault' && profile !== 'Localhost') return 'seccompProfile is not set'
  }
  return undefined
}

const refused = ruleThere({
  id: 'pod-security/not-again',
  title: 'Pod Security would let every pod in again',
  severity: 'warning',
  why: 'Pod Security is asked when a pod is made, not about those that run. Pods from before a namespace got its level run on, and are refused when the conversion makes them again. A Deployment then stands still with its old pods; a DaemonSet or StatefulSet has taken one away before.',
  source: 'kubernetes.io/docs/concepts/security/pod-security-standards',
  covers: ['practice pod-security'],
  remedy:
    'Mend the template, or the level of the namespace (label pod-security.kubernetes.io/enforce); exemptions in the API server’s own configuration are not seen here.',
  says: [{ component: 'kube-controller-manager', line: '*violates PodSecurity "*": *' }],
  reads: [...workloadReads, { kind: 'list', resource: 'v1/namespaces' }],
  find: ({ cluster }, added) =>
    madeAgain(cluster, added).flatMap(({ name, namespace, spec }) => {
      const level = findObject(cluster, 'v1/namespaces', undefined, namespace)?.metadata.labels?.[label]
      const isStrict = level === 'restricted'
      if (level !== 'baseline' && !isStrict) return []
      const found = againstBaseline(spec) ?? (isStrict ? againstRestricted(spec) : undefined)
      return found === undefined
        ? []
        : [{ object: name, field: 'spec.template.spec', message: `${found}: refused by the level ${level}` }]
    }),
  examples: {
    bad: [
      () => inNamespace('baseline', { volumes: [{ name: 'x', hostPath: { path: '/' } }] }),
      () => inNamespace('baseline', {}, { securityContext: { capabilities: { add: ['NET_ADMIN'] } } }),
      () => inNamespace('restricted', {}),
      () => inNamespace('restricted', { securityContext: fine.pod }),
    ],
    good: [
      () => inNamespace('privileged', { hostPID: true }),
      () => inNamespace('baseline', {}, { securityContext: { capabilities: { add: ['CHOWN'] } } }),
      () => inNamespace('restricted', { securityContext: fine.pod }, { securityContext: fine.container }),
    ],
  },
})

const fine = {
  pod: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
  container: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
}

const inNamespace = (level: string, template: object, container: object = {}) =>
  withWorkload({
    template,
    container,
    objects: { 'v1/namespaces': [{ metadata: { name: 'demo', labels: { [label]: level } } }] },
  })

export const podSecurityRules = [refused] as const
