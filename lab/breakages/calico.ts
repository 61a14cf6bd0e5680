import type { Breakage } from './breakage.ts'
import type { Site } from './site.ts'

const pods = 'k8s-app=calico-node'

/** Variables of calico-node; '' takes one out. The roll-out begins by itself. */
async function environment(site: Site, wanted: Readonly<Record<string, string>>): Promise<void> {
  const { spec } = await site.json<{
    spec: { template: { spec: { containers: { name: string; env: { name: string; value?: string }[] }[] } } }
  }>('-n', 'kube-system', 'get', 'daemonset', 'calico-node')
  const env = spec.template.spec.containers.find(({ name }) => name === 'calico-node')?.env ?? []
  const before = Object.fromEntries(
    Object.keys(wanted).map(name => [name, env.find(one => one.name === name)?.value ?? '']),
  )
  const set = async (values: Readonly<Record<string, string>>): Promise<void> => {
    const words = Object.entries(values).map(([name, value]) =>
      value === '' ? `${name}-` : `${name}=${value}`,
    )
    await site.kubectl(
      '-n',
      'kube-system',
      'set',
      'env',
      'daemonset/calico-node',
      '-c',
      'calico-node',
      ...words,
    )
  }
  site.undo(async () => {
    await set(before)
    // A roll-out waits for a pod that cannot become ready; a person deletes it.
    await site.restartPods(pods)
    await site.rolledOut('daemonset', 'calico-node')
  })
  await set(wanted)
}

/** The CNI configuration in the ConfigMap, and calico-node started anew everywhere, which writes it to the nodes. */
async function configuration(site: Site, edited: (text: string) => string): Promise<void> {
  site.undo(async () => {
    await site.restartPods(pods)
    await site.rolledOut('daemonset', 'calico-node')
  })
  await site.editConfigMap('calico-config', 'cni_network_config', edited)
  await site.restartPods(pods)
}

const both =
  '"type": "calico-ipam",\n              "assign_ipv4": "true",\n              "assign_ipv6": "true"'
const ipam = /"type": "calico-ipam"(?:,\s*"assign_ipv[46]": "true")*/

/** A pod that is to be made, and stays without a network. */
async function newPod(site: Site): Promise<void> {
  await site.kubectl('-n', 'demo', 'delete', 'pod', '-l', 'app=single', '--wait=false')
  await site.sh('outside', 'sleep 20')
}

/** Pools of IPv6 and what Calico has noted of addresses from them. */
const removePool = async (site: Site): Promise<void> =>
  void (await site.sh(
    'outside',
    `for kind in ippools ipamblocks blockaffinities; do
       for name in $(kubectl get $kind -o jsonpath='{range .items[*]}{.metadata.name} {.spec.cidr}{"\\n"}{end}' | awk '$2 ~ /:/ { print $1 }'); do
         kubectl delete $kind "$name"
       done
     done`,
  ))

const readPool = async (site: Site): Promise<{ readonly name: string; readonly object: object }> => {
  const { items } = await site.json<{
    items: { apiVersion: string; kind: string; metadata: { name: string }; spec: { cidr: string } }[]
  }>('get', 'ippools')
  const pool = items.find(({ spec }) => spec.cidr.includes(':'))
  if (pool === undefined) throw new Error('there is no IPv6 pool')
  const { apiVersion, kind, metadata, spec } = pool
  return { name: metadata.name, object: { apiVersion, kind, metadata: { name: metadata.name }, spec } }
}

const v6 = 'IPv6' as const

export const calicoBreakages: readonly Breakage[] = [
  {
    id: 'calico/no-pool',
    title: 'assign_ipv6 in calico-config, and no IPv6 pool: the how-to without its last step',
    base: 'single',
    howto: ['S9', 'S10'],
    async break(site) {
      await configuration(site, text => text.replace(ipam, both))
      await site.rolledOut('daemonset', 'calico-node')
      await newPod(site)
    },
    expect: { verify: { ends: 'verify.no-pods' }, diagnose: 'state/no-pool-of-family' },
  },
  {
    id: 'calico/boolean',
    title: 'assign_ipv6 as true, not as the text "true"',
    base: 'single',
    howto: ['S9'],
    async break(site) {
      await configuration(site, text => text.replace(ipam, both.replaceAll('"true"', 'true')))
      await newPod(site)
    },
    expect: { verify: { ends: 'verify.no-pods' }, diagnose: 'calico-ipam/boolean' },
  },
  {
    id: 'calico/comma',
    title: 'a comma too many in the JSON of calico-config',
    base: 'single',
    howto: ['S9'],
    async break(site) {
      await configuration(site, text => text.replace(ipam, `${both},`))
      await newPod(site)
    },
    expect: { verify: { ends: 'verify.no-pods' }, diagnose: 'calico/configuration-no-json' },
  },
  {
    id: 'calico/random-pool',
    title: 'IP6=autodetect as the how-to has it, without a range: Calico makes a pool at random',
    base: 'single',
    howto: ['S10'],
    async break(site) {
      site.undo(() => removePool(site))
      await environment(site, {
        IP6: 'autodetect',
        FELIX_IPV6SUPPORT: 'true',
        CALICO_IPV6POOL_NAT_OUTGOING: 'true',
      })
      await site.rolledOut('daemonset', 'calico-node')
    },
    expect: {
      verify: { unseen: 'no pod has an address of the pool as long as none is assigned' },
      diagnose: 'state/pool-of-other-family',
    },
  },
  {
    id: 'calico/pool-deleted',
    title: 'the IPv6 pool of a converted cluster was deleted',
    base: 'dual',
    howto: ['S10'],
    async break(site) {
      const { name, object } = await readPool(site)
      site.undo(() => site.apply(object))
      await site.kubectl('delete', 'ippools', name)
      await newPod(site)
    },
    expect: { verify: { ends: 'verify.no-pods' }, diagnose: 'calico-pool/missing' },
  },
  {
    id: 'calico/no-nat',
    title: 'an IPv6 pool of private addresses without natOutgoing',
    base: 'dual',
    howto: ['S3', 'S10'],
    async break(site) {
      const { name } = await readPool(site)
      const nat = (on: boolean) => ({ spec: { natOutgoing: on } })
      await site.patch(['ippools', name], nat(false), nat(true))
      await site.sh('outside', 'sleep 5')
    },
    expect: {
      verify: { fails: [{ scenario: 'pod-to-outside', family: v6 }] },
      diagnose: 'calico-encapsulation/no-nat',
    },
  },
  {
    id: 'calico/felix-of-one-family',
    title: 'FELIX_IPV6SUPPORT=false while pods have IPv6',
    base: 'dual',
    howto: ['S10'],
    async break(site) {
      await environment(site, { FELIX_IPV6SUPPORT: 'false' })
      await site.rolledOut('daemonset', 'calico-node')
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-pod', family: v6 },
          { scenario: 'node-to-pod', family: v6 },
        ],
      },
      diagnose: 'calico-node/half-configured',
    },
  },
  {
    id: 'calico/bgp-closed',
    title: 'TCP 179 closed for IPv6 between the nodes: no session, no routes',
    base: 'dual',
    howto: ['S10'],
    async break(site) {
      const { worker } = site
      const rule = 'INPUT -p tcp -m tcp --dport 179 -j DROP'
      const out = 'OUTPUT -p tcp -m tcp --dport 179 -j DROP'
      site.undo(async () => {
        await site.restartPods(pods, worker)
        await site.rolledOut('daemonset', 'calico-node')
      })
      await site.change(worker, `ip6tables -w -I ${rule}`, `ip6tables -w -D ${rule}`)
      await site.change(worker, `ip6tables -w -I ${out}`, `ip6tables -w -D ${out}`)
      await site.restartPods(pods, worker)
      await site.rolledOut('daemonset', 'calico-node')
      // Routes of a session that was there are kept for a while (graceful restart).
      await site.until(
        'the other node has no route to the pods of the worker any more',
        site.controlPlane,
        `! ip -6 route show proto bird | grep -q 'via ${worker.ipv6}'`,
        300,
      )
    },
    expect: {
      verify: {
        fails: [
          { scenario: 'pod-to-pod', family: v6 },
          { scenario: 'node-to-pod', family: v6 },
        ],
      },
      diagnose: 'state/pod-routes-of-one-family',
    },
  },
]
