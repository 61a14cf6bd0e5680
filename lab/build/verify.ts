import { mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder } from './cache.ts'
import { type Containerd, startContainerd } from './containerd.ts'
import { type Artifacts, ensureArtifacts } from './index.ts'
import { run } from './run.ts'
import { cloneSeed } from './seed.ts'
import { extras } from './services.ts'
import { type Minor, versions } from './versions.ts'

/** Something that each image must be able to do: the command, and what it says. */
const abilities: readonly (readonly [image: string, command: string, says: RegExp])[] = [
  ['coredns', '/coredns -version', /CoreDNS-1\./],
  ['kube-proxy', 'kube-proxy --version', /Kubernetes v1\./],
  ['kube-proxy', 'iptables-nft --version', /nf_tables/],
  ['kube-proxy', 'ip6tables-legacy --version', /legacy/],
  // Loads libxt_statistic, whose own libraries are easily forgotten.
  ['kube-proxy', 'iptables -m statistic --help', /statistic match options/],
  ['kube-proxy', 'conntrack --version', /conntrack v/],
  ['kube-proxy', 'ipset --version', /ipset v/],
  ['kube-proxy', 'nft --version', /nftables v/],
  ['kube-proxy', 'ip -V', /iproute2/],
  ['agnhost', '/agnhost --version', /version/],
  ['probe', '/bin/sh -c "probe run || echo a shell"', /a shell/],
  ['calico-cni', 'calico -v', /v3\./],
  ['calico-cni', 'calico-ipam -v', /v3\./],
  ['calico-node', '/bin/calico-node -v', /v3\./],
  ['calico-node', 'sh -c "bird --version 2>&1"', /BIRD version 1\.6/],
  ['calico-node', 'sh -c "bird6 --version 2>&1"', /BIRD version 1\.6/],
  ['calico-node', '/usr/bin/birdcl --help', /Usage/],
  ['calico-node', 'which start_runit runsvdir sv', /start_runit\n.*runsvdir\n.*sv\n/],
  [
    'calico-node',
    'head -n 1 /etc/rc.local /etc/service/available/felix/run',
    /#!\/bin\/sh\n[^]*#!\/bin\/sh\n/,
  ],
  [
    'calico-node',
    'ls /etc/calico/confd/conf.d /etc/calico/confd/templates',
    /bird\.toml[^]*bird6_ipam\.cfg\.template/,
  ],
  ['calico-kube-controllers', '/usr/bin/kube-controllers -v', /v3\./],
  ['calico-kube-controllers', '/usr/bin/check-status -v', /v3\./],
  ['traefik', '/traefik version', /Version: +v3\./],
  ['metallb-controller', '/controller --help', /log-level/],
  ['metallb-speaker', '/speaker --help', /log-level/],
  ['etcd', 'etcd --version', /etcd Version: 3\./],
  ['etcd', 'etcdutl version', /etcdutl version: 3\./],
  ['kube-apiserver', 'kube-apiserver --version', /Kubernetes v1\./],
  ['kube-controller-manager', 'kube-controller-manager --version', /Kubernetes v1\./],
  ['kube-scheduler', 'kube-scheduler --version', /Kubernetes v1\./],
]

/** `tsx lab/build/verify.ts`: are the images the ones that kubeadm asks for, and does what is in them run? */
async function main(): Promise<void> {
  const say = (line: string) => void process.stderr.write(`${line}\n`)
  for (const minor of Object.keys(versions) as Minor[]) {
    const artifacts = await ensureArtifacts({ kubernetes: minor, extras }, say)
    await askKubeadm(artifacts)
    say(`${artifacts.kubernetes}: the images are the ones that kubeadm asks for`)
    // Beside the seed, so that hard links can be made.
    const root = mkdtempSync(join(cacheFolder(), 'verify-'))
    try {
      const seed = await artifacts.seed('control-plane')
      const started = Date.now()
      cloneSeed(seed, root)
      say(`seed cloned in ${Date.now() - started} ms`)
      const containerd = await startContainerd(root)
      try {
        await checkImages(containerd, artifacts)
        for (const ability of abilities) await runContainer(containerd, artifacts, ability)
      } finally {
        await containerd.stop()
      }
    } finally {
      rmSync(root, { recursive: true, force: true })
    }
    say(`${artifacts.kubernetes}: all images are complete, and ${abilities.length} commands in them run`)
  }
}

async function askKubeadm({ bin, refs, kubernetes }: Artifacts): Promise<void> {
  const asked = await run(
    join(bin, 'kubeadm'),
    ['config', 'images', 'list', '--kubernetes-version', kubernetes],
    { attempt: 'asking kubeadm for its images' },
  )
  const there = new Set(Object.values(refs))
  const missing = asked
    .trim()
    .split('\n')
    .filter(reference => !there.has(reference))
  if (missing.length > 0) {
    throw new Error(`kubeadm ${kubernetes} wants ${missing.join(', ')}: mend the table in versions.ts`)
  }
}

async function checkImages(containerd: Containerd, { refs }: Artifacts): Promise<void> {
  const checked = (await containerd.ctr('images', 'check')).split('\n')
  for (const reference of Object.values(refs)) {
    const line = checked.find(text => text.startsWith(`${reference} `))
    if (!line || !/ complete .* true/.test(line)) throw new Error(`${reference} is not complete: ${line}`)
  }
}

async function runContainer(
  containerd: Containerd,
  { refs }: Artifacts,
  [image, command, says]: (typeof abilities)[number],
): Promise<void> {
  const [program = '', ...args] = [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, word]) => quoted ?? word ?? '',
  )
  const said = await containerd
    .ctr('run', '--rm', '--net-host', refs[image] ?? image, `verify-${process.pid}`, program, ...args)
    .catch((error: Error) => error.message) // some print their usage and end with 1
  if (!says.test(said)) throw new Error(`${image}: ${command} did not say ${says}, but: ${said}`)
}

main().catch(error => {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
  process.exitCode = 1
})
