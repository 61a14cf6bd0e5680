import { join } from 'node:path'
import type { Lab } from './index.ts'
import { recordFile } from './network.ts'
import { isAlive, readRecord } from './process.ts'

/** What a lab is and how to reach it, for people. */
export async function status(lab: Lab): Promise<string> {
  const rows = [['NODE', 'ROLE', 'RUNS', 'READY', 'IPV4', 'IPV6']]
  const ready = await nodeReadiness(lab)
  for (const node of lab.nodes) {
    const id = await readRecord(recordFile(lab.name, node.name))
    const runs = id && isAlive(id) ? 'yes' : 'no'
    rows.push([node.name, node.role, runs, ready.get(node.name) ?? '?', node.ipv4, node.ipv6])
  }
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0))) ?? []
  const table = rows.map(row =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  )
  const { state } = lab
  return [
    `lab ${lab.name}: Kubernetes ${state.kubernetes}, CNI ${state.cni}${state.ready ? '' : ', not completely up'}`,
    ...table,
    `outside  npm run lab -- exec outside --name ${lab.name} -- kubectl get pods -A`,
    `ssh      npm run lab -- exec outside --name ${lab.name} -- ssh -F ${lab.sshConfig} n1`,
    `state    ${lab.dir} (kubeconfig, ssh_config, lab.json, log/)`,
    '',
  ].join('\n')
}

async function nodeReadiness(lab: Lab): Promise<Map<string, string>> {
  const kubectl = [join(lab.state.bin, 'kubectl'), '--kubeconfig', lab.kubeconfig, '--request-timeout=3s']
  const { code, stdout } = await lab
    .exec('outside', [...kubectl, 'get', 'nodes', '-o', 'json'], { timeoutMs: 5000 })
    .catch(() => ({ code: 1, stdout: '' }))
  if (code !== 0) return new Map()
  const list = JSON.parse(stdout) as {
    items: { metadata: { name: string }; status: { conditions?: { type: string; status: string }[] } }[]
  }
  return new Map(
    list.items.map(node => {
      const condition = node.status.conditions?.find(each => each.type === 'Ready')
      return [node.metadata.name, condition?.status === 'True' ? 'yes' : 'no']
    }),
  )
}
