import type { Breakage } from './breakage.ts'
import type { Site } from './site.ts'

const flagsFile = '/var/lib/kubelet/kubeadm-flags.env'

/** Other flags in kubeadm-flags.env of the worker, and its kubelet started with them. */
async function startWith(site: Site, edited: (text: string) => string): Promise<void> {
  const { worker } = site
  site.undo(() => restart(site))
  await site.edit(worker, flagsFile, edited)
  await restart(site)
}

const restart = async (site: Site): Promise<void> =>
  void (await site.sh(site.worker, 'systemctl reset-failed kubelet || :; systemctl restart kubelet'))

const nodeIP =
  (value: string) =>
  (text: string): string =>
    text.replace(/--node-ip=[^" ]*/, `--node-ip=${value}`)

/** The Node reports so many addresses of its own. */
const reports = (site: Site, count: number): Promise<void> =>
  site.until(
    `the worker reports ${count} addresses`,
    'outside',
    `[ "$(kubectl get node ${site.worker.name} -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}' | wc -w)" = ${count} ]`,
  )

export const kubeletBreakages: readonly Breakage[] = [
  {
    id: 'kubelet/no-node-ip',
    title: 'one node whose kubelet was not given its second address',
    base: 'dual',
    howto: ['nothing about kubelet --node-ip'],
    async break(site) {
      site.undo(() => reports(site, 2))
      await startWith(site, nodeIP(site.worker.ipv4))
      await reports(site, 1)
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-node', family: 'IPv6' },
          { scenario: 'node-to-node-port', family: 'IPv6' },
        ],
      },
      diagnose: 'state/node-reports-one-family',
    },
  },
  {
    id: 'kubelet/node-ip-unreadable',
    title: 'a typing error in the second address of --node-ip',
    base: 'dual',
    howto: ['nothing about kubelet --node-ip'],
    async break(site) {
      site.undo(() => reports(site, 2))
      await startWith(site, nodeIP(`${site.worker.ipv4},fd00::zz`))
      await reports(site, 1)
    },
    expect: {
      verify: { fails: [{ scenario: 'pod-to-node', family: 'IPv6' }] },
      diagnose: 'kubelet-flags/node-ip-unreadable',
    },
  },
  {
    id: 'kubelet/node-ip-of-another',
    title: 'a second address in --node-ip that the node does not have',
    base: 'dual',
    howto: ['nothing about kubelet --node-ip'],
    async break(site) {
      await startWith(site, nodeIP(`${site.worker.ipv4},${site.worker.ipv6}99`))
      await site.sh(site.worker, 'sleep 15')
    },
    expect: {
      verify: { unseen: 'the kubelet refuses the address and the Node keeps those that it had' },
      diagnose: 'node-state/address-not-there',
    },
  },
  {
    id: 'kubelet/unknown-flag',
    title: 'a misspelt flag in kubeadm-flags.env',
    base: 'dual',
    howto: ['S12'],
    async break(site) {
      site.undo(() =>
        site.until(
          'the worker is ready',
          'outside',
          `kubectl wait --for=condition=Ready node/${site.worker.name} --timeout=5s`,
        ),
      )
      await startWith(site, text => text.replace('--node-ip=', '--node-ips='))
      await site.until(
        'the worker is not ready',
        'outside',
        `kubectl wait --for=condition=Ready=Unknown node/${site.worker.name} --timeout=5s`,
      )
    },
    expect: {
      verify: { node: 'n2' },
      diagnose: 'api-server/removed-flag',
    },
  },
]
