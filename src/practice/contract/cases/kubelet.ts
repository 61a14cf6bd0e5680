import { otherFamily } from '../../../address/family.ts'
import { familyOf, isGlobalUnicast, parseIP } from '../../../address/index.ts'
import { hashText } from '../../../text/edits.ts'
import { readEnvFlags, setEnvFlag } from '../../../text/env.ts'
import { BrokenContract, contractCase } from '../case.ts'
import { field, type Trial } from '../trial.ts'
import { ipsOf } from '../workload.ts'

const path = '/var/lib/kubelet/kubeadm-flags.env'
const variable = 'KUBELET_KUBEADM_ARGS'

const nodeOf = ({ place }: Trial) => place.workers[0] ?? place.controlPlanes[0] ?? ''
const textOf = async (trial: Trial): Promise<string> => {
  const file = await trial.nodes.read(nodeOf(trial), path)
  if (file === null) throw new BrokenContract(`${path} is not there`)
  return file.text
}
const addressesOf = async (trial: Trial): Promise<readonly string[]> => {
  const node = await trial.read('v1/nodes', undefined, nodeOf(trial))
  const addresses = field<readonly { type: string; address: string }[]>(node, 'status', 'addresses') ?? []
  return addresses.filter(({ type }) => type === 'InternalIP').map(({ address }) => address)
}
/** A permanent address of the other family on an interface of the node. */
const spareAddress = async (trial: Trial): Promise<string> => {
  const [first = ''] = await addressesOf(trial)
  const wanted = otherFamily(familyOf(first))
  const { addresses } = await trial.nodes.facts(nodeOf(trial), { network: true })
  const found = addresses.find(
    ({ interface: name, family, address, scope }) =>
      family === wanted && scope === 'global' && name !== 'lo' && isGlobalUnicast(parseIP(address)),
  )
  if (found === undefined) throw new BrokenContract(`${nodeOf(trial)} has no ${wanted} address`)
  return found.address
}

/** Starts the node's kubelet with this `--node-ip`, does something, and puts back what was there. */
async function withNodeIP(
  trial: Trial,
  value: (first: string) => string,
  body: () => Promise<void>,
): Promise<void> {
  const node = nodeOf(trial)
  const before = await textOf(trial)
  const first = readEnvFlags(before, variable)?.['node-ip'] ?? (await addressesOf(trial))[0] ?? ''
  const after = setEnvFlag(before, variable, 'node-ip', value(first))
  await trial.nodes.write(node, { path, before: hashText(before), text: after, run: 'contract' })
  try {
    await trial.nodes.restartUnit(node, 'kubelet')
    await body()
  } finally {
    await trial.nodes.write(node, { path, before: hashText(after), text: before, run: 'contract' })
    await trial.nodes.restartUnit(node, 'kubelet')
    await trial.eventually(
      'the Node reports what it reported',
      async () => (await addressesOf(trial)).join() === first,
      90,
    )
    await trial.eventually('the Node is Ready', () => isNodeReady(trial), 90)
  }
}

const isNodeReady = async (trial: Trial): Promise<boolean> =>
  (
    field<readonly { type: string; status: string }[]>(
      await trial.read('v1/nodes', undefined, nodeOf(trial)),
      'status',
      'conditions',
    ) ?? []
  ).some(({ type, status }) => type === 'Ready' && status === 'True')
const proxyOf = async (trial: Trial) => {
  const pods = await trial.list('v1/pods', 'k8s-app=kube-proxy', 'kube-system')
  return pods.find(pod => field(pod, 'spec', 'nodeName') === nodeOf(trial))
}

/** What a restarted kubelet makes of `--node-ip`. */
export const kubelet = [
  contractCase(
    'kubelet/pair',
    'with two node addresses the Node reports both, the old one first, and host-network pods get the second in place',
    {},
    async trial => {
      const second = await spareAddress(trial)
      const [first = ''] = await addressesOf(trial)
      const pod = await proxyOf(trial)
      await withNodeIP(
        trial,
        old => `${old},${second}`,
        async () => {
          await trial.eventually(
            'the Node reports both',
            async () => (await addressesOf(trial)).join() === `${first},${second}`,
          )
          await trial.eventually(
            'kube-proxy has both',
            async () => {
              const now = await proxyOf(trial)
              return (
                now !== undefined &&
                now.metadata.uid === pod?.metadata.uid &&
                ipsOf(now).join() === `${first},${second}`
              )
            },
            120,
          )
          const { kubeletArguments = [] } = await trial.nodes.facts(nodeOf(trial), { network: true })
          trial.holds(
            kubeletArguments.includes(`--node-ip=${first},${second}`),
            `arguments: ${kubeletArguments.join(' ')}`,
          )
        },
      )
    },
  ),
  contractCase(
    'kubelet/host-network-follows',
    'a host-network pod loses the second address in place when its Node has lost it',
    {},
    async trial => {
      const second = await spareAddress(trial)
      const pod = await proxyOf(trial)
      const [first = ''] = await addressesOf(trial)
      const has = async (ips: readonly string[]): Promise<boolean> => {
        const now = await proxyOf(trial)
        return now !== undefined && now.metadata.uid === pod?.metadata.uid && ipsOf(now).join() === ips.join()
      }
      await withNodeIP(
        trial,
        old => `${old},${second}`,
        async () => {
          await trial.eventually('it has both', () => has([first, second]), 120)
        },
      )
      await trial.eventually('it has one', () => has([first]), 120)
    },
  ),
  contractCase(
    'kubelet/not-here',
    'an address that the node does not have leaves the Node as it was, and Ready',
    {},
    async trial => {
      const [first = ''] = await addressesOf(trial)
      const strange = familyOf(first) === 'IPv4' ? '2001:db8::77' : '192.0.2.77'
      await withNodeIP(
        trial,
        old => `${old},${strange}`,
        async () => {
          await trial.stays('the old address', async () => (await addressesOf(trial)).join() === first, 15)
          trial.holds(await isNodeReady(trial), 'the Node is not Ready')
        },
      )
    },
  ),
  contractCase('kubelet/typo', 'a part of --node-ip that is no address is passed over', {}, async trial => {
    const [first = ''] = await addressesOf(trial)
    await withNodeIP(
      trial,
      old => `${old},fd00:x::1`,
      async () => {
        await trial.stays('the old address', async () => (await addressesOf(trial)).join() === first, 15)
        trial.holds(await isNodeReady(trial), 'the Node is not Ready')
      },
    )
  }),
  contractCase(
    'kubelet/unrestarted',
    'a kubelet that was not restarted goes on with what it had',
    {},
    async trial => {
      const node = nodeOf(trial)
      const second = await spareAddress(trial)
      const [first = ''] = await addressesOf(trial)
      const before = await textOf(trial)
      const after = setEnvFlag(before, variable, 'node-ip', `${first},${second}`)
      await trial.nodes.write(node, { path, before: hashText(before), text: after, run: 'contract' })
      try {
        await trial.stays('the old address', async () => (await addressesOf(trial)).join() === first, 15)
      } finally {
        await trial.nodes.write(node, { path, before: hashText(after), text: before, run: 'contract' })
      }
    },
  ),
]
