import { basename, join } from 'node:path'
import type { BinaryFolders } from './binaries.ts'
import type { ImageConfig } from './image.ts'
import { packageVersions } from './packages.ts'
import type { TarEntry } from './tar.ts'
import { base, busybox, file, folder, libraries, link, merge, networkTools } from './userland.ts'
import type { Extra } from './services.ts'
import { calicoVersion, metallbVersion, traefikVersion, type Versions } from './versions.ts'

/** Where the content of images comes from: folders of the cache, named by what they were made from. */
export interface ImageSources extends BinaryFolders {
  readonly calico: string
  /** Debian packages that are not installed. */
  readonly unpacked: string
}

export interface Image<Name extends string = ImageName> {
  readonly name: Name
  readonly reference: string
  readonly config: ImageConfig
  /** Changes whenever the entries do. */
  readonly inputs: readonly string[]
  entries(): Promise<TarEntry[]>
}

const imageNames = [
  'pause',
  'coredns',
  'kube-proxy',
  'agnhost',
  'probe',
  'calico-cni',
  'calico-node',
  'calico-kube-controllers',
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
] as const

export type ImageName = (typeof imageNames)[number]

type Description = Omit<Image, 'name' | 'inputs'> & { readonly from: readonly string[] }

const complete = <Name extends string>(name: Name, { from, ...image }: Description): Image<Name> => ({
  name,
  inputs: [image.reference, JSON.stringify(image.config), ...from.map(source => basename(source))],
  ...image,
})

/** All images by name. Those of Kubernetes have the programs where the real ones have them. */
export function describeImages(versions: Versions, sources: ImageSources): Image[] {
  const { kubernetes, etcd, coredns, pause, probe, calico, unpacked } = sources
  const machine = packageVersions()
  const controlPlane = (program: string): Description => ({
    reference: `registry.k8s.io/${program}:${versions.kubernetes}`,
    config: { entrypoint: [`/usr/local/bin/${program}`] },
    from: [kubernetes],
    entries: async () => [...base, file(`/usr/local/bin/${program}`, join(kubernetes, program))],
  })
  const all: Record<ImageName, Description> = {
    pause: {
      reference: `registry.k8s.io/pause:${versions.pause}`,
      config: { entrypoint: ['/pause'] },
      from: [pause],
      entries: async () => [file('/pause', join(pause, 'pause'))],
    },
    coredns: {
      reference: `registry.k8s.io/coredns/coredns:${versions.coredns}`,
      config: { entrypoint: ['/coredns'] },
      from: [coredns],
      entries: async () => [...base, file('/coredns', join(coredns, 'coredns'))],
    },
    'kube-proxy': {
      reference: `registry.k8s.io/kube-proxy:${versions.kubernetes}`,
      config: { entrypoint: ['/usr/local/bin/kube-proxy'] },
      from: [kubernetes, unpacked, ...machine],
      entries: async () =>
        merge(
          base,
          [file('/usr/local/bin/kube-proxy', join(kubernetes, 'kube-proxy'))],
          await networkTools(),
          await busybox(unpacked),
        ),
    },
    agnhost: {
      reference: `registry.k8s.io/e2e-test-images/agnhost:${versions.agnhost}`,
      config: { entrypoint: ['/agnhost'], command: ['pause'] },
      from: [kubernetes, unpacked],
      entries: async () => [
        ...base,
        file('/agnhost', join(kubernetes, 'agnhost')),
        ...(await busybox(unpacked)),
      ],
    },
    probe: {
      reference: 'dualstack.lab/probe:1',
      config: { entrypoint: ['/usr/local/bin/probe'], command: ['serve', '--port', '8080'] },
      from: [probe, unpacked],
      entries: async () => [
        ...base,
        file('/usr/local/bin/probe', join(probe, 'probe')),
        ...(await busybox(unpacked)),
      ],
    },
    'calico-cni': {
      reference: `docker.io/calico/cni:${calicoVersion}`,
      config: {
        command: ['/opt/cni/bin/install'],
        environment: [`PATH=/opt/cni/bin:/usr/local/bin:/usr/bin`],
        workingFolder: '/opt/cni/bin',
      },
      from: [calico, ...machine],
      entries: async () => [
        ...base,
        file('/opt/cni/bin/calico', join(calico, 'bin/calico')),
        link('/opt/cni/bin/calico-ipam', 'calico'), // one program, which looks at its name
        file('/opt/cni/bin/install', join(calico, 'bin/install')),
        ...['bandwidth', 'host-local', 'loopback', 'portmap', 'tuning'].map(name =>
          file(`/opt/cni/bin/${name}`, `/usr/lib/cni/${name}`),
        ),
      ],
    },
    'calico-node': {
      reference: `docker.io/calico/node:${calicoVersion}`,
      // SVDIR is where sv looks: without it confd's reloads of BIRD fail without a word.
      config: { command: ['start_runit'], environment: ['SVDIR=/etc/service/enabled'] },
      from: [calico, unpacked, ...machine],
      entries: () => calicoNode(calico, unpacked),
    },
    'calico-kube-controllers': {
      reference: `docker.io/calico/kube-controllers:${calicoVersion}`,
      config: { entrypoint: ['/usr/bin/kube-controllers'], user: '999' },
      from: [calico],
      entries: async () => [
        ...base,
        file('/usr/bin/kube-controllers', join(calico, 'bin/kube-controllers')),
        file('/usr/bin/check-status', join(calico, 'bin/check-status')),
        // Written to by user 999.
        ...['status', 'profiles'].map(path => ({ path, directory: true as const, owner: 999 })),
      ],
    },
    etcd: {
      reference: `registry.k8s.io/etcd:${versions.etcd}`,
      config: { entrypoint: ['/usr/local/bin/etcd'] },
      from: [etcd],
      entries: async () => [
        ...base,
        ...['etcd', 'etcdctl', 'etcdutl'].map(name => file(`/usr/local/bin/${name}`, join(etcd, name))),
      ],
    },
    'kube-apiserver': controlPlane('kube-apiserver'),
    'kube-controller-manager': controlPlane('kube-controller-manager'),
    'kube-scheduler': controlPlane('kube-scheduler'),
  }
  return imageNames.map(name => complete(name, all[name]))
}

/** What is only there when it was asked for; `services` is the folder that `ensureServices` makes. */
export function describeExtraImages(services: string, wanted: readonly Extra[]): Image<string>[] {
  const program = (reference: string, name: string): Description => ({
    reference,
    config: { entrypoint: [`/${name}`] },
    from: [services],
    entries: async () => [...base, file(`/${name}`, join(services, 'bin', name))],
  })
  const all: Record<Extra, Record<string, Description>> = {
    ingress: { traefik: program(`docker.io/library/traefik:${traefikVersion}`, 'traefik') },
    'load-balancer': {
      'metallb-controller': program(`quay.io/metallb/controller:${metallbVersion}`, 'controller'),
      'metallb-speaker': program(`quay.io/metallb/speaker:${metallbVersion}`, 'speaker'),
    },
  }
  return wanted.flatMap(extra => Object.entries(all[extra]).map(([name, one]) => complete(name, one)))
}

async function calicoNode(calico: string, unpacked: string): Promise<TarEntry[]> {
  const supervision = ['runsv', 'runsvdir', 'sv', 'svlogd', 'chpst'].map(name => `/usr/bin/${name}`)
  const routing = ['bird', 'bird6', 'birdc'].map(name => `/usr/sbin/${name}`)
  const programs = [...supervision, ...routing]
  return merge(
    base.filter(({ path }) => path !== 'etc/nsswitch.conf'), // Calico has its own
    [file('/usr/bin/calico-node', join(calico, 'bin/calico-node'))],
    programs.map(path => file(path, join(unpacked, path))),
    // The liveness probe calls birdcl by this path; Debian's birdc takes the same arguments.
    [link('/usr/bin/birdcl', '../sbin/birdc')],
    folder('/etc', join(calico, 'node/etc'), path => path.endsWith('/run') || path.endsWith('/rc.local')),
    folder('/usr/sbin', join(calico, 'node/usr/sbin'), () => true),
    await networkTools(),
    await libraries(programs.map(path => join(unpacked, path))),
    await busybox(unpacked),
  )
}
