import { readFlags, setFlags } from '../../text/manifest.ts'
import { hashText } from '../../text/edits.ts'
import type { SwapOutcome, World } from '../../world/ports.ts'
import { BrokenContract, type Phase } from './case.ts'
import { manifest, type Place } from './place.ts'
import { collect, field } from './trial.ts'
import { isReady } from './workload.ts'

/** The ranges that the API servers have in a phase, as the flag's value. */
export const rangesIn = ({ primary, secondary, services }: Place, phase: Phase): string =>
  (phase === 'dual' ? [primary, secondary] : [primary]).map(family => services[family] ?? '').join(',')

/** Gives every API server the ranges of a phase, one at a time, and waits until each runs with them. */
export async function enter(world: World, place: Place, phase: Phase): Promise<void> {
  for (const node of place.controlPlanes) {
    const outcome = await swapRanges(world, node, rangesIn(place, phase))
    if (outcome.kind === 'undone') throw new BrokenContract(`${node}: ${outcome.stage}: ${outcome.says}`)
    await runsWith(world, node, rangesIn(place, phase))
  }
}

/** Exchanges the API server of a node for one with these service ranges. */
export async function swapRanges(world: World, node: string, ranges: string): Promise<SwapOutcome> {
  const path = manifest('kube-apiserver')
  const file = await world.nodes.read(node, path)
  if (file === null) throw new BrokenContract(`${node}:${path} is not there`)
  const flags = readFlags(file.text, 'kube-apiserver')
  const kubernetes = await world.api.get('v1/services', 'default', 'kubernetes')
  return world.nodes.swapStaticPod(node, {
    path,
    before: hashText(file.text),
    text: setFlags(file.text, 'kube-apiserver', { 'service-cluster-ip-range': ranges }),
    run: 'contract',
    how: 'stand-in',
    service: { address: field<string>(kubernetes, 'spec', 'clusterIP') ?? '', port: 443 },
    server: {
      address: flags.get('advertise-address') ?? '',
      port: Number(flags.get('secure-port') ?? 6443),
    },
    within: 120,
  })
}

/** Mirror pod with these arguments and Ready: the kubelet publishes it some seconds after the instance itself is there. */
async function runsWith(world: World, node: string, ranges: string): Promise<void> {
  const end = world.clock.now() + 120_000
  for (;;) {
    const pods = await collect(world.api, 'v1/pods', {
      namespace: 'kube-system',
      labelSelector: 'component=kube-apiserver',
    }).catch(() => [])
    const runs = pods.some(
      pod =>
        field(pod, 'spec', 'nodeName') === node &&
        JSON.stringify(pod.spec).includes(`--service-cluster-ip-range=${ranges}"`) &&
        isReady(pod),
    )
    if (runs) return
    if (world.clock.now() > end)
      throw new BrokenContract(`the API server of ${node} does not run with ${ranges}`)
    await world.clock.sleep(500)
  }
}
