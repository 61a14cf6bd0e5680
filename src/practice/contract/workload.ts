import type { KubeObject } from '../../model/cluster.ts'
import { field, type Trial } from './trial.ts'

/** Makes pods of the sample workload's own image, so that no node pulls anything. Ready within a second or two. */
const template = (trial: Trial, labels: Readonly<Record<string, string>>, spec: object = {}): object => ({
  metadata: { labels },
  spec: {
    terminationGracePeriodSeconds: 1,
    containers: [{ ...trial.place.container, name: 'main' }],
    ...spec,
  },
})

export interface Workload {
  readonly replicas?: number
  /** Of the workload's own spec. */
  readonly spec?: object
  /** Of the pods' spec. */
  readonly pod?: object
}

const app = (trial: Trial) => {
  const name = trial.name('app')
  return { name, labels: { app: name }, selector: `app=${name}` }
}

/** A workload of a kind in the case's namespace, its pods Ready. */
export async function running(
  trial: Trial,
  kind: 'Deployment' | 'StatefulSet' | 'DaemonSet',
  { replicas = 1, spec = {}, pod = {} }: Workload = {},
): Promise<{ readonly name: string; readonly selector: string; readonly pods: readonly KubeObject[] }> {
  const { name, labels, selector } = app(trial)
  await trial.create(`apps/v1/${kind.toLowerCase()}s`, {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      ...(kind === 'DaemonSet' ? {} : { replicas }),
      ...(kind === 'StatefulSet' ? { serviceName: name } : {}),
      selector: { matchLabels: labels },
      template: template(trial, labels, pod),
      ...spec,
    },
  })
  const wanted = kind === 'DaemonSet' ? undefined : replicas
  return { name, selector, pods: await ready(trial, selector, wanted) }
}

/** The pods of a selector, as soon as all are Ready, and so many. Without a number: one on each node that takes pods. */
export const ready = (trial: Trial, selector: string, count?: number): Promise<readonly KubeObject[]> =>
  trial.eventually(
    `pods ${selector} are Ready`,
    async () => {
      const pods = await trial.list('v1/pods', selector)
      const wanted = count ?? Math.max(1, trial.place.workers.length)
      return pods.length === wanted && pods.every(isReady) ? pods : undefined
    },
    120,
  )

/** A pod without an owner, Ready. */
export async function barePod(trial: Trial, more: object = {}): Promise<KubeObject> {
  const { name, labels, selector } = app(trial)
  const { metadata, spec } = template(trial, labels, more) as { metadata: object; spec: object }
  const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name }, spec }
  // The controller manager gives a new namespace its ServiceAccount a moment later: 403 until then.
  await trial.eventually('a pod is accepted', () => trial.create('v1/pods', pod))
  const [made] = await ready(trial, selector, 1)
  return made ?? trial.read('v1/pods', trial.namespace, name)
}

export const isReady = (pod: KubeObject): boolean =>
  pod.metadata.deletionTimestamp === undefined &&
  (field<readonly { type: string; status: string }[]>(pod, 'status', 'conditions') ?? []).some(
    ({ type, status }) => type === 'Ready' && status === 'True',
  )

export const ipsOf = (pod: KubeObject): readonly string[] =>
  (field<readonly { ip: string }[]>(pod, 'status', 'podIPs') ?? []).map(({ ip }) => ip)

export const uidsOf = (pods: readonly KubeObject[]): readonly string[] =>
  pods.map(pod => pod.metadata.uid ?? '').toSorted()

/** Adds an annotation to the pod template: a roll-out, as `kubectl rollout restart` makes it. */
export const restart = (trial: Trial, resource: string, name: string): Promise<KubeObject> =>
  trial.edit(resource, trial.namespace, name, object => annotated(object, trial.name('at')))

function annotated(object: KubeObject, value: string): KubeObject {
  const spec = object['spec'] as { template: { metadata?: { annotations?: object } } }
  const metadata = {
    ...spec.template.metadata,
    annotations: { ...spec.template.metadata?.annotations, 'contract.example.com/restarted': value },
  }
  return { ...object, spec: { ...spec, template: { ...spec.template, metadata } } }
}
