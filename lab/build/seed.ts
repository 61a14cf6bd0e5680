import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import { cached, type Log } from './cache.ts'
import { startContainerd } from './containerd.ts'
import type { ImageName } from './images.ts'
import { packageVersions } from './packages.ts'

export type Role = 'control-plane' | 'worker'

const edition = '1'

const onEveryNode: readonly ImageName[] = [
  'pause',
  'coredns',
  'kube-proxy',
  'agnhost',
  'probe',
  'calico-cni',
  'calico-node',
  'calico-kube-controllers',
]

const onControlPlanes: readonly ImageName[] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
]

/**
 * A containerd root (/var/lib/containerd) with all images of the role imported and unpacked: made once, where every
 * node would otherwise import for 10 to 30 s. Only to be read: a node gets its own by `cloneSeed`.
 */
export async function ensureSeed(
  tars: Readonly<Record<ImageName, string>>,
  role: Role,
  log: Log,
  extra: readonly string[] = [],
): Promise<string> {
  // A control plane's is a worker's with more in it, and so on: what they have in common takes room once.
  if (extra.length > 0) return layer(`${role}-with-more`, await ensureSeed(tars, role, log), extra, log)
  const below = role === 'control-plane' ? await ensureSeed(tars, 'worker', log) : undefined
  return layer(
    role,
    below,
    (below ? onControlPlanes : onEveryNode).map(name => tars[name]),
    log,
  )
}

/** The seed below, with these images besides. */
function layer(name: string, below: string | undefined, files: readonly string[], log: Log): Promise<string> {
  const containerd = packageVersions().filter(version => version.startsWith('containerd '))
  const make = async (folder: string) => {
    if (below) cloneSeed(below, folder)
    const server = await startContainerd(folder)
    try {
      // One after the other: each uses all processors.
      for (const file of files) await server.ctr('images', 'import', '--snapshotter', 'overlayfs', file)
    } finally {
      await server.stop()
    }
  }
  // A folder of the cache is named after what it was made from.
  const sources = [...(below ? [below] : []), ...files.map(dirname)].map(folder => basename(folder))
  return cached({ name: `seed-${name}`, inputs: [edition, ...containerd, ...sources], make }, log)
}

/**
 * Makes `target` a node's own copy of a seed in a fraction of a second. What containerd unpacked or stored is never
 * written to again, only removed or covered by an upper layer, so hard links do: they take no room, and nodes share
 * the page cache. The databases are written in place, so they are copied. An overlay over the seed would not do: the
 * kernel refuses an overlay as the upper layer of another, which every container of the node would need.
 *
 * `target` must be on the file system of the cache, else all is copied.
 */
export function cloneSeed(seed: string, target: string): void {
  mkdirSync(target, { recursive: true })
  const copy = (...args: readonly string[]) =>
    execFileSync('cp', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    copy('-al', `${seed}/.`, target)
  } catch {
    copy('-a', '--remove-destination', `${seed}/.`, target)
    return
  }
  const databases = execFileSync('find', [seed, '-name', '*.db', '-printf', '%P\\n'], { encoding: 'utf8' })
  for (const path of databases.trim().split('\n')) {
    copy('-a', '--remove-destination', `${seed}/${path}`, `${target}/${path}`)
  }
}
