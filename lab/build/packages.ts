import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cached, type Log } from './cache.ts'
import { run } from './run.ts'

/** On the machine itself: nodes see its /usr, and images take their tools from it. */
const wanted = [
  'ca-certificates',
  'conntrack',
  'containerd',
  'containernetworking-plugins',
  'curl',
  'dbus',
  'ethtool',
  'iproute2',
  'ipset',
  'iptables',
  'libreadline8', // of birdc
  'nftables',
  'openssh-server',
  'procps',
  'runc',
  'socat',
  'systemd',
  'util-linux',
]

/** On the machine itself too, but no image has anything of it. */
const wantedOutside = ['haproxy', 'openssh-client']

/** Unpacked only, for images: installed, bird would start to route and runit to supervise on this machine. */
const unpacked = ['bird', 'busybox-static', 'runit']

/** Installs what is missing, and starts none of it. */
export async function ensurePackages(log: Log): Promise<void> {
  const isRoot = process.getuid?.() === 0
  const installed = installedVersions()
  const missing = [...wanted, ...wantedOutside].filter(name => !installed.has(name))
  if (missing.length === 0) {
    if (isRoot) restorePolicy()
    return
  }
  const mend = `Install by hand what is missing: apt-get install --no-install-recommends ${missing.join(' ')}`
  if (!isRoot) throw new Error(`packages are missing, and only root can install them. ${mend}`)
  log(`packages: installing ${missing.join(' ')}`)
  await withoutStartingDaemons(async () => {
    const options = { env: { DEBIAN_FRONTEND: 'noninteractive' }, attempt: 'installing packages', hint: mend }
    const wait = ['-o', 'DPkg::Lock::Timeout=300']
    await run('apt-get', [...wait, 'update', '-q'], options)
    await run('apt-get', [...wait, 'install', '-q', '-y', '--no-install-recommends', ...missing], options)
  })
}

/** Package → version, of what dpkg has installed. */
function installedVersions(): Map<string, string> {
  let listed: string
  try {
    const format = '${db:Status-Status} ${Package} ${Version}\\n'
    listed = execFileSync('dpkg-query', ['-W', '-f', format], { encoding: 'utf8', maxBuffer: 64 << 20 })
  } catch (cause) {
    throw new Error('the lab needs Debian or one of its kind: dpkg-query does not run here.', { cause })
  }
  const lines = listed.matchAll(/^installed (\S+) (\S+)$/gm)
  return new Map([...lines].map(([, name = '', version = '']) => [name, version]))
}

/** What images depend on that take files of this machine: changes with an upgrade. */
export function packageVersions(): string[] {
  const installed = installedVersions()
  return [...wanted, 'libc6'].map(name => `${name} ${installed.get(name)}`)
}

const policy = '/usr/sbin/policy-rc.d'
const policyAside = `${policy}.dualstack-lab`
const ownPolicy = '#!/bin/sh\n# Of the dualstack lab, while it installs packages.\nexit 101\n'

/** Debian starts what it installs, unless this program says 101. It is there for as long as the installation takes. */
async function withoutStartingDaemons(install: () => Promise<void>): Promise<void> {
  if (existsSync(policy) && !isOwnPolicy()) renameSync(policy, policyAside)
  try {
    writeFileSync(policy, ownPolicy, { mode: 0o755 })
    await install()
  } finally {
    restorePolicy()
  }
}

/** Also what an interrupted installation left behind: this machine would never start what is installed later. */
function restorePolicy(): void {
  if (!isOwnPolicy()) return
  rmSync(policy)
  if (existsSync(policyAside)) renameSync(policyAside, policy)
}

const isOwnPolicy = (): boolean => existsSync(policy) && readFileSync(policy, 'utf8') === ownPolicy

/** A folder that looks like / with the packages of images that are only unpacked. */
export const ensureUnpacked = (log: Log): Promise<string> => unpack('unpacked', unpacked, log)

/** The same of radvd, which installed would advertise in this machine's own network at its next boot. */
export const ensureRadvd = async (log: Log): Promise<string> =>
  join(await unpack('radvd', ['radvd'], log), 'usr/sbin/radvd')

function unpack(name: string, packages: readonly string[], log: Log): Promise<string> {
  const release = readFileSync('/etc/os-release', 'utf8')
  const make = async (folder: string) => {
    const downloads = join(folder, 'downloads')
    mkdirSync(downloads)
    const options = {
      cwd: downloads,
      attempt: `downloading the packages ${packages.join(', ')}`,
      hint: 'Is there a Debian mirror in reach, and was `apt-get update` run?',
    }
    // Unsandboxed: apt's own user need not be able to enter the cache folder of this one.
    await run('apt-get', ['-q', '-o', 'APT::Sandbox::User=root', 'download', ...packages], options)
    const files = (await run('ls', [], options)).trim().split('\n')
    for (const file of files) await run('dpkg-deb', ['-x', join(downloads, file), folder], options)
    rmSync(downloads, { recursive: true })
  }
  return cached({ name, inputs: [release, ...packages], make }, log)
}
