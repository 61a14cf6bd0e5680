import { type ChildProcess, type SpawnOptions, spawn as spawnChild } from 'node:child_process'
import { join } from 'node:path'
import { isAlive, readRecord } from './process.ts'
import { joinScript } from './node/cgroup.ts'
import { namespacePath, recordFile } from './network.ts'
import { LabError, type Result, run } from './shell.ts'
import { type LabState, labDir } from './state.ts'

/** Where a command of ours runs: a node's name, or one of these namespaces on the host's own file system. */
const places = ['outside', 'internet'] as const

/** Whoever started the command dies, it dies: an API server left running once stayed on a live etcd. */
const withMe = ['setpriv', '--pdeathsig', 'KILL', '--']

/** The command line that runs `argv` in a node or beside the cluster. */
export async function enter(lab: LabState, place: string, argv: readonly string[]): Promise<string[]> {
  const isNode = lab.nodes.some(node => node.name === place)
  if (!isNode && !(places as readonly string[]).includes(place)) {
    const known = [...lab.nodes.map(node => node.name), ...places].join(', ')
    throw new LabError(`there is no node ${place} in lab ${lab.name}`, { hint: `there is: ${known}` })
  }
  const joinCgroup = await joinScript(lab.name, isNode ? place : 'outside')
  if (!isNode) {
    const target = ['nsenter', `--net=${namespacePath(lab.name, place)}`, '--']
    return [...withMe, 'sh', '-c', `${joinCgroup}\nexec "$@"`, 'sh', ...target, ...argv]
  }
  const record = await readRecord(recordFile(lab.name, place))
  if (!record || !isAlive(record)) {
    throw new LabError(`node ${place} of lab ${lab.name} is not running`, {
      hint: `npm run lab -- reboot ${place} --name ${lab.name}`,
    })
  }
  const target = ['nsenter', '-t', String(record.pid), '-m', '-u', '-i', '-n', '-p', '-C', '--']
  const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const clean = [
    'env',
    '-i',
    path,
    'HOME=/root',
    'USER=root',
    'LANG=C.UTF-8',
    'KUBECONFIG=/etc/kubernetes/admin.conf',
  ]
  const term = process.env['TERM'] ? [`TERM=${process.env['TERM']}`] : []
  // Twice: nsenter forks into the PID namespace, and the command's parent is nsenter.
  return [
    ...withMe,
    'sh',
    '-c',
    `${joinCgroup}\nexec "$@"`,
    'sh',
    ...target,
    ...withMe,
    ...clean,
    ...term,
    ...argv,
  ]
}

export interface ExecOptions {
  input?: string
  timeoutMs?: number
  /** For places beside the cluster, on top of ours; a node's commands begin with a clean environment. */
  env?: NodeJS.ProcessEnv
}

/** Beside the cluster, kubectl is the lab's, and it is the lab's administrator. */
const environment = (lab: LabState, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv => ({
  ...process.env,
  PATH: `${lab.bin}:${process.env['PATH']}`,
  KUBECONFIG: join(labDir(lab.name), 'kubeconfig'),
  ...more,
})

export async function exec(
  lab: LabState,
  place: string,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<Result> {
  return run(await enter(lab, place, argv), { ...options, env: environment(lab, options.env) })
}

/** As exec, and it must succeed. */
export async function execMust(
  lab: LabState,
  place: string,
  argv: readonly string[],
  options: ExecOptions = {},
): Promise<string> {
  const result = await exec(lab, place, argv, options)
  if (result.code === 0) return result.stdout
  const said = (result.stderr.trim() || result.stdout.trim()).split('\n').slice(-15).join('\n')
  throw new LabError(`${place}: ${argv.join(' ')}\n  exited with ${result.code}: ${said}`, {
    hint: `look: npm run lab -- shell ${place} --name ${lab.name}`,
  })
}

export async function spawn(
  lab: LabState,
  place: string,
  argv: readonly string[],
  options: SpawnOptions = {},
): Promise<ChildProcess> {
  const [file = '', ...args] = await enter(lab, place, argv)
  return spawnChild(file, args, { ...options, env: environment(lab, options.env) })
}
