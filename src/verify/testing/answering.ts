import { getField } from '../../model/fields.ts'
import type { CommandResult, KubeApi, NodeAccess, World } from '../../world/ports.ts'

/** What one ask of a test pod's client is, as the script says it. */
export interface Asked {
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
  const { api } = world
  const exec: KubeApi['exec'] = async ({ namespace, name }, command, { input = '' } = {}) => {
    if (command[1] === '-c')
      return result(`agnhost\nsearch ${namespace}.svc.cluster.local svc.cluster.local\n`)
    const owners = new Map<string, string>()
    for await (const pod of api.list('v1/pods', { namespace }))
      for (const { ip } of (getField(pod, ['status', 'podIPs']) ?? []) as readonly { ip: string }[])
        owners.set(ip, pod.metadata.name)
    const lines = [...input.matchAll(/^turn; ask (.*) <\/dev\/null &$/gm)].map(([, words = '']) => {
      const [index = '', protocol = '', address = '', port = '', , , hold = '', , dial = ''] = [
        ...words.matchAll(/'([^']*)'/g),
      ].map(([, word = '']) => word)
      const heard = far({
        pod: name,
        ...(owners.has(address) ? { to: owners.get(address) } : {}),
        protocol,
        address,
        port: Number(port),
        isHeld: hold !== '',
        isDialled: dial !== '',
      })
      const how = dial === '' ? '' : 'dial|'
      if ('said' in heard) return `@${index} 3 ${how}${heard.said}|`
      const hex = Buffer.from(heard.bytes, 'latin1').toString('hex')
      // As long as the largest that is asked for.
      return `@${index} 3 ${how}=${Math.max(hex.length, 20_000)}:${hex}|`
    })
    return result(`${lines.join('\n')}\n@end\n`)
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

const result = (stdout: string): CommandResult => ({ code: 0, stdout, stderr: '' })
