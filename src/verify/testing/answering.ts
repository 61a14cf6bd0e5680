import { getField } from '../../model/fields.ts'
import type { CommandResult, KubeApi, NodeAccess, World } from '../../world/ports.ts'
import { collectScript, startScript, stopScript } from '../watch/loop.ts'

/** What one ask of a test pod's client is, as the script says it. */
export interface Asked {
  /** Milliseconds since the epoch. */
  readonly at: number
  readonly pod: string
  /** The test pod that has the address; absent: none has. */
  readonly to?: string
  readonly protocol: string
  readonly address: string
  readonly port: number
  readonly isHeld: boolean
  readonly isDialled: boolean
}

/** What comes back: bytes, or what the client complains of. */
export type Far = (asked: Asked) => { readonly bytes: string } | { readonly said: string }

/** The policy of a verification lets the first node's pod in, and nobody else. */
const isDenied = ({ pod, to = '' }: Asked): boolean => to.startsWith('guarded') && pod !== 'peer-n1'

/** What agnhost answers: HTTP to TCP; a UDP or DNS answer is told by the own pod's server. */
export const wellAnswered: Far = asked => {
  const { protocol, port, isHeld, isDialled } = asked
  if (isDenied(asked)) return { said: '' }
  const http = `HTTP/1.1 200 OK\r\n\r\npeer-n1`
  if (!isDialled) return { bytes: isHeld ? http + http : http }
  const heard = port === 53 ? String.raw`ds\u0085\u0000\u0000\u0001\u0000\u0001xxxx` : 'peer-n1'
  return { bytes: `HTTP/1.1 200 OK\r\n\r\n{"responses":["${protocol === 'UDP' ? heard : 'ok'}"]}` }
}

const firstNodePort = 30_000

/** Practice knows no node ports: each node answers on all of them. */
const withNodePorts =
  (nodes: NodeAccess): NodeAccess['facts'] =>
  async (...given) => {
    const facts = await nodes.facts(...given)
    const reach = Object.entries(facts.reach ?? {}).map(
      ([place, isOpen]) => [place, isOpen || Number(/\d+$/.exec(place)?.[0]) >= firstNodePort] as const,
    )
    return { ...facts, ...(facts.reach === undefined ? {} : { reach: Object.fromEntries(reach) }) }
  }

/** A practice world whose test pods run our client as agnhost would: what the far side says is told by `far`. `broken` replaces calls of the API. */
export function answering(world: World, far: Far = wellAnswered, broken: Partial<KubeApi> = {}): World {
  const { api, clock } = world
  const loops = new Map<string, Loop>()

  const ownersOf = async (namespace: string): Promise<ReadonlyMap<string, string>> => {
    const owners = new Map<string, string>()
    for await (const pod of api.list('v1/pods', { namespace }))
      for (const { ip } of (getField(pod, ['status', 'podIPs']) ?? []) as readonly { ip: string }[])
        owners.set(ip, pod.metadata.name)
    return owners
  }
  const exec: KubeApi['exec'] = async ({ namespace, name }, command, { input = '' } = {}) => {
    const pod = { name, owners: await ownersOf(namespace) }
    if (command[1] === '-s') {
      const asked = [...input.matchAll(/^turn; ask (.*) <\/dev\/null &$/gm)].map(([, words = '']) => words)
      const lines = asked.map((words, index) => `@${index} 3 ${lineOf(pod, words, clock.now(), far)}`)
      return result(`${lines.join('\n')}\n@end\n`)
    }
    const [, , script, folder = ''] = command
    const key = `${namespace}/${name} ${folder}`
    if (script === startScript) {
      loops.set(key, { ...loopOf(input), at: clock.now(), next: clock.now(), turn: 0 })
      return result('')
    }
    if (script === collectScript) {
      const loop = loops.get(key)
      return loop === undefined
        ? { code: 3, stdout: '', stderr: '' }
        : result(catchUp(loop, clock.now(), (words, at) => lineOf(pod, words, at, far)))
    }
    if (script === stopScript) {
      loops.delete(key)
      return result('')
    }
    return result(`agnhost\nsearch ${namespace}.svc.cluster.local svc.cluster.local\n`)
  }
  return {
    ...world,
    api: {
      version: signal => api.version(signal),
      list: (...given) => api.list(...given),
      get: (...given) => api.get(...given),
      create: (...given) => api.create(...given),
      replace: (...given) => api.replace(...given),
      delete: (...given) => api.delete(...given),
      evict: (...given) => api.evict(...given),
      exec,
      server: api.server,
      ...broken,
    },
    nodes: Object.assign(Object.create(world.nodes) as NodeAccess, { facts: withNodePorts(world.nodes) }),
  }
}

interface PodSeen {
  readonly name: string
  /** By address. */
  readonly owners: ReadonlyMap<string, string>
}

/** What the client's function `ask` prints, behind index and time. */
function lineOf({ name, owners }: PodSeen, words: string, at: number, far: Far): string {
  const [, protocol = '', address = '', port = '', , , hold = '', , dial = ''] = [
    ...words.matchAll(/'([^']*)'/g),
  ].map(([, word = '']) => word)
  const heard = far({
    at,
    pod: name,
    ...(owners.has(address) ? { to: owners.get(address) } : {}),
    protocol,
    address,
    port: Number(port),
    isHeld: hold !== '',
    isDialled: dial !== '',
  })
  const how = dial === '' ? '' : 'dial|'
  if ('said' in heard) return `${how}${heard.said}|`
  const hex = Buffer.from(heard.bytes, 'latin1').toString('hex')
  // As long as the largest that is asked for.
  return `${how}=${Math.max(hex.length, 20_000)}:${hex}|`
}

/** A loop of a test pod: what it asks in turn, and the turns that it has had by now. */
interface Loop {
  readonly asks: readonly string[]
  /** Milliseconds between two requests. */
  readonly every: number
  /** When it began: the uptime of its node was 0 then. */
  readonly at: number
  next: number
  turn: number
}

function loopOf(script: string): Pick<Loop, 'asks' | 'every'> {
  // Behind two signs stand the words of an ask.
  const asks = [...script.matchAll(/^ {2}one '[^']*' '[^']*' (.*)$/gm)].map(([, words = '']) => words)
  return { asks, every: Number(/^ {2}sleep ([\d.]+) /m.exec(script)?.[1]) * 1000 }
}

/** Everything that is due by now is asked at its own moment; all of it is written down, as a loop does that is sure of nothing. */
function catchUp(loop: Loop, now: number, ask: (words: string, at: number) => string): string {
  const lines: string[] = []
  for (; loop.next <= now; loop.next += loop.every) {
    const index = loop.turn % loop.asks.length
    const at = ((loop.next - loop.at) / 1000).toFixed(2)
    lines.push(`${index} ${at} ${at} ${ask(loop.asks[index] ?? '', loop.next)}\n`)
    loop.turn++
  }
  return `${((now - loop.at) / 1000).toFixed(2)} ${loop.turn}\n${lines.join('')}`
}

const result = (stdout: string): CommandResult => ({ code: 0, stdout, stderr: '' })
