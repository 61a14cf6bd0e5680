import { families } from '../address/family.ts'
import { tryParseCIDR } from '../address/index.ts'
import type { Rule } from '../model/rule.ts'
import { ranges } from './example.ts'

const width = { IPv4: 32, IPv6: 128 } as const

/** The same check stands in kubeadm in every version; the API server gave it up with 1.34. */
const tooLarge: Rule<'ranges'> = {
  id: 'service-range/too-large',
  on: 'ranges',
  title: 'a service range has at most 20 host bits',
  severity: 'error',
  why: 'kubeadm refuses a larger one in every version, the API server up to 1.33.',
  source:
    'k/k:cmd/kube-apiserver/app/options/validation.go, k/k:cmd/kubeadm/app/apis/kubeadm/validation/validation.go',
  covers: ['kubernetes 1.2', 'kubernetes 6.1'],
  remedy: 'Take a service range of /112 (65,536 addresses): usual, and enough for every cluster.',
  says: [
    {
      component: 'kube-apiserver',
      line: 'specified --service-cluster-ip-range* is too large; for *-bit addresses, the mask must be >= *',
    },
  ],
  judge: ({ services }) =>
    families.flatMap(family => {
      const text = services[family]
      const range = text === undefined ? undefined : tryParseCIDR(text, { allowHostBits: true })
      if (text === undefined || range === undefined || width[range.family] - range.prefix <= 20) return []
      return [
        {
          object: 'service range',
          field: text,
          message: `/${range.prefix} leaves ${width[range.family] - range.prefix} host bits: /${width[range.family] - 20} is the largest`,
        },
      ]
    }),
  examples: {
    bad: [() => ranges({ services: { IPv4: '10.96.0.0/12', IPv6: 'fc00::4:0:0/94' } })],
    good: [() => ranges({ services: { IPv4: '10.96.0.0/12', IPv6: 'fd00:96::/108' } })],
  },
}

export const serviceRangeRules = [tooLarge] as const
