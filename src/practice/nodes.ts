import { ConflictError, RefusedError, StoppedError, UnreachableError } from '../base/errors.ts'
import type { ApiServerFacts, NodeFacts, NodeFile } from '../model/cluster.ts'
import { hashText } from '../text/edits.ts'
import { ApiError } from '../world/api/api-error.ts'
import type {
  FileWrite,
  NodeAccess,
  NodeContainers,
  NodeRead,
  StaticPodSwap,
  SwapOutcome,
} from '../world/ports.ts'
import { admit } from './admission.ts'
import { startKubelet } from './kubelet.ts'
import { factsOf, hashOf, type Machine, matchesPattern, putFile, putSysctl } from './machine.ts'
import { answers, pings } from './reach.ts'
import type { Servers } from './servers.ts'
import type { Site } from './site.ts'
import type { StaticPods } from './static-pods.ts'
import { swap } from './swap.ts'

/** Milliseconds until a unit that was restarted is active again. */
const restartTakes = 1000
/** Units of a node; of these only the kubelet's restart shows. */
const units = ['kubelet', 'containerd']
const none: NodeFacts = { files: {}, sysctls: {}, addresses: [], routes: [] }

/** The machines of a practice cluster, by the same operations as real ones. */
export function practiceNodes(site: Site, servers: Servers, staticPods: StaticPods): NodeAccess {
  const nodes = new PracticeNodes(site, servers, staticPods)
  return {
    facts: (...given) => nodes.facts(...given),
    read: (...given) => nodes.read(...given),
    write: (...given) => nodes.write(...given),
    setSysctl: (...given) => nodes.setSysctl(...given),
    restartUnit: (...given) => nodes.restartUnit(...given),
    swapStaticPod: (...given) => nodes.swapStaticPod(...given),
    guard: (...given) => nodes.guard(...given),
    confirm: (...given) => nodes.confirm(...given),
    revert: (...given) => nodes.revert(...given),
    settle: (...given) => nodes.settle(...given),
    prune: (...given) => nodes.prune(...given),
    logs: (...given) => nodes.logs(...given),
    containers: (...given) => nodes.containers(...given),
  }
}

class PracticeNodes implements NodeAccess {
  readonly #swaps = new Map<string, Promise<SwapOutcome>>()

  constructor(
    readonly site: Site,
    readonly servers: Servers,
    readonly staticPods: StaticPods,
  ) {}

  async facts(node: string, read: NodeRead, signal?: AbortSignal): Promise<NodeFacts> {
    signal?.throwIfAborted()
    const machine = this.#machine(node)
    const files: Record<string, NodeFile | null> = {}
    for (const pattern of read.patterns ?? [])
      for (const [path, file] of machine.files) if (matchesPattern(pattern, path)) files[path] = file
    for (const path of read.files ?? []) files[path] = machine.files.get(path) ?? null
    return {
      ...none,
      ...(read.network === true ? factsOf(machine) : {}),
      files,
      ...(read.apiServer === undefined
        ? {}
        : { apiServer: this.#apiServer(node, read.apiServer.askDualStack) }),
      ...(read.ping === undefined ? {} : { ping: pings(this.site, read.ping) }),
      ...(read.reach === undefined
        ? {}
        : {
            reach: Object.fromEntries(
              read.reach.map(address => [address, answers(this.site, node, address)]),
            ),
          }),
    }
  }

  async read(node: string, path: string): Promise<NodeFile | null> {
    return this.#machine(node).files.get(path) ?? null
  }

  async write(node: string, change: FileWrite): Promise<'written' | 'already'> {
    const machine = this.#machine(node, `write ${node} ${change.path}`)
    const done = this.#put(machine, change)
    if (done === 'written') this.staticPods.look(machine, change.path)
    return done
  }

  async setSysctl(node: string, key: string, value: string): Promise<void> {
    const machine = this.#machine(node, `sysctl ${node} ${key}`)
    if (!machine.sysctls.has(key))
      throw new RefusedError(
        `node ${node}: ${key} is not there`,
        'nodes.refused',
        'The kernel of this node does not have it.',
      )
    putSysctl(machine, key, value)
    // The kernel gives `all` to every interface at once (Documentation/networking/ip-sysctl.rst, forwarding).
    if (key === 'net.ipv6.conf.all.forwarding') spread(machine, /^net\.ipv6\.conf\.[^.]+\.forwarding$/, value)
  }

  async restartUnit(node: string, unit: string): Promise<void> {
    const machine = this.#machine(node, `restart ${node} ${unit}`)
    if (!units.includes(unit))
      throw new RefusedError(
        `node ${node} has no unit ${unit}`,
        'nodes.unit',
        'Look at `systemctl list-units` there.',
      )
    await this.site.clock.sleep(restartTakes)
    if (unit === 'kubelet') startKubelet(this.site, machine)
  }

  async swapStaticPod(node: string, change: StaticPodSwap, signal?: AbortSignal): Promise<SwapOutcome> {
    const machine = this.#machine(node, `swap ${node} ${change.path}`)
    if (this.#swaps.has(node))
      throw new RefusedError(
        `node ${node}: a swap is under way`,
        'nodes.busy',
        'Wait until it has ended: the same command does, when it is run again.',
      )
    const hash = hashOf(machine, change.path)
    if (change.text !== null && hash === hashText(change.text)) return { kind: 'already' }
    if (hash !== change.before) throw changed(node, change.path)
    this.#keep(machine, change.run)
    // It goes on whoever goes: a unit of the node does it.
    const going = swap(this.site, this.servers, this.staticPods, machine, change).finally(() =>
      this.#swaps.delete(node),
    )
    this.#swaps.set(node, going)
    going.catch(() => {})
    return orAborted(going, signal)
  }

  async guard(
    node: string,
    { run, step, paths, unit, within }: Parameters<NodeAccess['guard']>[1],
  ): Promise<void> {
    const machine = this.#machine(node, `guard ${node} ${step}`)
    this.#keep(machine, run)
    const key = `${run} ${step}`
    const known = machine.switches.get(key)
    const armed = {
      files:
        known?.isDone === false ? known.files : new Map(paths.map(path => [path, machine.files.get(path)])),
      unit,
      written: new Set(known?.isDone === false ? known.written : []),
      isDone: false,
    }
    machine.switches.set(key, armed)
    this.site.later(within, () => {
      if (machine.switches.get(key) === armed) this.#fire(machine, key)
    })
  }

  async confirm(node: string, run: string, step: string): Promise<void> {
    const machine = this.#machine(node, `confirm ${node} ${step}`)
    const armed = machine.switches.get(`${run} ${step}`)
    if (armed === undefined)
      throw new StoppedError(
        `node ${node}: no switch is armed for ${step}`,
        'nodes.not-armed',
        'Run the same command again.',
      )
    if (armed.isDone)
      throw new StoppedError(
        `node ${node}: nobody confirmed ${step} in time, and the node put back what was there`,
        'nodes.reverted',
        'Run the same command again: it starts from what is there now.',
      )
    machine.switches.delete(`${run} ${step}`)
  }

  async revert(node: string, run: string, step: string): Promise<void> {
    this.#fire(this.#machine(node, `revert ${node} ${step}`), `${run} ${step}`)
    await this.site.clock.sleep(restartTakes)
  }

  async settle(node: string): Promise<void> {
    const machine = this.#machine(node)
    await this.#swaps.get(node)?.catch(() => {})
    const armed = [...machine.switches].filter(([, one]) => !one.isDone)
    for (const [key] of armed) this.#fire(machine, key)
    if (armed.length > 0) await this.site.clock.sleep(restartTakes)
  }

  async prune(node: string, keep: number): Promise<readonly string[]> {
    const machine = this.#machine(node, `prune ${node}`)
    const isUnderWay = (run: string) =>
      [...machine.switches].some(([key, armed]) => key.startsWith(`${run} `) && !armed.isDone)
    const old = machine.runs.slice(0, Math.max(0, machine.runs.length - keep)).filter(run => !isUnderWay(run))
    machine.runs = machine.runs.filter(run => !old.includes(run))
    return old
  }

  async logs(
    node: string,
    what: { readonly pod: string } | { readonly unit: string },
    lines: number,
  ): Promise<string> {
    const log = this.#machine(node).logs.get('pod' in what ? what.pod : what.unit) ?? []
    return log.slice(-lines).join('\n')
  }

  /** Only what components said when they ended; the practice cluster has no runtime that could be asked. */
  async containers(node: string, lines: number, signal?: AbortSignal): Promise<NodeContainers> {
    signal?.throwIfAborted()
    const logs = [...this.#machine(node).logs].filter(([name]) => !units.includes(name))
    return {
      runtime: 'absent',
      containers: [],
      logs: logs.map(([pod, log]) => ({
        namespace: 'kube-system',
        pod,
        container: pod.replace(`-${node}`, ''),
        attempt: 0,
        text: log.slice(-lines).join('\n'),
      })),
    }
  }

  /** Puts back what the run wrote; what somebody else changed since is left. */
  #fire(machine: Machine, key: string): void {
    const armed = machine.switches.get(key)
    if (armed === undefined || armed.isDone) return
    armed.isDone = true
    for (const [path, file] of armed.files) {
      const hash = hashOf(machine, path)
      if (!armed.written.has(`${path} ${hash}`)) continue
      putFile(machine, path, file)
      this.staticPods.look(machine, path)
    }
    if (armed.unit === 'kubelet') startKubelet(this.site, machine)
  }

  #put(machine: Machine, { path, before, text, mode, run }: FileWrite): 'written' | 'already' {
    const hash = hashOf(machine, path)
    const after = text === null ? null : hashText(text)
    if (hash === after) return 'already'
    if (hash !== before) throw changed(machine.name, path)
    this.#keep(machine, run)
    const old = machine.files.get(path)
    putFile(
      machine,
      path,
      text === null ? undefined : { ...(old ?? { mode: mode ?? 0o644, owner: '0:0' }), text },
    )
    for (const [key, armed] of machine.switches)
      if (key.startsWith(`${run} `)) armed.written.add(`${path} ${after}`)
    return 'written'
  }

  /** A copy of what stands there goes first. @throws RefusedError on a full disk */
  #keep(machine: Machine, run: string): void {
    if (!machine.runs.includes(run)) machine.runs = [...machine.runs, run].sort()
    if (!this.site.faults.onNode('disk-full', machine.name)) return
    throw new RefusedError(
      `node ${machine.name}: what stands there could not be backed up: No space left on device`,
      'nodes.refused',
      'Nothing was written. Make room below /var/lib/dualstack.',
    )
  }

  #apiServer(node: string, askDualStack: boolean): ApiServerFacts {
    const server = this.servers.itself(node)
    if (server === undefined) return { ready: false }
    if (!askDualStack) return { ready: true }
    const object = {
      metadata: { namespace: 'default', name: 'dualstack-probe' },
      spec: { ports: [{ port: 80 }], ipFamilyPolicy: 'RequireDualStack' },
    }
    const asked = { verb: 'create', resource: 'v1/services', namespace: 'default', name: 'dualstack-probe' }
    try {
      admit({ site: this.site, server, asked, object, old: undefined, dryRun: true })
      return { ready: true, requireDualStack: 'accepted' }
    } catch (error) {
      if (error instanceof ApiError) return { ready: true, requireDualStack: { refused: error.message } }
      throw error
    }
  }

  /** `call`: something that may change the node. */
  #machine(node: string, call?: string): Machine {
    if (call === undefined) this.site.faults.look()
    else this.site.faults.call(call)
    const machine = this.site.machines.get(node)
    if (machine !== undefined && !this.site.faults.onNode('node-unreachable', node)) return machine
    throw new UnreachableError(
      `node ${node}: nobody answers`,
      // As a real one over ssh.
      'nodes.ssh',
      machine === undefined ? 'The bundle has no files of this node.' : 'Look at the node.',
    )
  }
}

const changed = (node: string, path: string): ConflictError =>
  new ConflictError(
    `node ${node}: ${path} is not what it was when the plan was made`,
    'nodes.conflict',
    'It was left as it is. Look at it, then make a new plan.',
  )

function spread(machine: Machine, keys: RegExp, value: string): void {
  for (const key of machine.sysctls.keys()) if (keys.test(key)) putSysctl(machine, key, value)
}

/** The caller may go; what he waited for goes on. */
function orAborted<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
