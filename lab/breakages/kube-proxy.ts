import type { Breakage } from './breakage.ts'
import type { Site } from './site.ts'

const pods = 'k8s-app=kube-proxy'

/** Another clusterCIDR in the ConfigMap, and every kube-proxy started with it. */
async function clusterCIDR(site: Site, edited: (value: string) => string): Promise<void> {
  const restart = async (): Promise<void> => site.restartPods(pods)
  site.undo(async () => {
    await restart()
    await site.rolledOut('daemonset', 'kube-proxy')
  })
  await site.editConfigMap('kube-proxy', 'config.conf', text =>
    text.replace(/^clusterCIDR: (.*)$/m, (_, value: string) => `clusterCIDR: ${edited(value)}`),
  )
  await restart()
  await site.sh('outside', 'sleep 10')
}

export const kubeProxyBreakages: readonly Breakage[] = [
  {
    id: 'kube-proxy/cluster-cidr-malformed',
    title: 'a typing error in clusterCIDR of kube-proxy',
    base: 'dual',
    howto: ['S8'],
    break: site => clusterCIDR(site, value => `${value.split(',')[0] ?? ''},fd00:244::/129`),
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-service', family: 'IPv6' },
          { scenario: 'pod-to-service', family: 'IPv4' },
        ],
      },
      diagnose: 'kube-proxy-config/cluster-cidr-malformed',
    },
  },
  {
    id: 'kube-proxy/cluster-cidr-of-other-family',
    title: 'only the new range in clusterCIDR of kube-proxy',
    base: 'single',
    howto: ['S8'],
    break: site => clusterCIDR(site, () => 'fd00:244::/56'),
    expect: {
      verify: {
        unseen:
          'the kernels of the lab have both families: kube-proxy runs, and only masquerades what comes from outside otherwise',
      },
      diagnose: 'kube-proxy-config/cluster-cidr-other-family',
    },
  },
  {
    id: 'kube-proxy/cluster-cidr-lacks-family',
    title: 'clusterCIDR of kube-proxy left as it was',
    base: 'dual',
    howto: ['S8'],
    break: site => clusterCIDR(site, value => value.split(',')[0] ?? ''),
    expect: {
      verify: { unseen: 'kube-proxy serves both families; what comes from outside is masqueraded otherwise' },
      diagnose: 'kube-proxy-config/cluster-cidr-lacks-family',
    },
  },
  {
    id: 'kube-proxy/stale',
    title: 'a kube-proxy that is older than the second address of its node',
    base: 'dual',
    howto: ['S8', 'nothing about kubelet --node-ip'],
    async break(site) {
      const { worker } = site
      const file = '/var/lib/kubelet/kubeadm-flags.env'
      const node = async (value: string, count: number): Promise<void> => {
        await site.sh(
          worker,
          `sed 's/--node-ip=[^" ]*/--node-ip=${value}/' ${file} >${file}.new; mv ${file}.new ${file}; systemctl restart kubelet`,
        )
        await site.until(
          `the worker reports ${count} addresses`,
          'outside',
          `[ "$(kubectl get node ${worker.name} -o jsonpath='{.status.addresses[?(@.type=="InternalIP")].address}' | wc -w)" = ${count} ]`,
        )
      }
      const both = `${worker.ipv4},${worker.ipv6}`
      site.undo(async () => {
        await node(both, 2)
        await site.restartPods(pods, worker)
        await site.rolledOut('daemonset', 'kube-proxy')
      })
      await node(worker.ipv4, 1)
      await site.restartPods(pods, worker)
      await site.rolledOut('daemonset', 'kube-proxy')
      await node(both, 2)
      await site.sh(worker, 'sleep 5')
    },
    expect: {
      verify: {
        unseen: 'in mode iptables NodePorts answer on every address of the node, whichever kube-proxy knows',
      },
      diagnose: 'kube-proxy/node-ips-changed',
    },
  },
]
