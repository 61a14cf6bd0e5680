import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { run } from './run.ts'

/** A containerd of our own, which knows nothing of one that this machine may have. */
export interface Containerd {
  /** `ctr` in the namespace that the kubelet uses. */
  ctr(...args: readonly string[]): Promise<string>
  stop(): Promise<void>
}

/** Starts containerd on `root`, which it may find empty. Its state and socket are in a folder that goes with it. */
export async function startContainerd(root: string): Promise<Containerd> {
  const state = mkdtempSync(join(tmpdir(), 'dualstack-containerd-'))
  const socket = join(state, 'socket')
  const log = join(state, 'log')
  mkdirSync(root, { recursive: true })
  writeFileSync(join(state, 'config.toml'), configuration(root, state, socket))
  const child = spawn('containerd', ['--config', join(state, 'config.toml')], {
    stdio: ['ignore', openSync(log, 'w'), openSync(log, 'a')],
  })
  const ended = new Promise<void>(resolve =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  )
  const ctr = (...args: readonly string[]) =>
    run('ctr', ['--address', socket, '--namespace', 'k8s.io', ...args], { attempt: `ctr ${args.join(' ')}` })
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    rmSync(state, { recursive: true, force: true })
  }
  try {
    await untilReady(child, () => ctr('version'), log)
  } catch (error) {
    await stop()
    throw error
  }
  return { ctr, stop }
}

async function untilReady(child: ChildProcess, ask: () => Promise<unknown>, log: string): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (child.exitCode !== null || child.pid === undefined) break
    const answers = await ask().then(
      () => true,
      () => false,
    )
    if (answers) return
    await sleep(100)
  }
  const tail = readFileSync(log, 'utf8').trim().split('\n').slice(-5).join('\n  ')
  throw new Error(`containerd did not start; is this run by root? It said:\n  ${tail}`)
}

/** Snapshotters that look for file systems of their own only make noise. CRI is not needed to import. */
function configuration(root: string, state: string, socket: string): string {
  const others = ['aufs', 'btrfs', 'devmapper', 'zfs'].map(name => `"io.containerd.snapshotter.v1.${name}"`)
  return `version = 2
root = "${root}"
state = "${join(state, 'state')}"
disabled_plugins = ["io.containerd.grpc.v1.cri", ${others.join(', ')}]
[grpc]
  address = "${socket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${join(state, 'opt')}"
`
}
