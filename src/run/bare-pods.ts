import { ConflictError, DualStackError, messageOf, StoppedError } from '../base/errors.ts'
import type { KubeObject, Pod } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { isOurs, managedBy, managedBySelector } from '../world/own/labels.ts'
import type { World } from '../world/ports.ts'
import { isSilent } from './dead-nodes.ts'

/**
 * Where a pod that nobody makes again waits between its end and its return: a PodTemplate of the same name beside it, in the cluster, so that
 * whoever goes on (another machine, the way back) finds it. Its environment may hold secrets, so it is in no journal; who may read pods of
 * that namespace sees as much.
 */
const keptResource = 'v1/podtemplates'
const uidAnnotation = 'kubectl-dualstack/pod-uid'

export interface BarePods {
  readonly world: World
  /** Names of dead nodes: nobody there ends a pod, so none is waited for. */
  readonly left?: ReadonlySet<string>
  readonly signal?: AbortSignal
}

/**
 * Makes a pod again from its own specification. Killed at any moment, `finishKept` or this very call ends it.
 * @throws StoppedError `workloads.not-remade`: what the API server would refuse to make is not deleted
 */
export async function remakePod(context: BarePods, pod: Pod): Promise<void> {
  const { api } = context.world
  const object = await api.get('v1/pods', pod.namespace, pod.name)
  if (object === undefined || object.metadata.uid !== pod.uid) return
  // Somebody is ending it: it would come back against his will.
  if (object.metadata.deletionTimestamp !== undefined) return
  await assertAccepted(context, object)
  const kept = await keep(context, object)
  await api.delete('v1/pods', pod.namespace, pod.name, { uid: pod.uid })
  await finish(context, kept)
}

/**
 * Pods that a run which died has ended and not made again.
 * @returns their names
 * @throws StoppedError `workloads.kept` for the first that cannot be made yet, when all have been tried
 */
export async function finishKept(context: BarePods): Promise<readonly string[]> {
  const kept = (await allKept(context)).filter(
    ({ metadata }) => metadata.annotations?.[uidAnnotation] !== undefined,
  )
  const results = await Promise.allSettled(kept.map(object => finish(context, object)))
  const failed = results.find(result => result.status === 'rejected')
  if (failed !== undefined) throw failed.reason
  return kept.map(nameOf)
}

async function allKept({ world, signal }: BarePods): Promise<readonly KubeObject[]> {
  const found: KubeObject[] = []
  try {
    const ours = { labelSelector: managedBySelector, signal }
    for await (const object of world.api.list(keptResource, ours)) found.push(object)
  } catch (error) {
    // Who may not look may not keep any either, and no bare pod is ended without.
    if (!(error instanceof DualStackError && 'status' in error && error.status === 403)) throw error
  }
  return found
}

const nameOf = ({ metadata }: KubeObject): string => `${metadata.namespace ?? ''}/${metadata.name}`

/** Asked while the old one is still there: a policy may have come after it. "Exists already" is the last thing the server looks at. */
async function assertAccepted({ world, signal }: BarePods, object: KubeObject): Promise<void> {
  try {
    await world.api.create('v1/pods', fresh(object), { dryRun: true, signal })
  } catch (error) {
    if (isExisting(error) || saysNothing(error)) return
    if (!isRefusal(error)) throw error
    throw new StoppedError(
      `Pod ${nameOf(object)} was left: the API server would not take it again: ${messageOf(error)}`,
      'workloads.not-remade',
      'Nothing was deleted. Mend what it names, or plan without bare pods.',
      error,
    )
  }
}

/** The pod itself fills the quota that refuses its double; a webhook without dry runs says nothing of the real thing. */
const saysNothing = (error: unknown): boolean => /exceeded quota|dry run/.test(messageOf(error))
const isExisting = (error: unknown): boolean =>
  error instanceof DualStackError && 'reason' in error && error.reason === 'AlreadyExists'
const isRefusal = (error: unknown): boolean =>
  error instanceof DualStackError && 'status' in error && [400, 403, 422].includes(Number(error.status))

/** On disk in the cluster before anything is deleted. */
async function keep({ world: { api } }: BarePods, pod: KubeObject): Promise<KubeObject> {
  const { name, namespace, uid = '' } = pod.metadata
  const { metadata, spec } = fresh(pod)
  const wanted: KubeObject = {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name, namespace, labels: managedBy, annotations: { [uidAnnotation]: uid } },
    template: {
      metadata: {
        labels: metadata.labels,
        annotations: metadata.annotations,
        ownerReferences: metadata.ownerReferences,
      },
      spec,
    },
  }
  const old = await api.get(keptResource, namespace, name)
  if (old === undefined) return api.create(keptResource, wanted)
  if (!isOurs(old)) {
    throw new ConflictError(
      `Pod ${nameOf(pod)} was left: somebody's PodTemplate has the name under which it would be kept`,
      'workloads.not-kept',
      'Nothing was deleted. Make this pod again yourself, or plan without bare pods.',
    )
  }
  return api.replace(keptResource, {
    ...wanted,
    metadata: { ...wanted.metadata, resourceVersion: old.metadata.resourceVersion },
  })
}

/** From any moment after `keep`: the pod not yet deleted, on its way, gone, or there again. */
async function finish({ world: { api, clock }, left, signal }: BarePods, kept: KubeObject): Promise<void> {
  const { name, namespace, annotations, resourceVersion } = kept.metadata
  const grace = Number(getField(kept, ['template', 'spec', 'terminationGracePeriodSeconds']) ?? 30)
  const deadline = clock.now() + (grace + 120) * 1000
  for (;;) {
    signal?.throwIfAborted()
    const pod = await api.get('v1/pods', namespace, name)
    const isLeaving =
      pod?.metadata.uid === annotations?.[uidAnnotation] && pod?.metadata.deletionTimestamp !== undefined
    if (pod !== undefined && !isLeaving) break
    if (pod === undefined && (await made({ world: { api } }, kept))) break
    if (pod !== undefined && (left?.has(nodeOf(pod)) === true || clock.now() > deadline))
      throw notFinished(kept, await whyHanging(api, pod))
    if (clock.now() > deadline) throw notFinished(kept, { why: 'somebody makes and ends pods of its name' })
    await clock.sleep(500, signal)
  }
  await api.delete(keptResource, namespace, name, { resourceVersion })
}

async function made(
  { world: { api } }: { readonly world: Pick<World, 'api'> },
  kept: KubeObject,
): Promise<boolean> {
  const { name, namespace } = kept.metadata
  const template = kept['template'] as Pick<KubeObject, 'metadata'> & { readonly spec: object }
  try {
    await api.create('v1/pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...template.metadata, name, namespace },
      spec: template.spec,
    })
    return true
  } catch (error) {
    // Somebody was quicker: looked at again.
    if (isExisting(error)) return false
    if (isRefusal(error)) throw notFinished(kept, { why: messageOf(error) }, error)
    throw error
  }
}

const nodeOf = (pod: KubeObject): string => {
  const name = getField(pod, ['spec', 'nodeName'])
  return typeof name === 'string' ? name : ''
}

interface Hanging {
  readonly why: string
  readonly remedy?: string
}

/** A pod ends when its kubelet says so: which one that is, and whether it lives. */
async function whyHanging(api: World['api'], pod: KubeObject): Promise<Hanging> {
  const name = nodeOf(pod)
  const { namespace = '' } = pod.metadata
  const node = name === '' ? undefined : await api.get('v1/nodes', undefined, name)
  if (node === undefined || !isSilent(node)) {
    return {
      why: `its old instance${name === '' ? '' : ` on node ${name}`} does not end`,
      remedy: `See what holds it: kubectl -n ${namespace} describe pod ${pod.metadata.name} (finalizers, a volume that does not come off).`,
    }
  }
  return {
    why: `its old instance hangs on node ${name}, from which the cluster hears nothing`,
    remedy: `Bring ${name} back: its kubelet ends it. Where ${name} is really off: kubectl -n ${namespace} delete pod ${pod.metadata.name} --force --grace-period=0.`,
  }
}

const notFinished = (kept: KubeObject, { why, remedy }: Hanging, cause?: unknown): StoppedError =>
  new StoppedError(
    `Pod ${nameOf(kept)} was deleted to be made again, and could not be yet: ${why}`,
    'workloads.kept',
    `What it was is kept in PodTemplate ${nameOf(kept)}. ${remedy ?? 'Mend the reason.'} Then run the same command again; or give the pod up: kubectl -n ${kept.metadata.namespace ?? ''} delete podtemplate ${kept.metadata.name}`,
    cause,
  )

/** What a person would have written: without what the server, the scheduler and the admission added for that one life. */
function fresh(object: KubeObject): KubeObject {
  const { name, namespace, labels, annotations, ownerReferences } = object.metadata
  // Ephemeral containers come by a subresource of their own, and no pod may be made with them.
  const { nodeName, ephemeralContainers: _debug, ...spec } = object['spec'] as Record<string, unknown>
  // What it wrote into a folder of its node is on no other one.
  const place = holdsHostPath(spec['volumes']) ? { nodeName } : {}
  const cleaned = Object.entries(annotations ?? {}).filter(
    ([key]) =>
      !key.startsWith('cni.projectcalico.org/pod') && !key.startsWith('cni.projectcalico.org/container'),
  )
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace, labels, annotations: Object.fromEntries(cleaned), ownerReferences },
    spec: { ...spec, ...place },
  }
}

const holdsHostPath = (volumes: unknown): boolean =>
  Array.isArray(volumes) && volumes.some(volume => getField(volume, ['hostPath']) !== null)
