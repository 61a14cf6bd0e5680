import { isIP } from 'node:net'
import { families, type PerFamily } from '../../address/family.ts'
import { RefusedError } from '../../base/errors.ts'
import type { ApiServerFacts, NodeFacts, NodeFile, PingAnswer } from '../../model/cluster.ts'
import type { PingTarget } from '../../model/read.ts'
import type { NodeRead } from '../ports.ts'
import { type Agent, call, patienceMs } from './agent.ts'
import { parseFirewall, parseNftables } from './firewall.ts'
import type { FrameRecord } from './frame.ts'
import { parseAddresses, parseRoutes } from './ip.ts'
import { parseJson } from './json.ts'
import { oneALine } from './quote.ts'
import { parseUpkeep } from './upkeep.ts'

/** Everything that is asked of a node, in one round trip. */
export async function readFacts(
  agent: Agent,
  node: string,
  read: NodeRead,
  signal?: AbortSignal,
): Promise<NodeFacts> {
  const values = {
    FILES: oneALine((read.files ?? []).map(absolute)),
    PATTERNS: oneALine((read.patterns ?? []).map(absolute)),
    NETWORK: read.network === true ? 1 : '',
    UPKEEP: read.upkeep === true ? 1 : '',
    FIREWALL: read.firewall === true ? 1 : '',
    API: read.apiServer === undefined ? '' : 1,
    ASK: read.apiServer?.askDualStack === true ? 1 : '',
    REACH: oneALine((read.reach ?? []).map(hostAndPort)),
    PING: oneALine((read.ping ?? []).map(addressAndBytes)),
    WAYS: oneALine(
      (read.ways ?? []).map(address => addressAndBytes({ address, bytes: 0 }).replace(/ 0$/, '')),
    ),
  }
  const records = await call(agent, node, ['api', 'facts'], values, { signal, patienceMs })
  return parseFacts(records, read)
}

/** `/etc/hosts`. The agent never meets a path that is relative, or steps up. */
export function absolute(path: string): string {
  if (path.startsWith('/') && !path.split('/').includes('..') && !/\p{Cc}/u.test(path)) return path
  throw new RefusedError(
    `${JSON.stringify(path)} is not an absolute path`,
    'nodes.path',
    'Name the file from the root on, without "..".',
  )
}

/** `[fd00::1]:8080` → `fd00::1 8080` */
function hostAndPort(address: string): string {
  const match = /^(?:\[([0-9a-fA-F:.%\w-]+)\]|([\w.-]+)):(\d{1,5})$/.exec(address)
  if (match === null) {
    throw new RefusedError(
      `${JSON.stringify(address)} is not ADDRESS:PORT`,
      'nodes.address',
      'For IPv6: [fd00::1]:8080.',
    )
  }
  return `${match[1] ?? match[2] ?? ''} ${match[3] ?? ''}`
}

/** `fd00::1 1452`. An address of the family itself, so that no name is ever looked up. */
function addressAndBytes({ address, bytes }: PingTarget): string {
  if (isIP(address) === 0 || !Number.isInteger(bytes) || bytes < 0 || bytes > 65_000) {
    throw new RefusedError(
      `${JSON.stringify(address)} with ${bytes} bytes cannot be pinged`,
      'nodes.address',
      'Name an IP address without brackets, and up to 65000 bytes.',
    )
  }
  return `${address} ${bytes}`
}

export function parseFacts(records: readonly FrameRecord[], read: NodeRead): NodeFacts {
  const files: Record<string, NodeFile | null> = {}
  const said = new Map<string, string>()
  const reached = new Map<string, boolean>()
  const echoes = new Map<string, PingAnswer>()
  const ways = new Map<string, string>()
  for (const [kind, ...values] of records) {
    const texts = values.map(value => value.toString())
    const [name = '', second = ''] = texts
    if (kind === 'file') files[name] = fileOf(second, texts[2] ?? '')
    else if (kind === 'absent') files[name] = null
    else if (kind === 'reach') reached.set(name, second === 'yes')
    else if (kind === 'ping') echoes.set(name, second === 'full' || second === 'small' ? second : 'none')
    else if (kind === 'way') ways.set(name, second.trim())
    else said.set(kind, kind === 'dualstack' ? texts.join('\n') : name)
  }
  const json = (kind: string): unknown => parseJson(said.get(kind) ?? '[]')
  const kubelet = said.get('kubelet')
  const manifests = said.get('manifests')
  const kernel = said.get('kernel')
  return {
    files,
    sysctls: parseSysctls(said.get('sysctls') ?? ''),
    addresses: parseAddresses(json('addresses')),
    routes: families.flatMap(family => parseRoutes(json(`routes${family.slice(-1)}`), family)),
    ...(kubelet === undefined ? {} : { kubeletArguments: kubelet.replace(/\0$/, '').split('\0').slice(1) }),
    ...(manifests === undefined ? {} : { manifests: manifests.split('\n').filter(path => path !== '') }),
    ...(kernel === undefined ? {} : { kernel }),
    ...(read.firewall === true ? { firewall: firewallOf(said), ...nftablesOf(said) } : {}),
    ...(read.upkeep === true
      ? { upkeep: parseUpkeep(said.get('certificates'), said.get('cgroup'), said.get('program')) }
      : {}),
    ...(read.apiServer === undefined ? {} : { apiServer: apiServerOf(said) }),
    ...(read.reach === undefined
      ? {}
      : { reach: Object.fromEntries(read.reach.flatMap(asked => answerFor(asked, reached))) }),
    ...(read.ping === undefined ? {} : { ping: Object.fromEntries(echoes) }),
    ...(read.ways === undefined ? {} : { ways: Object.fromEntries(ways) }),
  }
}

const firewallOf = (said: ReadonlyMap<string, string>): PerFamily<readonly string[]> =>
  Object.fromEntries(
    families.flatMap(family => {
      const printed = said.get(`firewall${family.slice(-1)}`)
      return printed === undefined ? [] : [[family, parseFirewall(printed)]]
    }),
  )

function nftablesOf(said: ReadonlyMap<string, string>): Pick<NodeFacts, 'nftables'> {
  const printed = said.get('nftables')
  return printed === undefined ? {} : { nftables: parseNftables(printed) }
}

function answerFor(asked: string, reached: ReadonlyMap<string, boolean>): [string, boolean][] {
  const answer = reached.get(hostAndPort(asked))
  return answer === undefined ? [] : [[asked, answer]]
}

/** `644 0:0`, as stat prints them. */
function fileOf(modeAndOwner: string, text: string): NodeFile {
  const [mode = '', owner = ''] = modeAndOwner.split(' ')
  return { text, mode: Number.parseInt(mode, 8), owner }
}

/**
 * `net/ipv6/conf/eth0.100/forwarding:1`: paths below /proc/sys, spelled as sysctl(8) prints them: dots for slashes, and the other way round,
 * so that an interface `eth0.100` becomes `eth0/100`.
 */
function parseSysctls(printed: string): Record<string, string> {
  return Object.fromEntries(
    printed
      .split('\n')
      .filter(line => line !== '')
      .map(line => {
        const colon = line.indexOf(':')
        return [sysctlKey(line.slice(0, colon)), line.slice(colon + 1).trim()]
      }),
  )
}

/** Its own inverse. */
export const sysctlKey = (path: string): string => path.replace(/[./]/g, mark => (mark === '.' ? '/' : '.'))

function apiServerOf(said: ReadonlyMap<string, string>): ApiServerFacts {
  const ready = said.get('ready') === 'yes'
  const answer = said.get('dualstack')
  if (answer === undefined) return { ready }
  const end = answer.indexOf('\n')
  const requireDualStack = dualStackAnswer(answer.slice(0, end), answer.slice(end + 1))
  return requireDualStack === undefined ? { ready } : { ready, requireDualStack }
}

/** Not an answer about families: nobody answered, or would not let us ask. */
function dualStackAnswer(status: string, body: string): ApiServerFacts['requireDualStack'] {
  if (status === '200' || status === '201') return 'accepted'
  if (status === '000' || status === '401' || status === '403') return undefined
  const parsed = parseJson(body)
  const said =
    typeof parsed === 'object' && parsed !== null && 'message' in parsed ? parsed.message : undefined
  return { refused: (typeof said === 'string' ? said : body).trim().slice(0, 600) || `status ${status}` }
}
