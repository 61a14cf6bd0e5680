import type { AnyRule } from '../model/rule.ts'
import { ruleThere } from './cluster-rule.ts'
import { situation } from './example.ts'
import { minorOf } from '../base/version.ts'

/** Minor versions of which something is known, and from which on dual-stack needs no gate. */
export const knownVersions = { oldest: 20, ungated: 23, newest: 37 } as const

const isGated = (version: string): boolean => {
  const minor = minorOf(version)
  return minor >= knownVersions.oldest && minor < knownVersions.ungated
}

const gated = ruleThere({
  id: 'kubernetes-version/gated',
  title: 'dual-stack is a finished part of this version',
  severity: 'error',
  why: 'Up to 1.22 dual-stack was alpha (1.20, behind the gate IPv6DualStack, off) or beta (1.21, 1.22, on). The plan turns the gate on where it is off, on every component; but no such version is run in the lab, none gets fixes any more, and before 1.21 EndpointSlices are not served as v1, so that the gates of Services see no endpoints.',
  source: 'KEP-563, website feature-gates/IPv6DualStack.md',
  covers: ['kubernetes 1.5'],
  remedy:
    'Take the cluster to 1.23 or later first. Or, knowing that: --ignore kubernetes-version/gated --i-know.',
  find: ({ cluster }) =>
    isGated(cluster.version)
      ? [
          {
            object: 'the cluster',
            field: 'version',
            message: `${cluster.version}: dual-stack is ${minorOf(cluster.version) === knownVersions.oldest ? 'alpha, and off unless the gate IPv6DualStack is on' : 'beta'} here`,
          },
        ]
      : [],
  examples: {
    bad: [() => situation({ version: 'v1.20.15' }), () => situation({ version: 'v1.22.17' })],
    good: [() => situation({ version: 'v1.23.0' }), () => situation({ version: 'v1.37.0' })],
  },
})

export const kubernetesVersionRules: readonly AnyRule[] = [gated]
