import { join } from 'node:path'
import { type ExecOptions, execMust } from './exec.ts'
import { until } from './shell.ts'
import { type LabState, labDir } from './state.ts'

/** kubectl from outside the cluster, as its administrator. */
export function kubectl(lab: LabState, args: readonly string[], options: ExecOptions = {}): Promise<string> {
  const command = [join(lab.bin, 'kubectl'), '--kubeconfig', join(labDir(lab.name), 'kubeconfig')]
  return execMust(lab, 'outside', [...command, ...args], options)
}

/** The podCIDRs of all nodes; the controller manager gives them a moment after a node has joined. */
export async function podCIDRs(lab: LabState): Promise<Map<string, readonly string[]>> {
  return until('podCIDRs of all nodes', 60_000, async () => {
    const list = JSON.parse(await kubectl(lab, ['get', 'nodes', '-o', 'json'])) as {
      items: { metadata: { name: string }; spec: { podCIDRs?: string[] } }[]
    }
    const found = new Map(list.items.map(node => [node.metadata.name, node.spec.podCIDRs ?? []]))
    return lab.nodes.every(node => found.get(node.name)?.length) ? found : undefined
  })
}
