import type { Cluster } from '../../../model/cluster.ts'
import { getField } from '../../../model/fields.ts'
import { findObject } from '../../../model/changes.ts'
import { ruleThere } from '../../../rules/cluster-rule.ts'
import { situation } from '../../../rules/example.ts'
import { containersOf, madeAgain, workloadReads } from './again.ts'
import { pod, withWorkload } from './example.ts'

const nodes = { kind: 'list', resource: 'v1/nodes' } as const
/** A kubelet reports no more of them than this (nodeStatusMaxImages); of a full list nobody knows what is missing. */
const mostReported = 50

/** Images that a node says it has, also by their full name; undefined: not known. */
function imagesOn(cluster: Cluster, node: string): ReadonlySet<string> | undefined {
  const images = getField(findObject(cluster, 'v1/nodes', undefined, node), ['status', 'images'])
  if (!Array.isArray(images) || images.length === 0 || images.length >= mostReported) return undefined
  return new Set(
    images.flatMap(image => {
      const names = getField(image, ['names'])
      return Array.isArray(names) ? names.filter(name => typeof name === 'string') : []
    }),
  )
}

/** The names under which a container runtime may know an image: without a registry it is Docker Hub's, without a tag `latest`. */
function fullNames(image: string): readonly string[] {
  const [first = ''] = image.split('/')
  const hasRegistry = image.includes('/') && (/[.:]/.test(first) || first === 'localhost')
  const path = hasRegistry ? image : `docker.io/${image.includes('/') ? '' : 'library/'}${image}`
  const hasTag = image.includes('@') || /:[^/]+$/.test(image)
  return [image, path].map(name => (hasTag ? name : `${name}:latest`))
}

const failing = ruleThere({
  id: 'pod-images/not-pulled',
  title: 'no pod waits for an image now',
  severity: 'warning',
  why: 'A registry that does not give an image now will not give it to the pods that the conversion makes again either, wherever the image is not on the node yet.',
  source: 'kubernetes.io/docs/concepts/containers/images (ImagePullBackOff)',
  covers: ['practice images'],
  remedy: 'Mend the registry, its credentials or the name of the image first.',
  reads: [{ kind: 'list', resource: 'v1/pods' }],
  find: ({ cluster }) =>
    cluster.pods
      .filter(one => /^(?:ErrImage|ImagePull|InvalidImageName|ImageInspectError)/.test(one.waiting ?? ''))
      .map(one => ({
        object: `Pod ${one.namespace}/${one.name}`,
        field: 'image',
        message: `waits: ${one.waiting?.split(':', 1)[0] ?? ''}`,
      })),
  examples: {
    bad: [() => situation({ pods: [pod({ waiting: 'ImagePullBackOff: Back-off pulling image' })] })],
    good: [() => situation({ pods: [pod({ waiting: 'CrashLoopBackOff' }), pod()] })],
  },
})

const absent = ruleThere({
  id: 'pod-images/nowhere-to-get-it',
  title: 'images that are never pulled are on the nodes whose pods need them',
  severity: 'warning',
  why: 'With imagePullPolicy Never a pod starts only where the image lies already. The garbage collection of images takes what no container uses, and a node that was set up anew never had it.',
  source: 'kubernetes.io/docs/concepts/containers/images',
  covers: ['practice images'],
  remedy: 'Load the image on these nodes (ctr -n k8s.io images import), or let it be pulled.',
  reads: [...workloadReads, nodes],
  find: ({ cluster }, added) =>
    madeAgain(cluster, added).flatMap(({ name, spec, workload }) => {
      const wanted = containersOf(spec)
        .filter(({ imagePullPolicy }) => imagePullPolicy === 'Never')
        .flatMap(({ image }) => image ?? [])
      return [...new Set(workload.pods.map(({ node }) => node))].flatMap(node => {
        const there = imagesOn(cluster, node)
        return wanted
          .filter(image => there !== undefined && !fullNames(image).some(full => there.has(full)))
          .map(image => ({
            object: name,
            field: 'imagePullPolicy',
            message: `${image} is not on ${node}, and is never pulled`,
          }))
      })
    }),
  examples: {
    bad: [() => withImages(['docker.io/library/other:1'], 'Never')],
    good: [
      () => withImages(['docker.io/library/web:1'], 'Never'),
      () => withImages(['docker.io/library/other:1'], 'IfNotPresent'),
      () => withImages([], 'Never'),
    ],
  },
})

const always = ruleThere({
  id: 'pod-images/always-pulled',
  title: 'it is known which pods ask a registry each time they start',
  severity: 'info',
  why: 'With imagePullPolicy Always even a node that has the image asks the registry first: while it cannot be reached, or has lost the tag, pods that are made again do not start. A tag that moved gives another program than runs now.',
  source: 'kubernetes.io/docs/concepts/containers/images',
  covers: ['practice images'],
  remedy: 'See that the registry answers the nodes for as long as the conversion runs.',
  reads: [...workloadReads],
  find: ({ cluster }, added) => {
    // One line a namespace.
    const counts = new Map<string, number>()
    for (const { namespace, spec } of madeAgain(cluster, added))
      if (containersOf(spec).some(one => one.imagePullPolicy === 'Always'))
        counts.set(namespace, (counts.get(namespace) ?? 0) + 1)
    return [...counts].map(([namespace, count]) => ({
      object: `namespace ${namespace}`,
      field: 'imagePullPolicy',
      message: `${count === 1 ? '1 workload pulls' : `${count} workloads pull`} at each start`,
    }))
  },
  examples: {
    bad: [() => withImages([], 'Always')],
    good: [() => withImages([], 'IfNotPresent')],
  },
})

const withImages = (names: readonly string[], imagePullPolicy: string) =>
  withWorkload({
    container: { imagePullPolicy },
    objects: {
      'v1/nodes': [{ metadata: { name: 'n1' }, status: { images: names.map(name => ({ names: [name] })) } }],
    },
  })

export const imageRules = [failing, absent, always] as const
