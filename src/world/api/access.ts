import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { UsageError } from '../../base/errors.ts'
import { type Credentials, credentialsOf } from './credentials.ts'
import { chooseContext, type Entry, type KubeConfigOptions, serviceAccountFolder } from './kubeconfig.ts'
import { certificateOf } from './pem.ts'
import { proxyFromEnvironment } from './proxy.ts'
import { textOf } from './record.ts'

/** TLS of the server's side: what it is trusted by. The client's own certificate comes with the credentials. */
interface ServerTls extends Pick<SecureContextOptions, 'ca'> {
  readonly servername?: string
  readonly rejectUnauthorized?: boolean
}

/** Where the API server is and how to get in. */
export interface Access {
  /** Without a slash at its end; may have a path (a proxy such as Rancher's). */
  readonly server: string
  /** The context's name, or `in-cluster`; for messages. */
  readonly context: string
  readonly tls: ServerTls
  readonly credentials: Credentials
  readonly proxy: string | undefined
  /** kubeconfig's disable-compression */
  readonly compress: boolean
}

/**
 * @throws UsageError `kubeconfig.*` for a missing file, context, cluster or user, an unreadable certificate, a user that only a removed
 * auth provider could let in.
 */
export async function loadAccess(options: KubeConfigOptions = {}): Promise<Access> {
  const chosen = await chooseContext(options)
  if (chosen === undefined) return inCluster(options)
  const { cluster, clusterName } = chosen
  const server = textOf(cluster.fields.server)
  if (server === undefined) {
    const hint = `Set it with \`kubectl config set-cluster ${clusterName} --server=https://HOST:6443\`.`
    throw new UsageError(
      `cluster "${clusterName}" in ${cluster.file} has no server`,
      hint,
      'kubeconfig.no-server',
    )
  }
  const url = serverUrl(server, `cluster "${clusterName}" in ${cluster.file}`)
  const ca = await certificateOf(cluster, 'certificate-authority', `cluster "${clusterName}"`)
  const servername = textOf(cluster.fields['tls-server-name'])
  const insecure = cluster.fields['insecure-skip-tls-verify'] === true
  return {
    server: url,
    context: chosen.context,
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(servername === undefined ? {} : { servername }),
      ...(insecure ? { rejectUnauthorized: false } : {}),
    },
    credentials: await credentialsOf(chosen, options.env ?? process.env),
    proxy: textOf(cluster.fields['proxy-url']) ?? proxyFromEnvironment(url, options.env ?? process.env),
    compress: cluster.fields['disable-compression'] !== true,
  }
}

/** A pod's own service account, as kubectl falls back to it when there is no kubeconfig. */
async function inCluster(options: KubeConfigOptions): Promise<Access> {
  const env = options.env ?? process.env
  const folder = options.serviceAccount ?? serviceAccountFolder
  const host = env.KUBERNETES_SERVICE_HOST
  const file = join(folder, 'token')
  const token = host === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined)
  if (host === undefined || token === undefined || options.context !== undefined) {
    throw new UsageError(
      'there is no kubeconfig: neither --kubeconfig nor KUBECONFIG is set, and ~/.kube/config does not exist',
      'On a kubeadm control plane: --kubeconfig /etc/kubernetes/admin.conf',
      'kubeconfig.missing',
    )
  }
  const user: Entry = { file, fields: { tokenFile: file } }
  const ca = await readFile(join(folder, 'ca.crt')).catch(() => undefined)
  const address = host.includes(':') ? `[${host}]` : host
  const chosen = {
    context: 'in-cluster',
    clusterName: '',
    cluster: user,
    userName: 'in-cluster',
    user,
    namespace: undefined,
  }
  return {
    server: `https://${address}:${env.KUBERNETES_SERVICE_PORT ?? '443'}`,
    context: 'in-cluster',
    tls: ca === undefined ? {} : { ca },
    credentials: await credentialsOf(chosen, env),
    proxy: undefined,
    compress: true,
  }
}

function serverUrl(server: string, where: string): string {
  const text = server.includes('://') ? server : `https://${server}`
  if (URL.canParse(text) && /^https?:/.test(text)) return text.replace(/\/+$/, '')
  throw new UsageError(
    `${where} has server "${server}", which is no URL`,
    'It looks like https://HOST:6443.',
    'kubeconfig.bad-server',
  )
}
