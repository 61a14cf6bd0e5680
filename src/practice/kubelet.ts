import { readArguments } from '../layers/shared/arguments.ts'
import { flag } from '../layers/kubelet/read.ts'
import { placeOf } from '../layers/kubelet/places.ts'
import { unitOf } from '../layers/kubelet/unit.ts'
import { exitOf } from './components.ts'
import { factsOf, type Machine, putKubelet } from './machine.ts'
import { isOnHost, podsByNode, statusOf } from './pod-status.ts'
import { internalIPs } from './pods.ts'
import { podResource, type Site } from './site.ts'

/** Seconds from the start of a kubelet to its first report (lab: 1.4), and until its Node counts as lost when it does not start. */
const reportsAfter = 1.4
const lostAfter = 40

/** The unit has been (re)started: the kubelet reads its flags, and reports what they make of the node. */
export function startKubelet(site: Site, machine: Machine): void {
  const running = machine.kubeletArguments
  if (running !== undefined) putKubelet(machine, withFlag(running, configured(machine)))
  const flags = readArguments(machine.kubeletArguments ?? [])
  const exit = exitOf(site, 'kubelet', machine.name, flags)
  const key = `kubelet ${machine.name}`
  if (exit !== undefined) {
    machine.logs.set('kubelet', [exit])
    putKubelet(machine, undefined)
    site.soon(`lost ${key}`, lostAfter, () => {
      if (machine.kubeletArguments === undefined) setNodeReady(site, machine.name, false)
    })
    return
  }
  site.later(reportsAfter, () => {
    for (const layer of site.layers)
      site.carryOut(layer.simulate?.boots?.(site.cluster(), machine.name) ?? [])
    setNodeReady(site, machine.name, true)
    followNode(site, machine.name)
  })
}

/** What the node's files say of the flag that a conversion changes; the others stay as they run. */
function configured(machine: Machine): string | undefined {
  const { files } = factsOf(machine)
  return placeOf(unitOf(files), path => machine.files.get(path)?.text, flag)?.value
}

/** The last of a repeated flag counts, as for the kubelet. */
function withFlag(running: readonly string[], value: string | undefined): readonly string[] {
  const at = running.findLastIndex(word => word.startsWith(`--${flag}=`))
  if (value === undefined) return running.filter(word => !word.startsWith(`--${flag}=`))
  const word = `--${flag}=${value}`
  return at < 0 ? [...running, word] : running.with(at, word)
}

function setNodeReady(site: Site, name: string, ready: boolean): void {
  const status = ready ? 'True' : 'Unknown'
  site.update('v1/nodes', undefined, name, node => {
    const { conditions = [], ...rest } = (node['status'] ?? {}) as { conditions?: readonly Condition[] }
    const now = conditions.find(({ type }) => type === 'Ready')
    if (now === undefined || now.status === status) return node
    const next = { ...now, status, lastTransitionTime: site.stamp() }
    return { ...node, status: { ...rest, conditions: conditions.map(one => (one === now ? next : one)) } }
  })
}

interface Condition {
  readonly type: string
  readonly status: string
}

/** Pods on the host's network have the addresses of their node, also when it gets or loses one: in place, without a new start (lab). */
function followNode(site: Site, name: string): void {
  const podIPs = internalIPs(site, name)
    .slice(0, 2)
    .map(ip => ({ ip }))
  for (const pod of site.store.find(podsByNode, name)) {
    const own = statusOf(pod).podIPs ?? []
    if (!isOnHost(pod) || own[0]?.ip !== podIPs[0]?.ip || own.length === podIPs.length) continue
    site.store.put(podResource, { ...pod, status: { ...statusOf(pod), podIPs } })
  }
}
