import { hashText } from '../../../text/edits.ts'
import { contractCase, type Phase } from '../case.ts'
import { rangesIn, swapRanges } from '../phases.ts'
import { manifest } from '../place.ts'
import type { Trial } from '../trial.ts'

const nodeOf = ({ place }: Trial) => place.controlPlanes[0] ?? ''
const path = manifest('kube-apiserver')
const textOf = async (trial: Trial) => (await trial.nodes.read(nodeOf(trial), path))?.text ?? ''

const answers = (phase: Phase, isDual: boolean) =>
  contractCase(
    `api-server/answers-${phase}`,
    `asked over loopback, it is ready, and ${isDual ? 'accepts' : 'refuses'} a dual-stack Service`,
    { phase },
    async trial => {
      for (const node of trial.place.controlPlanes) {
        const { apiServer } = await trial.nodes.facts(node, { apiServer: { askDualStack: true } })
        trial.same(apiServer?.ready, true, 'ready')
        const answer = apiServer?.requireDualStack
        if (isDual) trial.same(answer, 'accepted', 'answer')
        else
          trial.says(
            typeof answer === 'object' ? answer.refused : String(answer),
            'this cluster is not configured for dual-stack services',
          )
      }
    },
  )

const wrongRanges: readonly (readonly [id: string, ranges: (trial: Trial) => string, says: string])[] = [
  [
    'no-cidr',
    ({ place }) => `${place.services[place.primary]},not-a-range`,
    'service-cluster-ip-range[1] is not an ip net',
  ],
  [
    'space',
    ({ place }) => `${place.services[place.primary]}, ${place.services[place.secondary]}`,
    'service-cluster-ip-range[1] is not an ip net',
  ],
  [
    'one-family',
    ({ place }) =>
      `${place.services[place.primary]},${place.primary === 'IPv4' ? '10.203.0.0/16' : 'fd00:c0de::/112'}`,
    '--service-cluster-ip-range[0] and --service-cluster-ip-range[1] must be of different IP family',
  ],
  [
    'reversed',
    ({ place }) => `${place.services[place.secondary]},${place.services[place.primary]}`,
    'service IP family *must match public address family *',
  ],
]

/** The API server as an instance on its node. */
export const apiServer = [
  answers('single', false),
  answers('dual', true),
  answers('returned', false),
  ...wrongRanges.map(([id, ranges, says]) =>
    contractCase(
      `api-server/refuses-${id}`,
      `a swap to ${id} ranges is undone at the proof, in the component's own words`,
      {},
      async trial => {
        const before = await textOf(trial)
        const outcome = await swapRanges(trial.world, nodeOf(trial), ranges(trial))
        trial.same([outcome.kind, outcome.kind === 'undone' && outcome.stage], ['undone', 'proof'], 'outcome')
        trial.says(outcome.kind === 'undone' ? outcome.says : '', says)
        trial.same(await textOf(trial), before, 'manifest')
      },
    ),
  ),
  contractCase('api-server/already', 'a swap to what is there already does nothing', {}, async trial => {
    trial.same(
      await swapRanges(trial.world, nodeOf(trial), rangesIn(trial.place, 'single')),
      { kind: 'already' },
      'outcome',
    )
  }),
  contractCase(
    'api-server/conflict',
    'a swap from another manifest than the one there is refused',
    {},
    async trial => {
      const before = await textOf(trial)
      const swap = trial.nodes.swapStaticPod(nodeOf(trial), {
        path,
        before: hashText('another'),
        text: before.replace('--secure-port', '--secure-port '),
        run: 'contract',
        how: 'stand-in',
        service: { address: '10.96.0.1', port: 443 },
        server: { address: '127.0.0.1', port: 6443 },
        within: 60,
      })
      const code = await swap.then(
        () => '',
        (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
      )
      trial.same([code, await textOf(trial)], ['nodes.conflict', before], 'code and manifest')
    },
  ),
]
