import { RefusedError, UnreachableError, UsageError } from '../base/errors.ts'
import type { KubeObject } from '../model/cluster.ts'
import { getField } from '../model/fields.ts'
import { isControlPlane } from '../observe/wanted.ts'
import type { LeftNode } from '../plan/left-out.ts'
import type { World } from '../world/ports.ts'

/**
 * Nodes that can be left as they are: those that the cluster itself has not heard from for a while, and that do not answer us either. A
 * dead worker must not stand in the way of anything; a dead control plane is left only when somebody names it, since it comes back with an API
 * server of its own. A node that lives is never left: its pods would be made by a configuration that nobody changed.
 * @throws UsageError for a name that is no node; RefusedError `node.alive`, `node.control-plane-away`
 */
export async function findDead(
  { api, nodes }: World,
  named: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<readonly LeftNode[]> {
  const all: KubeObject[] = []
  for await (const node of api.list('v1/nodes', { signal })) all.push(node)
  for (const name of named) checkName(name, all)
  const found = await Promise.all(
    all.filter(isSilent).map(async (node): Promise<LeftNode | undefined> => {
      const { name } = node.metadata
      try {
        await nodes.facts(name, {}, signal)
        return undefined
      } catch (error) {
        if (!(error instanceof UnreachableError)) throw error
        const why = error.message.replace(`node ${name}: `, '')
        return { name, isControlPlane: isControlPlane(node), why }
      }
    }),
  )
  const dead = found.filter(one => one !== undefined)
  const refused = dead.find(one => one.isControlPlane && !named.has(one.name))
  if (refused !== undefined) {
    throw new RefusedError(
      `control plane ${refused.name} is silent and cannot be reached: ${refused.why}`,
      'node.control-plane-away',
      `Bring it back, or remove it from the cluster for good. To leave it as it is, and finish it when it is back: --without-node ${refused.name}.`,
    )
  }
  return dead
}

function checkName(name: string, all: readonly KubeObject[]): void {
  const node = all.find(({ metadata }) => metadata.name === name)
  if (node === undefined)
    throw new UsageError(`--without-node ${name}: this cluster has no such node`, 'See `kubectl get nodes`.')
  if (!isSilent(node)) {
    throw new RefusedError(
      `--without-node ${name}: the cluster still hears from this node, so it may run pods, which a conversion cannot leave out`,
      'node.alive',
      'Where it is back, leave --without-node out: it becomes part of the run again. Else make it reachable (--node-access, --ssh-…); or shut it down; or drain it and delete it from the cluster.',
    )
  }
}

/** The cluster has heard nothing from its kubelet for a while (node lifecycle controller). `False` would be a kubelet that lives. */
export function isSilent(node: KubeObject): boolean {
  const conditions = (getField(node, ['status', 'conditions']) ?? []) as readonly {
    readonly type?: string
    readonly status?: string
  }[]
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'Unknown')
}
