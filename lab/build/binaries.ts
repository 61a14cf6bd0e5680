import { linkSync } from 'node:fs'
import { basename, join } from 'node:path'
import { cached, type Log } from './cache.ts'
import { type GoBuild, goBuild, goInputs, moduleFolder } from './go.ts'
import type { Versions } from './versions.ts'

/** Raised when what is built from the same inputs changes. */
const edition = '1'

/** Folders of the cache that hold binaries. */
export interface BinaryFolders {
  readonly kubernetes: string
  readonly etcd: string
  readonly coredns: string
  readonly pause: string
  readonly probe: string
}

export async function ensureBinaries(versions: Versions, log: Log): Promise<BinaryFolders> {
  const built = (name: string, build: GoBuild, sources: readonly string[] = []): Promise<string> =>
    cached(
      { name, inputs: [edition, ...goInputs(build, sources)], make: folder => goBuild(build, folder) },
      log,
    )
  const module = moduleFolder('tools')
  const own = (name: string) => built(name, { module, binaries: { [name]: `./${name}` } }, [name])
  return {
    kubernetes: await built('kubernetes', kubernetesBuild(versions)),
    etcd: await built('etcd', { module, binaries: etcdBinaries }),
    coredns: await own('coredns'),
    pause: await own('pause'),
    probe: await own('probe'),
  }
}

const etcdBinaries = {
  etcd: 'go.etcd.io/etcd/server/v3',
  etcdctl: 'go.etcd.io/etcd/etcdctl/v3',
  etcdutl: 'go.etcd.io/etcd/etcdutl/v3',
}

function kubernetesBuild({ kubernetes, module }: Versions): GoBuild {
  const commands = [
    'kube-apiserver',
    'kube-controller-manager',
    'kube-proxy',
    'kube-scheduler',
    'kubeadm',
    'kubectl',
    'kubelet',
  ]
  const [major = '', minor = ''] = kubernetes.slice(1).split('.')
  // Set by Kubernetes' own build (hack/lib/version.sh). Without them all are v0.0.0-master, and kubeadm refuses.
  const version = { gitVersion: kubernetes, gitMajor: major, gitMinor: minor, gitTreeState: 'clean' }
  const holders = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  return {
    module: moduleFolder(module),
    binaries: {
      ...Object.fromEntries(commands.map(command => [command, `k8s.io/kubernetes/cmd/${command}`])),
      agnhost: 'k8s.io/kubernetes/test/images/agnhost',
    },
    values: Object.fromEntries(
      holders.flatMap(holder => Object.entries(version).map(([name, value]) => [`${holder}.${name}`, value])),
    ),
  }
}

const called: readonly (readonly [keyof BinaryFolders, string])[] = [
  ['kubernetes', 'kubeadm'],
  ['kubernetes', 'kubectl'],
  ['kubernetes', 'kubelet'],
  ['etcd', 'etcdctl'],
  ['etcd', 'etcdutl'],
  ['coredns', 'coredns'],
  ['probe', 'probe'],
]

/** One folder with what nodes and tests call by path; hard links, so that it takes no room. */
export function ensureBin(folders: BinaryFolders, log: Log): Promise<string> {
  return cached(
    {
      name: 'bin',
      inputs: [edition, ...called.map(([folder, name]) => `${basename(folders[folder])}/${name}`)],
      make: async target => {
        for (const [folder, name] of called) linkSync(join(folders[folder], name), join(target, name))
      },
    },
    log,
  )
}
