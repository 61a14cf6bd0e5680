import { existsSync } from 'node:fs'
import { access, constants, readFile, statfs } from 'node:fs/promises'
import { freemem } from 'node:os'
import { dirname } from 'node:path'
import { cacheFolder } from './build/cache.ts'
import { cgroupVersion } from './node/cgroup.ts'
import { run } from './shell.ts'
import { stateRoot } from './state.ts'

interface Check {
  title: string
  /** What is wrong. undefined: nothing. */
  ask(): Promise<string | undefined>
  remedy: string
  /** The lab does not run at all without it. */
  must?: true
}

/** Tries something in namespaces that go away with the command: the machine stays as it is. */
const attempt =
  (script: string, ...namespaces: string[]) =>
  async (): Promise<string | undefined> => {
    const { code, stderr } = await run(['unshare', ...namespaces, 'sh', '-ec', script], { timeoutMs: 10_000 })
    return code === 0 ? undefined : (stderr.trim().split('\n').at(-1) ?? `exit code ${code}`)
  }
const inNetwork = (script: string) => attempt(script, '--net')
const kernel = (option: string): string => `needs a kernel with ${option} (modprobe it, or another kernel)`

const checks: readonly Check[] = [
  {
    title: 'root',
    ask: async () => (process.getuid?.() === 0 ? undefined : 'this is not root'),
    remedy: 'sudo npm run lab -- …; namespaces, mounts and cgroups need it',
    must: true,
  },
  {
    title: 'Debian or one of its kind, with systemd',
    ask: async () =>
      existsSync('/usr/bin/apt-get') && existsSync('/lib/systemd/systemd')
        ? undefined
        : 'no apt-get or no systemd',
    remedy:
      'nodes run on the /usr of this machine: use Debian 12 or Ubuntu (a container or VM of it will do), apt-get install systemd',
    must: true,
  },
  {
    title: 'packages',
    ask: async () => {
      const programs = [
        'containerd',
        'runc',
        'sshd',
        'iptables',
        'nft',
        'ipset',
        'conntrack',
        'ip',
        'unshare',
        'nsenter',
        'setpriv',
      ]
      const missing: string[] = []
      for (const name of programs)
        if ((await run(['sh', '-c', `command -v ${name}`])).code !== 0) missing.push(name)
      return missing.length > 0 ? `missing: ${missing.join(', ')}` : undefined
    },
    remedy: '`npm run lab -- up` installs them, if apt-get reaches a mirror',
  },
  {
    title: 'haproxy, for several control planes',
    ask: async () => ((await run(['sh', '-c', 'command -v haproxy'])).code === 0 ? undefined : 'not found'),
    remedy: 'apt-get install --no-install-recommends haproxy',
  },
  {
    title: 'Go, to build the cluster',
    ask: async () => {
      const { code, stdout } = await run(['go', 'env', 'GOVERSION']).catch(() => ({ code: 1, stdout: '' }))
      if (code !== 0) return 'not found'
      const [major = 0, minor = 0] = stdout.trim().slice(2).split('.').map(Number)
      return major > 1 || minor >= 26 ? undefined : `${stdout.trim()} is too old`
    },
    remedy: 'Go 1.26 or newer on the PATH: https://go.dev/dl',
  },
  {
    title: 'overlay file system',
    ask: attempt(
      'd=$(mktemp -d); mount -t tmpfs x $d; cd $d; mkdir l u w m; mount -t overlay -o lowerdir=l,upperdir=u,workdir=w x m',
      '--mount',
    ),
    remedy: kernel('CONFIG_OVERLAY_FS'),
    must: true,
  },
  {
    title: 'network namespaces, veth, bridge',
    ask: inNetwork(
      'ip link add v0 type veth peer name v1; ip link add br0 type bridge; ip link set v0 master br0 up',
    ),
    remedy: kernel('CONFIG_VETH, CONFIG_BRIDGE'),
    must: true,
  },
  {
    title: 'PID, UTS, IPC, cgroup namespaces',
    ask: attempt('true', '--pid', '--fork', '--uts', '--ipc', '--cgroup'),
    remedy: kernel('CONFIG_PID_NS, CONFIG_UTS_NS, CONFIG_IPC_NS, CONFIG_CGROUPS'),
    must: true,
  },
  {
    title: 'IPv6',
    ask: inNetwork(
      'ip link add v0 type veth peer name v1; ip link set v0 up; ip address add fd00::1/64 dev v0',
    ),
    remedy: 'boot without ipv6.disable=1; the kernel needs CONFIG_IPV6',
    must: true,
  },
  {
    title: 'bridge netfilter',
    ask: async () =>
      existsSync('/proc/sys/net/bridge/bridge-nf-call-iptables') ? undefined : 'no /proc/sys/net/bridge',
    remedy: 'modprobe br_netfilter',
    must: true,
  },
  {
    title: 'nf_tables',
    ask: inNetwork(
      'nft add table inet t; nft add chain inet t c "{ type nat hook prerouting priority -110; }"; nft add rule inet t c tcp dport 1 dnat ip to 192.0.2.1:2',
    ),
    remedy: kernel('CONFIG_NF_TABLES, CONFIG_NFT_NAT'),
    must: true,
  },
  {
    title: 'iptables as kube-proxy uses it',
    ask: inNetwork(
      'for i in iptables ip6tables; do $i -t nat -A POSTROUTING -m comment --comment x -m mark --mark 1 -m statistic --mode random --probability 0.5 -j MASQUERADE; $i -A FORWARD -m conntrack --ctstate NEW -j REJECT; done',
    ),
    remedy: kernel('CONFIG_NFT_COMPAT, xt_statistic, xt_mark, xt_conntrack, xt_MASQUERADE'),
    must: true,
  },
  {
    title: 'ipset, for Calico',
    ask: inNetwork(
      'ipset create a hash:net; ipset create b hash:net family inet6; iptables -A FORWARD -m set --match-set a src -j DROP',
    ),
    remedy: kernel('CONFIG_IP_SET, CONFIG_IP_SET_HASH_NET, xt_set'),
  },
  {
    title: 'vxlan, for overlays',
    ask: inNetwork('ip link set lo up; ip link add v0 type vxlan id 1 dev lo dstport 4789'),
    remedy: kernel('CONFIG_VXLAN'),
  },
  {
    title: 'cgroup controllers',
    ask: async () => {
      const wanted = ['cpu', 'cpuset', 'memory', 'pids']
      const v2 = cgroupVersion() === 2
      const text = v2
        ? await readFile('/sys/fs/cgroup/cgroup.controllers', 'utf8')
        : (await readFile('/proc/self/cgroup', 'utf8')).replaceAll(/\d+:|:.*/g, '').replaceAll(',', ' ')
      const missing = wanted.filter(name => !text.split(/\s/).includes(name))
      if (missing.length > 0) return `missing: ${missing.join(', ')}`
      return v2 ? 'cgroup v2: the lab is written for it, and proven on v1 only' : undefined
    },
    remedy: 'mount the controllers (systemd does); on v2, tell us how it went',
  },
  {
    title: 'room for kernel settings',
    ask: async () =>
      access('/proc/sys/kernel/panic', constants.W_OK).then(
        () => undefined,
        () => '/proc/sys is read-only',
      ),
    remedy: 'in a container: run it privileged',
    must: true,
  },
  {
    title: 'disk',
    ask: async () => {
      const [state, cache] = await Promise.all(
        [existing(stateRoot()), existing(cacheFolder())].map(path => statfs(path)),
      )
      if (!state || !cache) return undefined
      if (state.type === 0x794c7630)
        return `${stateRoot()} is on an overlay, and a node's disk cannot be there`
      const free = (state.bavail * state.bsize) / 2 ** 30
      const need = existsSync(cacheFolder()) ? 5 : 15
      return free < need ? `${free.toFixed(0)} GB free, ${need} wanted` : undefined
    },
    remedy:
      'set DUALSTACK_LAB_STATE and DUALSTACK_LAB_CACHE to folders of one roomy file system (not overlay)',
    must: true,
  },
  {
    title: 'memory',
    ask: async () => {
      const text = await readFile('/proc/meminfo', 'utf8')
      const kilobytes = Number(text.match(/MemAvailable:\s+(\d+)/)?.[1] ?? freemem() / 1024)
      const free = kilobytes / 2 ** 20
      return free < 2 ? `${free.toFixed(1)} GB available, 2 wanted for 1 + 1 nodes, 3.5 for 3 + 2` : undefined
    },
    remedy: 'more memory, or fewer nodes',
  },
]

const existing = (path: string): string => (existsSync(path) ? path : existing(dirname(path)))

/** What this machine has and lacks. */
export async function doctor(): Promise<{ text: string; ok: boolean }> {
  const lines: string[] = []
  let ok = true
  for (const check of checks) {
    const wrong = await check.ask().catch(error => String(error.message ?? error))
    if (wrong === undefined) {
      lines.push(`ok       ${check.title}`)
      continue
    }
    if (check.must) ok = false
    lines.push(`${check.must ? 'missing' : 'warning'}  ${check.title}: ${wrong}`, `         ${check.remedy}`)
  }
  return { text: lines.join('\n'), ok }
}
