import type { Clock } from '../base/clock.ts'
import { UnreachableError } from '../base/errors.ts'
import type { KubeApi, NodeAccess, World } from '../world/ports.ts'
import { Killed } from './faults.ts'

/** A process of the tool at work on a world: it can be killed, and then does nothing any more, not even tidy up. */
export interface PracticeProcess {
  readonly world: World
  /** Dies now; `onDeath` is called once, before anything else can happen. */
  kill(): void
  /** Dies behind the n-th call from now on that changes something, 1 being the next; half of a step is done then. */
  killAfter(calls: number): void
  /** The next call that changes something fails, as where a connection breaks; nothing of it is done. */
  cutNext(): void
  readonly isDead: boolean
}

/** Calls that change something, or could. */
const changing: ReadonlySet<string> = new Set(
  'create replace delete evict exec write setSysctl restartUnit swapStaticPod guard confirm revert'.split(
    ' ',
  ),
)

/**
 * A world through which a process can be killed. What was asked for before is still carried out by the cluster, but nobody hears of it: every
 * call, and every answer that is still awaited, throws Killed.
 */
export function practiceProcess(world: World, onDeath: () => void = () => {}): PracticeProcess {
  let isDead = false
  let left = Number.POSITIVE_INFINITY
  let isCut = false
  const kill = (): void => {
    if (isDead) return
    isDead = true
    onDeath()
  }
  const check = (): void => {
    if (isDead) throw new Killed('killed')
  }
  const call = async <T>(name: string, action: () => Promise<T>): Promise<T> => {
    check()
    if (isCut && changing.has(name)) {
      isCut = false
      throw new UnreachableError(
        `${name}: the connection broke`,
        'api.unreachable',
        'Run the same command again.',
      )
    }
    // Counted when it is asked for: several may be under way, and each may be the last.
    const isLast = changing.has(name) && --left === 0
    try {
      return await action()
    } finally {
      if (isLast) kill()
      check()
    }
  }
  const clock: Clock = {
    now: () => world.clock.now(),
    sleep: (ms, signal) => call('sleep', () => world.clock.sleep(ms, signal)),
  }
  return {
    world: {
      api: apiOf(world.api, call, check),
      nodes: nodesOf(world.nodes, call),
      clock,
      logger: world.logger,
    },
    kill,
    killAfter(calls) {
      left = calls
    },
    cutNext() {
      isCut = true
    },
    get isDead() {
      return isDead
    },
  }
}

type Call = <T>(name: string, action: () => Promise<T>) => Promise<T>

function apiOf(api: KubeApi, call: Call, check: () => void): KubeApi {
  return {
    server: api.server,
    version: signal => call('version', () => api.version(signal)),
    async *list(resource, options) {
      check()
      for await (const object of api.list(resource, options)) {
        check()
        yield object
      }
    },
    get: (...given) => call('get', () => api.get(...given)),
    create: (...given) => call('create', () => api.create(...given)),
    replace: (...given) => call('replace', () => api.replace(...given)),
    delete: (...given) => call('delete', () => api.delete(...given)),
    evict: (...given) => call('evict', () => api.evict(...given)),
    exec: (...given) => call('exec', () => api.exec(...given)),
  }
}

function nodesOf(nodes: NodeAccess, call: Call): NodeAccess {
  return {
    facts: (...given) => call('facts', () => nodes.facts(...given)),
    read: (...given) => call('read', () => nodes.read(...given)),
    write: (...given) => call('write', () => nodes.write(...given)),
    setSysctl: (...given) => call('setSysctl', () => nodes.setSysctl(...given)),
    restartUnit: (...given) => call('restartUnit', () => nodes.restartUnit(...given)),
    swapStaticPod: (...given) => call('swapStaticPod', () => nodes.swapStaticPod(...given)),
    guard: (...given) => call('guard', () => nodes.guard(...given)),
    confirm: (...given) => call('confirm', () => nodes.confirm(...given)),
    revert: (...given) => call('revert', () => nodes.revert(...given)),
    settle: (...given) => call('settle', () => nodes.settle(...given)),
    prune: (...given) => call('prune', () => nodes.prune(...given)),
    logs: (...given) => call('logs', () => nodes.logs(...given)),
    containers: (...given) => call('containers', () => nodes.containers(...given)),
  }
}
