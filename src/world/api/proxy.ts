import type { Agent } from 'node:http'
import { BlockList, isIP } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { UsageError } from '../../base/errors.ts'

/**
 * The proxy that the environment names for this server, as Go's http.ProxyFromEnvironment (which kubectl uses) reads it:
 * HTTPS_PROXY or https_proxy, unless NO_PROXY or no_proxy has the host, a suffix of it, its network, or `*`; never for this machine.
 */
export function proxyFromEnvironment(server: string, env: NodeJS.ProcessEnv): string | undefined {
  const { protocol, hostname, port } = new URL(server)
  const name = protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY'
  const proxy = env[name] ?? env[name.toLowerCase()]
  if (proxy === undefined || proxy === '') return undefined
  const host = hostname.replace(/^\[|\]$/g, '')
  if (host === 'localhost' || host === '::1' || host.startsWith('127.')) return undefined
  const exceptions = (env.NO_PROXY ?? env.no_proxy ?? '').split(',').map(entry => entry.trim().toLowerCase())
  if (exceptions.some(entry => entry !== '' && excepts(entry, host, port))) return undefined
  return proxy.includes('://') ? proxy : `http://${proxy}`
}

function excepts(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true
  const family = isIP(host)
  if (family !== 0) return exceptsAddress(entry, host, port, family === 4 ? 'ipv4' : 'ipv6')
  const [name = '', only] = entry.split(':')
  if (only !== undefined && only !== port) return false
  if (name.startsWith('.')) return host.endsWith(name)
  const plain = name.replace(/^\*\./, '')
  return host === plain || host.endsWith(`.${plain}`)
}

function exceptsAddress(entry: string, host: string, port: string, type: 'ipv4' | 'ipv6'): boolean {
  const slash = entry.indexOf('/')
  if (slash < 0) return entry === host || entry === `${type === 'ipv6' ? `[${host}]` : host}:${port}`
  const network = entry.slice(0, slash)
  const family = isIP(network)
  if (family === 0) return false
  const list = new BlockList()
  try {
    list.addSubnet(network, Number(entry.slice(slash + 1)), family === 4 ? 'ipv4' : 'ipv6')
  } catch {
    return false // what Go cannot parse it passes over too
  }
  return list.check(host, type)
}

/**
 * An agent that goes through a proxy (http, https, socks). client-node has the code for it; loading it costs 350 ms and 75 MB, so that
 * only those who have a proxy pay.
 * @throws UsageError `kubeconfig.bad-proxy`
 */
export async function proxyAgent(
  server: string,
  proxyUrl: string,
  tls: SecureContextOptions & { servername?: string; rejectUnauthorized?: boolean },
): Promise<Agent> {
  if (!/^(https?|socks[45]?[ah]?):\/\//.test(proxyUrl) || !URL.canParse(proxyUrl)) {
    // The value is not shown: it may hold a password.
    const hint =
      'It looks like http://HOST:PORT or socks5://HOST:PORT; see proxy-url in the kubeconfig, and HTTPS_PROXY.'
    throw new UsageError(
      'the proxy for the API server is not a URL that is understood',
      hint,
      'kubeconfig.bad-proxy',
    )
  }
  const { KubeConfig } = await import('@kubernetes/client-node/dist/config.js')
  const config = new KubeConfig()
  const skipTLSVerify = tls.rejectUnauthorized === false
  config.loadFromClusterAndUser({ name: 'cluster', server, proxyUrl, skipTLSVerify }, { name: 'user' })
  const options: SecureContextOptions & { agent?: Agent | boolean } = { ...tls }
  await config.applyToHTTPSOptions(options)
  if (typeof options.agent === 'object') return options.agent
  throw new Error('client-node gave no agent for the proxy')
}
