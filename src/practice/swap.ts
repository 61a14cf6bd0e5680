import type { StaticPodSwap, SwapOutcome } from '../world/ports.ts'
import { exitOf } from './components.ts'
import { type Machine, putFile } from './machine.ts'
import { flagsOf, type Servers } from './servers.ts'
import type { Site } from './site.ts'
import { type StaticPods, swapped } from './static-pods.ts'

/** Milliseconds. */
const proofTakes = 300
const standInTakes = 6000
const pollEvery = 500

/** What the unit on a node does: prove, stand in, swap, step back. */
export async function swap(
  site: Site,
  servers: Servers,
  staticPods: StaticPods,
  machine: Machine,
  { path, text, how, within, onProgress = () => {} }: StaticPodSwap,
): Promise<SwapOutcome> {
  const { clock } = site
  const old = machine.files.get(path)
  const component = path.slice(path.lastIndexOf('/') + 1).replace(/\.yaml$/, '')
  if (text === null || old === undefined) return { kind: 'already' }
  onProgress('proving the new arguments')
  await clock.sleep(proofTakes)
  const exit =
    component === 'kube-apiserver' ? exitOf(site, component, machine.name, flagsOf(text)) : undefined
  if (exit !== undefined) return { kind: 'undone', stage: 'proof', says: exit }
  if (how === 'stand-in') {
    onProgress('starting the stand-in')
    await clock.sleep(standInTakes)
    machine.standIn = flagsOf(old.text)
    onProgress('the stand-in serves')
  }
  try {
    putFile(machine, path, { ...old, text })
    staticPods.look(machine, path, how === 'stand-in' ? swapped : undefined)
    onProgress('the manifest is swapped')
    if (await comesUp(within)) {
      onProgress('the new API server is ready')
      return { kind: 'swapped' }
    }
    onProgress('the new API server does not come up: putting the old one back')
    putFile(machine, path, old)
    staticPods.look(machine, path, swapped)
    await comesUp(300)
    return { kind: 'undone', stage: 'swap', says: `the new instance was not ready within ${within} s` }
  } finally {
    machine.standIn = undefined
  }

  /** Asked over loopback, which the stand-in does not answer. */
  async function comesUp(seconds: number): Promise<boolean> {
    // The old instance answers for a moment yet.
    await clock.sleep(pollEvery)
    for (const until = clock.now() + seconds * 1000; clock.now() < until; await clock.sleep(pollEvery))
      if (servers.itself(machine.name) !== undefined) return true
    return false
  }
}
