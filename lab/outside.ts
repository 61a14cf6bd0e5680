import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { enter } from './exec.ts'
import { outsideNames, recordFile, router } from './network.ts'
import { identify, writeRecord } from './process.ts'
import { LabError } from './shell.ts'
import { type LabState, labDir } from './state.ts'

/** Starts a program beside the cluster that outlives us. Its process is recorded, and it is in the lab's cgroup. */
async function startDaemon(
  lab: LabState,
  place: string,
  name: string,
  argv: readonly string[],
): Promise<void> {
  // Without the part that ends a command together with us.
  const entered = await enter(lab, place, argv)
  const [file = '', ...args] = entered.slice(entered.indexOf('sh'))
  const log = openSync(join(labDir(lab.name), 'log', `${name}.log`), 'a')
  const child = spawn(file, args, { detached: true, stdio: ['ignore', log, log] })
  closeSync(log)
  await once(child, 'spawn')
  const id = identify(child.pid ?? 0)
  if (!id)
    throw new LabError(`${name} ended at once`, {
      hint: `see ${join(labDir(lab.name), 'log', `${name}.log`)}`,
    })
  await writeRecord(recordFile(lab.name, `${place}-${name}`), id)
  child.unref()
}

/** A server of both families behind the router, for egress. It answers with the client's address. */
export async function startServers(lab: LabState): Promise<void> {
  await startDaemon(lab, 'internet', 'probe', [join(lab.bin, 'probe'), 'serve', '--port', '8080'])
}

/** Seconds. Far shorter than anybody would have it, so that what runs out is seen to. */
const routerLifetime = 30
const addressLifetime = 120

/** radvd on the router: it is where nodes that listen get their IPv6 default route from, and their address, if asked for. */
export async function startAdvertising(lab: LabState, radvd: string): Promise<void> {
  const file = join(labDir(lab.name), 'radvd.conf')
  await writeFile(file, advertisements(lab.instance, lab.advertised))
  const pid = join(labDir(lab.name), 'radvd.pid')
  await startDaemon(lab, 'outside', 'radvd', [radvd, '-n', '-m', 'stderr', '-C', file, '-p', pid])
}

export function advertisements(instance: number, advertised: LabState['advertised']): string {
  const prefix = `  prefix fd00:89:${instance}::/64 {
    AdvOnLink on;
    AdvAutonomous on;
    AdvValidLifetime ${addressLifetime};
    AdvPreferredLifetime ${addressLifetime / 2};
  };
`
  return `interface br0 {
  AdvSendAdvert on;
  MinRtrAdvInterval 3;
  MaxRtrAdvInterval 4;
  AdvDefaultLifetime ${routerLifetime};
${advertised === 'address' ? prefix : ''}};
`
}

/** Answers for names outside the cluster, in both families; nodes name it in resolv.conf, and cluster DNS asks what they ask. */
export async function startNameServer(lab: LabState): Promise<void> {
  const file = join(labDir(lab.name), 'Corefile')
  await writeFile(file, nameServerConfiguration(lab.instance))
  await startDaemon(lab, 'outside', 'coredns', [join(lab.bin, 'coredns'), '-conf', file])
}

/** By templates, in this order: the plugin `hosts` answers what it does not know with SERVFAIL, which says nothing of a name. */
export function nameServerConfiguration(instance: number): string {
  const escaped = (name: string): string => name.replaceAll('.', '\\.')
  const names = outsideNames(instance)
  const records = Object.entries(names).flatMap(([name, addresses]) =>
    addresses.map(address => {
      const type = address.includes(':') ? 'AAAA' : 'A'
      return template(
        `IN ${type}`,
        `match "^${escaped(name)}\\.$"`,
        `answer "{{ .Name }} 60 IN ${type} ${address}"`,
        'fallthrough',
      )
    }),
  )
  const known = Object.keys(names).map(escaped).join('|')
  return `.:53 {
  errors
${records.join('\n')}
${template('ANY ANY', `match "^(${known})\\.$"`, 'rcode NOERROR', 'fallthrough')}
${template('ANY ANY', 'rcode NXDOMAIN')}
}
`
}

const template = (what: string, ...lines: readonly string[]): string =>
  `  template ${what} . {\n${lines.map(line => `    ${line}\n`).join('')}  }`

/** A real haproxy on the router in front of the API servers, as kubeadm's guide to HA has it. */
export async function startLoadBalancer(lab: LabState): Promise<void> {
  const file = join(labDir(lab.name), 'haproxy.cfg')
  const servers = lab.nodes
    .filter(node => node.role === 'control-plane')
    .map(node => `  server ${node.name} ${node.ipv4}:6443 check check-ssl verify none`)
  await writeFile(
    file,
    `global
  log stdout format raw local0 notice
defaults
  mode tcp
  log global
  timeout connect 5s
  # Watches are quiet for long.
  timeout client 4h
  timeout server 4h
frontend apiserver
  bind ${router(lab.instance).ipv4}:6443
  default_backend apiservers
backend apiservers
  balance roundrobin
  option httpchk
  http-check send meth GET uri /readyz
  http-check expect status 200
  # A check that takes long is no server that is down: on a machine with fewer processors than nodes both happen.
  timeout check 3s
  default-server inter 2s fall 3 rise 2 on-marked-down shutdown-sessions
${servers.join('\n')}
`,
  )
  await startDaemon(lab, 'outside', 'haproxy', ['haproxy', '-db', '-f', file])
}
