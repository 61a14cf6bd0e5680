import { RefusedError } from '../../base/errors.ts'
import { fileOf } from '../../model/changes.ts'
import type { Cluster, NodeFile } from '../../model/cluster.ts'

/** Runs an edit; a refusal says where: `n1:/etc/kubernetes/manifests/kube-apiserver.yaml`. */
export function editing<T>(where: string, edit: () => T): T {
  try {
    return edit()
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    throw new RefusedError(
      `${where}: ${error.message}`,
      error.code,
      error.hint ?? 'Mend or simplify that text, then plan again.',
      error.cause,
    )
  }
}

/** What was read, or why it cannot be understood: looking never fails, only planning on it does. */
export type Attempt<T> =
  | { readonly value: T; readonly refused?: undefined }
  | { readonly value?: undefined; readonly refused: RefusedError }

export function attempt<T>(where: string, read: () => T): Attempt<T> {
  try {
    return { value: editing(where, read) }
  } catch (error) {
    if (error instanceof RefusedError) return { refused: error }
    throw error
  }
}

/** Why a node's facts are not there, for messages. */
export const whyUnread = (cluster: Cluster, node: string): string =>
  cluster.unread[`nodes/${node}`] ?? 'nobody asked this node'

/** A file that an edit needs. @throws RefusedError `node.unread`, `node.no-file` */
export function requireFile(cluster: Cluster, node: string, path: string): NodeFile {
  const file = fileOf(cluster, node, path)
  if (file) return file
  if (file === null) throw new RefusedError(`${node}:${path} is not there`, 'node.no-file')
  throw new RefusedError(
    `${node}:${path} was not read: ${cluster.unread[`nodes/${node}${path}`] ?? whyUnread(cluster, node)}`,
    'node.unread',
    'Every node must be readable before anything is planned on it.',
  )
}
