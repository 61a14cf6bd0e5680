import { contractCase } from '../case.ts'
import { argumentsOf, component, mirror, runsWith, withFlags, withManifest } from '../static-pod.ts'

const needs = ['one-control-plane'] as const

/** Static pods follow their manifests. */
export const staticPods = [
  contractCase(
    'static-pods/mirror',
    'a mirror pod bears the name of its node, the arguments of the manifest and the hash that runs',
    { needs },
    async trial => {
      const [node = ''] = trial.place.controlPlanes
      const pod = await mirror(trial, node)
      const { annotations = {}, ownerReferences = [], labels } = pod?.metadata ?? { name: '' }
      trial.same(labels, { component, tier: 'control-plane' }, 'labels')
      trial.same(annotations['kubernetes.io/config.source'], 'file', 'source')
      trial.same(
        annotations['kubernetes.io/config.mirror'],
        annotations['kubernetes.io/config.hash'],
        'mirror',
      )
      trial.same(
        ownerReferences.map(({ kind, name }) => [kind, name]),
        [['Node', node]],
        'owner',
      )
    },
  ),
  contractCase(
    'static-pods/change',
    'another flag makes another instance, with another hash and uid',
    { needs },
    async trial => {
      const [node = ''] = trial.place.controlPlanes
      const before = await mirror(trial, node)
      await withFlags(trial, { 'concurrent-gc-syncs': '19' }, async () => {
        const wanted = [...argumentsOf(before), '--concurrent-gc-syncs=19'].toSorted()
        const now = await trial.eventually(
          'the new one runs',
          async () => {
            const pod = await mirror(trial, node)
            const isNew = argumentsOf(pod).toSorted().join() === wanted.join()
            return isNew && (await runsWith(trial, node, argumentsOf(pod))) ? pod : undefined
          },
          120,
        )
        const hashes = [before, now].map(pod => pod?.metadata.annotations?.['kubernetes.io/config.mirror'])
        trial.holds(hashes[0] !== hashes[1], 'the hash stayed')
        trial.holds(before?.metadata.uid !== now.metadata.uid, 'the uid stayed')
      })
    },
  ),
  contractCase('static-pods/comment', 'a comment makes no other instance', { needs }, async trial => {
    const [node = ''] = trial.place.controlPlanes
    const before = await mirror(trial, node)
    await withManifest(
      trial,
      text => `# by the contract suite\n${text}`,
      () =>
        trial.stays(
          'the instance',
          async () => (await mirror(trial, node))?.metadata.uid === before?.metadata.uid,
          25,
        ),
    )
  }),
  contractCase(
    'static-pods/deleted-mirror',
    'a mirror pod that is deleted comes back',
    { needs },
    async trial => {
      const [node = ''] = trial.place.controlPlanes
      const before = await mirror(trial, node)
      const hash = before?.metadata.annotations?.['kubernetes.io/config.mirror']
      await trial.api.delete('v1/pods', 'kube-system', `${component}-${node}`)
      await trial.eventually('it is back', async () => {
        const pod = await mirror(trial, node)
        return (
          pod !== undefined &&
          pod.metadata.uid !== before?.metadata.uid &&
          pod.metadata.annotations?.['kubernetes.io/config.mirror'] === hash &&
          (await runsWith(trial, node, argumentsOf(before)))
        )
      })
    },
  ),
]
