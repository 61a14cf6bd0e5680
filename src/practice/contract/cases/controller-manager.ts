import type { Family } from '../../../address/family.ts'
import { contractCase, type Phase } from '../case.ts'
import { argumentsOf, component, mirror, runsWith, waitingOf, withFlags } from '../static-pod.ts'
import { field, type Trial } from '../trial.ts'

const needs = ['one-control-plane'] as const
/** A pod range that no captured cluster uses, and its node mask. */
const spare: Readonly<Record<Family, readonly [cidr: string, mask: string]>> = {
  IPv4: ['10.204.0.0/16', '24'],
  IPv6: ['fd00:c0de:5eed::/56', '64'],
}
const flagFor = (family: Family) => `node-cidr-mask-size-${family.toLowerCase()}`
const second = ({ place }: Trial) => spare[place.secondary]
const services = ({ place }: Trial) => `${place.services[place.primary]},${place.services[place.secondary]}`

/** What the controller manager starts with, and what ends it. */
export const controllerManager = [
  contractCase(
    'controller-manager/pair',
    'it runs with the ranges and masks of both families, and Nodes keep the one block they have',
    { needs, phase: 'dual' },
    async trial => {
      const { pods, primary, secondary } = trial.place
      const [cidr, mask] = second(trial)
      const [node = ''] = trial.place.controlPlanes
      const blocks = async () => field(await trial.read('v1/nodes', undefined, node), 'spec', 'podCIDRs')
      const before = await blocks()
      const flags = {
        'cluster-cidr': `${pods},${cidr}`,
        'service-cluster-ip-range': services(trial),
        [flagFor(primary)]: spare[primary][1],
        [flagFor(secondary)]: mask,
      }
      await withFlags(trial, flags, async () => {
        await trial.eventually(
          'it runs with both',
          async () => {
            const now = argumentsOf(await mirror(trial, node))
            return now.includes(`--cluster-cidr=${pods},${cidr}`) && (await runsWith(trial, node, now))
          },
          120,
        )
        trial.same(await blocks(), before, 'podCIDRs')
      })
    },
  ),
  ...failures([
    [
      'second-mask',
      'a mask of the second family without a range of it',
      'single',
      ({ place }) => ({ [flagFor(place.secondary)]: spare[place.secondary][1] }),
      ({ place }) =>
        `usage of --${flagFor(place.secondary)} is not allowed for a single-stack ${place.primary} cluster`,
    ],
    [
      'one-family',
      'two ranges of one family',
      'single',
      ({ place }) => ({
        'cluster-cidr': `${place.pods},${place.primary === 'IPv4' ? '10.204.0.0/16' : 'fd00:c0de::/56'}`,
      }),
      () =>
        'len of ClusterCIDRs==2 and they are not configured as dual stack (at least one from each IPFamily',
    ],
    [
      'reversed',
      'the families the other way round',
      'dual',
      trial => ({ 'cluster-cidr': `${second(trial)[0]},${trial.place.pods}` }),
      () => 'is out the range of cluster cidr',
    ],
    [
      'old-mask',
      'the mask flag that knows no family',
      'dual',
      trial => ({ 'cluster-cidr': `${trial.place.pods},${second(trial)[0]}`, 'node-cidr-mask-size': '24' }),
      () => 'usage of --node-cidr-mask-size is not allowed with dual-stack clusters',
    ],
    [
      'unknown-flag',
      'a flag that it does not know',
      'single',
      () => ({ 'contract-flag': '1' }),
      () => 'unknown flag: --contract-flag',
    ],
  ]),
]

type Row = readonly [
  id: string,
  what: string,
  phase: Phase,
  flags: (trial: Trial) => Readonly<Record<string, string>>,
  says: (trial: Trial) => string,
]

function failures(rows: readonly Row[]) {
  return rows.map(([id, what, phase, flags, says]) =>
    contractCase(
      `controller-manager/dies-of-${id}`,
      `it ends with ${what}, says so, and its container waits to be started again`,
      { needs, phase },
      trial =>
        withFlags(trial, flags(trial), async node => {
          await trial.eventually(
            'its container waits',
            async () => waitingOf(await mirror(trial, node)) === 'CrashLoopBackOff',
            120,
          )
          const log = await trial.nodes.logs(node, { pod: `${component}-${node}` }, 60)
          trial.says(log, says(trial))
        }),
    ),
  )
}
