import { link, mkdir, readdir, symlink, writeFile, copyFile, rm, chmod, readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cloneSeed } from '../build/index.ts'
import { must } from '../shell.ts'
import { type LabState, type NodeState, labDir, nodeDir } from '../state.ts'
import { containerdConfig } from './containerd.ts'
import { enabledUnits, kubeadmDropIn, kubeletService, maskedUnits } from './systemd.ts'

const baseDir = (lab: string): string => join(labDir(lab), 'base')
export const diskDir = (lab: string, node: string): string => join(nodeDir(lab, node), 'disk')

async function put(root: string, path: string, text: string, mode = 0o644): Promise<void> {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, text, { mode })
}

/** A hard link where the file system allows it: binaries of 500 MB a lab would otherwise be copied. */
export async function linkOrCopy(from: string, to: string): Promise<void> {
  await mkdir(dirname(to), { recursive: true })
  await rm(to, { force: true })
  await link(from, to).catch(() => copyFile(from, to))
}

/**
 * What all nodes of a lab have in common, as lower layers of their /etc and /usr: the host's /etc without what
 * makes the host itself, and the packages kubelet, kubeadm, kubectl on top of the host's /usr.
 */
export async function prepareBase(lab: LabState, options: { pause: string; hosts: string }): Promise<void> {
  const base = baseDir(lab.name)
  await rm(base, { recursive: true, force: true })
  await mkdir(join(base, 'etc'), { recursive: true })
  await mkdir(join(base, 'usr/bin'), { recursive: true })
  // Its services, keys, timers and mounts are the host's, not a fresh node's.
  const not = [
    'systemd',
    'ssh/ssh_host_*',
    'cron*',
    'fstab',
    'mtab',
    'machine-id',
    'hostname',
    'hosts',
    'resolv.conf',
  ]
  const exclude = [
    ...not,
    'cni',
    'containerd',
    'kubernetes',
    'sysctl.d',
    'modules-load.d',
    'rc?.d',
    'default/kubelet',
  ]
  const args = exclude.map(path => `--exclude='./${path}'`).join(' ')
  await must(['sh', '-c', `tar -C /etc ${args} -cf - . | tar -C '${base}/etc' -xpf -`])

  for (const unit of maskedUnits) {
    await mkdir(join(base, 'etc/systemd/system'), { recursive: true })
    await symlink('/dev/null', join(base, 'etc/systemd/system', unit))
  }
  const wants = join(base, 'etc/systemd/system/multi-user.target.wants')
  await mkdir(wants, { recursive: true })
  for (const unit of enabledUnits) await symlink(`/usr/lib/systemd/system/${unit}`, join(wants, unit))

  const etc = (path: string, text: string, mode?: number): Promise<void> =>
    put(join(base, 'etc'), path, text, mode)
  // The host's kernel log is not a node's.
  await etc(
    'systemd/journald.conf.d/lab.conf',
    '[Journal]\nReadKMsg=no\nSystemMaxUse=200M\nRateLimitBurst=0\n',
  )
  await etc('systemd/system.conf.d/lab.conf', '[Manager]\nDefaultTimeoutStopSec=20s\n')
  await etc('mtab', '')
  await etc('fstab', '')
  await etc(
    'sysctl.d/99-kubernetes-cri.conf',
    'net.ipv4.ip_forward = 1\nnet.bridge.bridge-nf-call-iptables = 1\n',
  )
  await etc('default/kubelet', 'KUBELET_EXTRA_ARGS=\n')
  await etc('containerd/config.toml', containerdConfig(options.pause))
  await etc('hosts', options.hosts)
  for (const folder of ['cni/net.d', 'kubernetes/manifests'])
    await mkdir(join(base, 'etc', folder), { recursive: true })
  // Name servers behind the router; ndots and search stay pods' business.
  await etc('resolv.conf', `nameserver 10.89.${lab.instance}.1\n`)
  await rm(join(base, 'etc/mtab'))
  await symlink('../proc/self/mounts', join(base, 'etc/mtab'))

  const usr = (path: string, text: string): Promise<void> => put(join(base, 'usr'), path, text)
  await usr('lib/systemd/system/kubelet.service', kubeletService)
  await usr('lib/systemd/system/kubelet.service.d/10-kubeadm.conf', kubeadmDropIn)
  for (const name of ['kubelet', 'kubeadm', 'kubectl', 'crictl', 'probe', 'etcdctl']) {
    const from = join(lab.bin, name)
    if (existsSync(from)) await linkOrCopy(from, join(base, 'usr/bin', name))
  }
}

/** Top-level names that are links into /usr on Debian. */
const links = ['bin', 'sbin', 'lib', 'lib64']
const folders = [
  'etc',
  'usr',
  'dev',
  'proc',
  'sys',
  'run',
  'home',
  'srv',
  'mnt',
  'media',
  'opt/cni/bin',
  'var/log/journal',
]

/** A node's disk, as it is before its first boot. */
export async function prepareDisk(lab: LabState, node: NodeState, publicKey: string): Promise<void> {
  const disk = diskDir(lab.name, node.name)
  const root = join(disk, 'root')
  for (const folder of folders) await mkdir(join(root, folder), { recursive: true })
  for (const name of links) await symlink(`usr/${name}`, join(root, name))
  for (const name of ['tmp', 'var/tmp']) {
    await mkdir(join(root, name), { recursive: true })
    await chmod(join(root, name), 0o1777)
  }
  await symlink('/run', join(root, 'var/run'))
  await put(root, 'root/.ssh/authorized_keys', publicKey, 0o600)
  await chmod(join(root, 'root'), 0o700)
  await chmod(join(root, 'root/.ssh'), 0o700)
  // The package kubernetes-cni has them there.
  for (const plugin of await readdir('/usr/lib/cni')) {
    await copyFile(join('/usr/lib/cni', plugin), join(root, 'opt/cni/bin', plugin))
  }

  const base = baseDir(lab.name)
  for (const [dir, lower] of [
    ['etc', join(base, 'etc')],
    ['usr', `${join(base, 'usr')}:/usr`],
  ] as const) {
    await mkdir(join(disk, `${dir}.upper`), { recursive: true })
    await mkdir(join(disk, `${dir}.work`), { recursive: true })
    await writeFile(join(disk, `${dir}.lower`), lower)
  }
  const etc = join(disk, 'etc.upper')
  await put(disk, 'hostname', node.name)
  await put(etc, 'hostname', `${node.name}\n`)
  await put(etc, 'machine-id', `${node.machineId}\n`, 0o444)
  await mkdir(join(etc, 'ssh'), { recursive: true })
  await must([
    'ssh-keygen',
    '-q',
    '-t',
    'ed25519',
    '-N',
    '',
    '-C',
    node.name,
    '-f',
    join(etc, 'ssh/ssh_host_ed25519_key'),
  ])
}

export async function hostKey(lab: string, node: string): Promise<string> {
  return readFile(join(diskDir(lab, node), 'etc.upper/ssh/ssh_host_ed25519_key.pub'), 'utf8')
}

/** Gives a node its images; `seed` is a prepared containerd folder. */
export function seedImages(lab: LabState, node: NodeState, seed: string): void {
  cloneSeed(seed, join(diskDir(lab.name, node.name), 'root/var/lib/containerd'))
}
