import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hostKey } from './node/files.ts'
import { must } from './shell.ts'
import { type LabState, labDir } from './state.ts'

/** Makes the lab's key pair and returns the public half. */
export async function makeKey(lab: LabState): Promise<string> {
  const key = join(labDir(lab.name), 'id_ed25519')
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', `lab ${lab.name}`, '-f', key])
  return readFile(`${key}.pub`, 'utf8')
}

/** `ssh -F ssh_config n1` from the outside namespace; node addresses work as host names too. */
export async function writeSshConfig(lab: LabState): Promise<void> {
  const dir = labDir(lab.name)
  const known: string[] = []
  const config: string[] = []
  for (const node of lab.nodes) {
    const key = (await hostKey(lab.name, node.name)).trim().split(' ').slice(0, 2).join(' ')
    known.push(`${node.name},${node.ipv4},${node.ipv6} ${key}`)
    config.push(`Host ${node.name}`, `  HostName ${node.ipv4}`, `  HostKeyAlias ${node.name}`)
  }
  config.push(
    `Host ${lab.nodes.map(node => `${node.name} ${node.ipv4} ${node.ipv6}`).join(' ')}`,
    '  User root',
    `  IdentityFile "${join(dir, 'id_ed25519')}"`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile "${join(dir, 'known_hosts')}"`,
    '  GlobalKnownHostsFile /dev/null',
    '  StrictHostKeyChecking yes',
    '',
  )
  await writeFile(join(dir, 'known_hosts'), `${known.join('\n')}\n`)
  await writeFile(join(dir, 'ssh_config'), config.join('\n'))
}
