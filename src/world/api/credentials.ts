import { X509Certificate } from 'node:crypto'
import { UsageError } from '../../base/errors.ts'
import { execCredentials } from './exec-plugin.ts'
import type { Chosen } from './kubeconfig.ts'
import { certificateOf, keyOf, readNamed } from './pem.ts'
import { listOf, type RawRecord, recordOf, textOf } from './record.ts'

type Headers = Record<string, string | string[]>

/** What one request carries. */
export interface Credential {
  readonly headers: Headers
  /** PEM */
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
}

/** Who we are to the API server. */
export interface Credentials {
  /** The kubeconfig's user name, for messages. */
  readonly user: string
  current(signal?: AbortSignal): Promise<Credential>
  /** After a 401: drop what is cached. false: asking again would bring the same. */
  renew(): boolean
  /** What is wrong with them, where one can tell (an expired certificate). */
  complaint(now: number): string | undefined
}

/**
 * What a kubeconfig user says: client certificate, token, token file, password, exec plugin, the oidc auth provider; with impersonation.
 * Written here and not taken from client-node's KubeConfig, which costs 350 ms and 75 MB to load, reads `token-file` where kubectl
 * reads `tokenFile`, and leaves out impersonated groups.
 */
export async function credentialsOf(chosen: Chosen, env: NodeJS.ProcessEnv): Promise<Credentials> {
  const { user, userName } = chosen
  const what = `user "${userName}"`
  const cert = await certificateOf(user, 'client-certificate', what)
  const key = await keyOf(user, 'client-key', what)
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'client-certificate' : 'client-key'
    const hint = 'A client certificate needs both. Fetch the kubeconfig again from where it came.'
    throw new UsageError(`${what} in ${user.file} has no ${missing}`, hint, 'kubeconfig.bad-certificate')
  }
  const base: Credential = {
    headers: { ...impersonation(user.fields), ...basic(user.fields) },
    ...(cert === undefined ? {} : { cert, key }),
  }
  const more = await moreCredentials(chosen, env)
  const expires = cert === undefined ? undefined : new X509Certificate(cert).validTo
  return {
    user: userName,
    async current(signal) {
      const fresh = await more.current(signal)
      return { ...base, ...fresh, headers: { ...base.headers, ...fresh.headers } }
    },
    renew: more.renew,
    complaint: now =>
      expires !== undefined && Date.parse(expires) < now
        ? `The client certificate of ${what} in ${user.file} ended on ${expires}. On a kubeadm control plane: \`kubeadm certs renew admin.conf\`.`
        : undefined,
  }
}

type Source = Pick<Credentials, 'current' | 'renew'>

async function moreCredentials(chosen: Chosen, env: NodeJS.ProcessEnv): Promise<Source> {
  const { user, userName } = chosen
  const file = textOf(user.fields.tokenFile)
  if (file !== undefined) return tokenFile(() => readNamed(user, 'tokenFile', file, `user "${userName}"`))
  const token = textOf(user.fields.token)
  if (token !== undefined) return fixed({ headers: bearer(token) })
  if (user.fields.exec !== undefined && user.fields.exec !== null) return execCredentials(chosen, env)
  const provider = recordOf(user.fields['auth-provider'])
  const name = textOf(provider.name)
  if (name === undefined) return fixed({ headers: {} })
  if (name === 'oidc') return openIdConnect(userName, recordOf(provider.config))
  throw new UsageError(
    `user "${userName}" in ${user.file} wants the auth provider "${name}", which kubectl dropped in 1.26`,
    'Fetch the kubeconfig again with the cloud provider’s tool: it will use an exec plugin.',
    'kubeconfig.auth-provider',
  )
}

const fixed = (credential: Credential): Source => ({ current: async () => credential, renew: () => false })

const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token.trim()}` })

/** Projected tokens are replaced on disk while we run; client-go too reads them again each minute. */
function tokenFile(read: () => Promise<Buffer>): Source {
  let cached: { headers: Headers; until: number } | undefined
  return {
    async current() {
      if (cached === undefined || cached.until < Date.now()) {
        cached = { headers: bearer((await read()).toString('utf8')), until: Date.now() + 60_000 }
      }
      return { headers: cached.headers }
    },
    renew() {
      cached = undefined
      return true
    },
  }
}

/** client-node refreshes the token at the issuer when it has expired. */
async function openIdConnect(name: string, config: RawRecord): Promise<Source> {
  const { OpenIDConnectAuth } = await import('@kubernetes/client-node/dist/oidc_auth.js')
  const auth = new OpenIDConnectAuth()
  return {
    async current() {
      const options: { headers: Headers } = { headers: {} }
      await auth.applyAuthentication({ name, authProvider: { name: 'oidc', config } }, options)
      return options
    },
    renew: () => false,
  }
}

function basic(user: RawRecord): Headers {
  const name = textOf(user.username)
  if (name === undefined) return {}
  const pair = `${name}:${textOf(user.password) ?? ''}`
  return { Authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` }
}

/** https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation */
function impersonation(user: RawRecord): Headers {
  const headers: Headers = {}
  const as = textOf(user.as)
  const uid = textOf(user['as-uid'])
  const groups = texts(user['as-groups'])
  if (as !== undefined) headers['Impersonate-User'] = as
  if (uid !== undefined) headers['Impersonate-Uid'] = uid
  if (groups.length > 0) headers['Impersonate-Group'] = groups
  for (const [key, values] of Object.entries(recordOf(user['as-user-extra']))) {
    headers[`Impersonate-Extra-${encodeURIComponent(key)}`] = texts(values)
  }
  return headers
}

const texts = (value: unknown): string[] => listOf(value).flatMap(item => textOf(item) ?? [])
