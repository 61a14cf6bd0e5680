import { contains, familyOf, parseCIDR, parseIP } from '../../../address/index.ts'
import type { Family } from '../../../address/family.ts'
import type { KubeObject } from '../../../model/cluster.ts'
import { hashText } from '../../../text/edits.ts'
import { getIpam, setIpamFields } from '../../../text/json-template.ts'
import { BrokenContract, contractCase } from '../case.ts'
import { collect, field, type Trial } from '../trial.ts'
import { barePod, ipsOf } from '../workload.ts'

const needs = ['calico', 'workload'] as const
const crd = 'crd.projectcalico.org/v1'
const conflist = '/etc/cni/net.d/10-calico.conflist'
const range: Readonly<Record<Family, string>> = { IPv4: '10.205.0.0/16', IPv6: 'fd00:c0de:5eed:a000::/56' }
const poolName = 'contract-second-family'

const nodeOf = ({ place }: Trial) => place.workers[0] ?? place.controlPlanes[0] ?? ''
const podOn = (trial: Trial, node: string) =>
  barePod(trial, { nodeName: node, tolerations: [{ operator: 'Exists' }] })
const familiesOf = (pod: KubeObject) => ipsOf(pod).map(text => familyOf(text))

/** A pool of the second family, open while something is done, then disabled. */
async function withPool(trial: Trial, body: () => Promise<void>): Promise<void> {
  const setDisabled = (disabled: boolean) =>
    trial.edit(`${crd}/ippools`, undefined, poolName, pool => ({
      ...pool,
      spec: { ...(pool['spec'] as object), disabled },
    }))
  const { secondary } = trial.place
  if ((await trial.api.get(`${crd}/ippools`, undefined, poolName)) === undefined)
    await trial.api.create(`${crd}/ippools`, {
      apiVersion: crd,
      kind: 'IPPool',
      metadata: { name: poolName },
      spec: {
        cidr: range[secondary],
        blockSize: secondary === 'IPv4' ? 26 : 122,
        ipipMode: 'Never',
        vxlanMode: 'Never',
        natOutgoing: true,
        nodeSelector: 'all()',
        allowedUses: ['Workload'],
        disabled: false,
      },
    })
  else await setDisabled(false)
  try {
    await body()
  } finally {
    await setDisabled(true)
  }
}

/** The CNI configuration of a node asks for both families while something is done. */
async function withAssignment(trial: Trial, node: string, body: () => Promise<void>): Promise<void> {
  const file = await trial.nodes.read(node, conflist)
  if (file === null) throw new BrokenContract(`${node}:${conflist} is not there`)
  const text = setIpamFields(file.text, { assign_ipv4: 'true', assign_ipv6: 'true' })
  await trial.nodes.write(node, { path: conflist, before: hashText(file.text), text, run: 'contract' })
  try {
    // The runtime watches the folder.
    await trial.world.clock.sleep(2000)
    await body()
  } finally {
    await trial.nodes.write(node, {
      path: conflist,
      before: hashText(text),
      text: file.text,
      run: 'contract',
    })
    await trial.world.clock.sleep(2000)
  }
}

/** Calico's address management, and who configures it. */
export const calico = [
  contractCase(
    'calico/block',
    'a pod takes its address from a pool, out of a block that its node holds',
    { needs },
    async trial => {
      const node = nodeOf(trial)
      const pod = await podOn(trial, node)
      const [address = ''] = ipsOf(pod)
      const inside = (cidr: string | undefined) =>
        cidr !== undefined && contains(parseCIDR(cidr), parseIP(address))
      const all = (resource: string) => collect(trial.api, `${crd}/${resource}`)
      const pools = await all('ippools')
      trial.holds(
        pools.some(pool => inside(field(pool, 'spec', 'cidr'))),
        `no pool holds ${address}`,
      )
      const affinity = (await all('blockaffinities')).find(one => inside(field(one, 'spec', 'cidr')))
      trial.same(
        [field(affinity, 'spec', 'node'), field(affinity, 'spec', 'state')],
        [node, 'confirmed'],
        'affinity',
      )
      const block = (await all('ipamblocks')).find(one => inside(field(one, 'spec', 'cidr')))
      const owners =
        field<readonly { secondary?: { pod?: string; namespace?: string } }[]>(block, 'spec', 'attributes') ??
        []
      const isOurs = (one: (typeof owners)[number]) =>
        one.secondary?.pod === pod.metadata.name && one.secondary.namespace === trial.namespace
      trial.holds(owners.some(isOurs), 'the block does not name the pod')
      await trial.api.delete('v1/pods', trial.namespace, pod.metadata.name)
      await trial.eventually('its address is given back', async () => {
        const now = (await all('ipamblocks')).find(one => inside(field(one, 'spec', 'cidr')))
        return !(field<typeof owners>(now, 'spec', 'attributes') ?? []).some(isOurs)
      })
    },
  ),
  contractCase(
    'calico/assignment',
    'pods get both families where the CNI configuration of their node asks for both and a pool is open; those that run keep what they have',
    { needs },
    async trial => {
      const { primary, secondary } = trial.place
      const node = nodeOf(trial)
      const old = await podOn(trial, node)
      await withPool(trial, () =>
        withAssignment(trial, node, async () => {
          const fresh = await podOn(trial, node)
          trial.same(familiesOf(fresh), [primary, secondary], 'families of a new pod')
          trial.holds(
            contains(parseCIDR(range[secondary]), parseIP(ipsOf(fresh)[1] ?? '')),
            `${ipsOf(fresh).join()} is not of the pool`,
          )
          trial.same(field(fresh, 'status', 'podIP'), ipsOf(fresh)[0], 'podIP')
          trial.same(
            familiesOf(await trial.read('v1/pods', trial.namespace, old.metadata.name)),
            [primary],
            'families of the old pod',
          )
          const [other] = trial.place.controlPlanes.filter(name => name !== node)
          if (other !== undefined)
            trial.same(familiesOf(await podOn(trial, other)), [primary], 'families on another node')
        }),
      )
      trial.same(familiesOf(await podOn(trial, node)), [primary], 'families afterwards')
    },
  ),
  contractCase('calico/pool-only', 'a pool alone gives pods nothing', { needs }, async trial => {
    await withPool(trial, async () => {
      trial.same(familiesOf(await podOn(trial, nodeOf(trial))), [trial.place.primary], 'families')
    })
  }),
  contractCase(
    'calico/no-pool',
    'where a family is asked for and no pool of it is open, no pod starts until one is',
    { needs },
    async trial => {
      const { primary, secondary } = trial.place
      await withPool(trial, async () => {})
      await withAssignment(trial, nodeOf(trial), async () => {
        const name = trial.name('stuck')
        const starting = trial.eventually('the pod is accepted', () =>
          trial.create('v1/pods', {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name },
            spec: {
              nodeName: nodeOf(trial),
              terminationGracePeriodSeconds: 1,
              tolerations: [{ operator: 'Exists' }],
              containers: [{ ...trial.place.container, name: 'main' }],
            },
          }),
        )
        await starting
        const look = () => trial.read('v1/pods', trial.namespace, name)
        await trial.stays('it has no address', async () => ipsOf(await look()).length === 0, 10)
        await withPool(trial, async () => {
          await trial.eventually(
            'it has both',
            async () => familiesOf(await look()).join() === [primary, secondary].join(),
            120,
          )
        })
      })
    },
  ),
  contractCase(
    'calico/config',
    'a calico-node that starts writes the CNI configuration of its node from the ConfigMap',
    { needs },
    async trial => {
      const node = nodeOf(trial)
      const assigned = async () =>
        getIpam((await trial.nodes.read(node, conflist))?.text ?? '')?.['assign_ipv6']
      const setConfig = (value: string | null) =>
        trial.edit('v1/configmaps', 'kube-system', 'calico-config', map => {
          const data = map['data'] as Record<string, string>
          const text = setIpamFields(data['cni_network_config'] ?? '', { assign_ipv6: value })
          return { ...map, data: { ...data, cni_network_config: text } }
        })
      const restart = async () => {
        const [agent] = (await trial.list('v1/pods', 'k8s-app=calico-node', 'kube-system')).filter(
          pod => field(pod, 'spec', 'nodeName') === node,
        )
        await trial.api.delete('v1/pods', 'kube-system', agent?.metadata.name ?? '')
      }
      const before = (await trial.nodes.read(node, conflist))?.text
      // The word is the default said aloud: no pod is made otherwise by it.
      await setConfig('false')
      try {
        await trial.stays('the file, without a start', async () => (await assigned()) === undefined, 3)
        await restart()
        await trial.eventually('the file says so', async () => (await assigned()) === 'false', 90)
      } finally {
        await setConfig(null)
        await restart()
        await trial.eventually(
          'the file is as it was',
          async () => (await trial.nodes.read(node, conflist))?.text === before,
          90,
        )
      }
    },
  ),
]
