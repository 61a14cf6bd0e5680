import { readFile, readdir } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { savedFile, savedSysctls } from './host.ts'
import { namespaces } from './network.ts'
import { leftCgroups } from './node/cgroup.ts'
import { identify } from './process.ts'
import { run } from './shell.ts'
import { labDir, labNames, labsDir, stateRoot } from './state.ts'

/**
 * What labs have left on this machine, apart from what the labs that are up own: one line each, empty if all is as
 * it was. It looks at the machine, and does not trust what `down` believes to have done.
 */
export async function leftovers(): Promise<string[]> {
  const labs = await labNames()
  const all = await Promise.all([
    leftNamespaces(labs),
    leftCgroupsAndProcesses(labs),
    leftMounts(),
    leftLinks(),
    leftRules(),
    leftState(labs),
  ])
  return [...all.flat(), ...(labs.length === 0 ? await leftSysctls() : [])]
}

async function leftNamespaces(labs: readonly string[]): Promise<string[]> {
  const others = (await namespaces()).filter(name => !labs.includes(name.split('.')[1] ?? ''))
  return others.map(name => `network namespace ${name}`)
}

async function leftCgroupsAndProcesses(labs: readonly string[]): Promise<string[]> {
  const owned = (path: string): boolean =>
    labs.some(lab => path.includes(`/dualstack-lab/${lab}/`) || path.endsWith(`/dualstack-lab/${lab}`))
  const top = (path: string): boolean => path.endsWith('/dualstack-lab') && labs.length > 0
  const cgroups = (await leftCgroups())
    .filter(path => !owned(path) && !top(path))
    .map(path => `cgroup ${path}`)
  const processes: string[] = []
  for (const pid of (await readdir('/proc')).filter(name => /^\d+$/.test(name))) {
    const [cgroup, mounts, command] = await Promise.all(
      ['cgroup', 'mounts', 'cmdline'].map(file => readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')),
    )
    // By its cgroup, or by a node's disk being mounted where it is.
    const inCgroup = cgroup?.split('\n').some(line => line.includes('/dualstack-lab/') && !owned(line))
    const disk = mounts?.match(new RegExp(`upperdir=${labsDir()}/([^/]+)/nodes/`))?.[1]
    // A zombie holds nothing but its number.
    if (identify(Number(pid)) === undefined) continue
    if (inCgroup || (disk !== undefined && !labs.includes(disk))) {
      processes.push(`process ${pid}: ${command?.replaceAll('\0', ' ').trim()}`)
    }
  }
  return [...cgroups, ...processes]
}

/** Nodes mount in namespaces of their own: none may be seen here, of no lab. */
async function leftMounts(): Promise<string[]> {
  const lines = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  return lines.filter(line => line.includes(stateRoot())).map(line => `mount ${line.split(' ')[4]}`)
}

/** Names that Kubernetes and CNIs give to what they make. Labs make none of it in the host's namespace. */
const theirs = /\b(KUBE-|cali-|CNI-|kube-proxy|dslab)/
const theirLinks = /^(cali|cni0|vxlan\.calico|flannel|kube-ipvs0|nodelocaldns|dslab)/

async function leftLinks(): Promise<string[]> {
  const { stdout } = await run(['ip', '-o', 'link'])
  const names = stdout.split('\n').map(line => line.split(': ')[1]?.split('@')[0] ?? '')
  return names.filter(name => theirLinks.test(name)).map(name => `link ${name}`)
}

async function leftRules(): Promise<string[]> {
  const found: string[] = []
  for (const [what, argv] of [
    ['nftables', ['nft', 'list', 'ruleset']],
    ['iptables', ['iptables-legacy-save']],
    ['ip6tables', ['ip6tables-legacy-save']],
    ['ipset', ['ipset', 'list', '-n']],
  ] as const) {
    const { stdout } = await run(argv).catch(() => ({ stdout: '' }))
    const line = stdout.split('\n').find(each => theirs.test(each))
    if (line) found.push(`${what} rules on the host: ${line.trim()}`)
  }
  return found
}

async function leftState(labs: readonly string[]): Promise<string[]> {
  const folders = (await readdir(labsDir()).catch(() => [])).filter(name => !labs.includes(name))
  const saved = labs.length === 0 && existsSync(savedFile()) ? [`file ${savedFile()}`] : []
  return [...folders.map(name => `folder ${labDir(name)}`), ...saved]
}

async function leftSysctls(): Promise<string[]> {
  const found: string[] = []
  for (const [key, value] of Object.entries(await savedSysctls())) {
    const now = (await readFile(join('/proc/sys', key), 'utf8')).trim()
    if (now !== value) found.push(`sysctl ${key.replaceAll('/', '.')} = ${now}, was ${value}`)
  }
  return found
}
