import { RefusedError } from '../../base/errors.ts'
import { controlPlanes, fileOf } from '../../model/changes.ts'
import type { Cluster, Pod } from '../../model/cluster.ts'
import type { Gate } from '../../model/plan.ts'
import type { Read } from '../../model/read.ts'
import { readArguments } from './arguments.ts'
import { isCrashLooping, lookAtLog } from './crash.ts'
import { requireFile } from './edit.ts'
import { gateKind, holds, hopeless, waits } from './gate.ts'

/** A control plane component that the kubelet runs from a manifest. The container bears the same name. */
export type Component = 'kube-apiserver' | 'kube-controller-manager'

const folder = '/etc/kubernetes/manifests'
export const manifestPath = (component: Component): string => `${folder}/${component}.yaml`

export const staticPodReads = (component: Component): readonly Read[] => [
  { kind: 'list', resource: 'v1/nodes' },
  { kind: 'list', resource: 'v1/pods' },
  { kind: 'file', path: manifestPath(component), on: 'control-planes' },
  { kind: 'network', on: 'control-planes' },
]

/** Nodes whose manifest is there, or was not read; a labelled node without one (an external control plane) is left out. */
export const instancesOf = (cluster: Cluster, component: Component): readonly string[] =>
  controlPlanes(cluster).filter(node => fileOf(cluster, node, manifestPath(component)) !== null)

/**
 * The manifest's text.
 * @throws RefusedError `node.unread`, and `static-pod.twice` where a second file would define the same pod: the kubelet reads every file
 * without a leading dot whatever its name ends in, and the last in order wins, so an edit would be undone by a forgotten copy.
 */
export function requireManifest(cluster: Cluster, node: string, component: Component): string {
  const path = manifestPath(component)
  const { text } = requireFile(cluster, node, path)
  const twin = cluster.nodes[node]?.manifests?.find(entry => {
    const name = entry.slice(entry.lastIndexOf('/') + 1)
    return (
      entry !== path &&
      name !== `${component}.yaml` &&
      !name.startsWith('.') &&
      name.includes(`${component}.`)
    )
  })
  if (twin === undefined) return text
  throw new RefusedError(
    `${node}:${twin} may define the pod of ${path} a second time`,
    'static-pod.twice',
    `Copies belong outside ${folder}. Moving it away restarts ${component} on ${node}: do it when that may happen.`,
  )
}

/** The mirror pod of a component on a node. Its stand-in, if there is one, has labels of its own. */
export const mirrorOf = (cluster: Cluster, node: string, component: Component): Pod | undefined =>
  cluster.pods.find(
    pod =>
      pod.mirror !== undefined &&
      pod.namespace === 'kube-system' &&
      pod.node === node &&
      pod.labels['component'] === component,
  )

/** The flags that run on a node; undefined: no mirror pod is known. */
export function runningFlags(
  cluster: Cluster,
  node: string,
  component: Component,
): ReadonlyMap<string, string> | undefined {
  const words = mirrorOf(cluster, node, component)?.commands?.[component]
  return words === undefined ? undefined : readArguments(words)
}

/** What a row of `status` has to add. */
export function noteOf(refused: RefusedError | undefined, isSeen: boolean): { readonly note?: string } {
  if (refused !== undefined) return { note: refused.message }
  return isSeen ? {} : { note: 'no mirror pod was seen: what runs is not known' }
}

interface Runs {
  readonly component: Component
  readonly node: string
  /** null: the flag is not among the arguments. */
  readonly flags: Readonly<Record<string, string | null>>
}

/** A gate `<component>/runs`: the pod on that node has these arguments and is ready. */
export function runsWith(
  node: string,
  component: Component,
  flags: Runs['flags'],
  within: number,
  steady: number,
): Gate {
  return {
    id: `${component}/runs`,
    args: { component, node, flags },
    within,
    steady,
    because:
      'a manifest that was written is not a process that runs: the kubelet may refuse it, and the component may exit',
  }
}

/**
 * The mirror pod tells the arguments that run now. That it is ready alone would say nothing: the old one is ready too.
 */
export const runsGate = gateKind<Runs>({
  reads: ({ component }) => [
    { kind: 'pods', namespace: 'kube-system', labelSelector: `component=${component}` },
  ],
  judge(cluster, { component, node, flags }) {
    const pod = mirrorOf(cluster, node, component)
    const running = runningFlags(cluster, node, component)
    if (pod === undefined || running === undefined)
      return waits(`${component} on ${node}: no pod is to be seen`)
    const differing = Object.entries(flags).filter(([name, value]) => (running.get(name) ?? null) !== value)
    if (differing.length > 0) {
      const seen = differing.map(
        ([name]) => `--${name}${running.has(name) ? `=${running.get(name)}` : ' is not set'}`,
      )
      return waits(`${component} on ${node} runs with ${seen.join(' ')}`)
    }
    if (isCrashLooping(pod)) {
      return hopeless(`${component} on ${node} exits with the new arguments: ${pod.waiting}`, lookAtLog(pod))
    }
    return pod.ready
      ? holds(`${component} on ${node} runs with the new arguments`)
      : waits(`${component} on ${node} is not ready yet`)
  },
})
