import { formatCIDR, parseCIDR, tryParseCIDR } from '../address/index.ts'
import { messageOf, UsageError } from '../base/errors.ts'
import type { Rule } from '../model/rule.ts'
import { ranges } from './example.ts'
import { ofRange, rangeTexts } from './range-input.ts'

const read = (text: string) => tryParseCIDR(text, { allowHostBits: true })

/** Why it cannot be read; undefined: it can. */
function fault(text: string): UsageError | undefined {
  try {
    parseCIDR(text, { allowHostBits: true })
    return undefined
  } catch (error) {
    if (error instanceof UsageError) return error
    throw error
  }
}

const malformed: Rule<'ranges'> = {
  id: 'range-text/malformed',
  on: 'ranges',
  title: 'every range is a CIDR',
  severity: 'error',
  why: 'The component that reads the flag exits at once; kubeadm refuses the field. Texts that parsers read differently (leading zeros, zones) are no better.',
  source:
    'k/k:cmd/kube-apiserver/app/options/completion.go, k/k:pkg/controller/nodeipam/node_ipam_controller.go, Go net/netip ParsePrefix',
  covers: ['kubernetes 1.1', 'kubernetes 3.1', 'kubernetes 6.1'],
  remedy: 'Write ADDRESS/LENGTH, for instance fd00:10:244::/56.',
  judge: input =>
    rangeTexts(input).flatMap(range => {
      const error = fault(range.text)
      return error === undefined ? [] : [ofRange(range, messageOf(error), error.hint)]
    }),
  examples: {
    bad: [
      () => ranges({ pods: { IPv6: 'fd00::/129' } }),
      () => ranges({ services: { IPv4: '10.096.0.0/12' } }),
      () => ranges({ services: { IPv6: ' fd00:96::/112' } }),
      () => ranges({ pods: { IPv6: 'fd00::/+56' } }),
      () => ranges({ pods: { IPv6: '' } }),
    ],
    good: [() => ranges(), () => ranges({ pods: { IPv4: '10.244.0.1/16' } })],
  },
}

const wrongFamily: Rule<'ranges'> = {
  id: 'range-text/wrong-family',
  on: 'ranges',
  title: 'every range is of the family that it stands for',
  severity: 'error',
  why: 'A pair has one range of each family, and masks and pools belong to a family.',
  source: 'k/k:cmd/kube-apiserver/app/options/validation.go, k/k:cmd/kube-controller-manager/app/core.go',
  covers: ['kubernetes 1.2', 'kubernetes 3.1'],
  remedy: 'Give one range of IPv4 and one of IPv6.',
  judge: input =>
    rangeTexts(input).flatMap(range => {
      const cidr = read(range.text)
      return cidr === undefined || cidr.family === range.family
        ? []
        : [ofRange(range, `it is ${cidr.family}, and stands for ${range.family}`)]
    }),
  examples: {
    bad: [() => ranges({ pods: { IPv4: '10.244.0.0/16', IPv6: '10.245.0.0/16' } })],
    good: [() => ranges()],
  },
}

const hostBits: Rule<'ranges'> = {
  id: 'range-text/host-bits',
  on: 'ranges',
  title: 'no bit is set after the prefix',
  severity: 'warning',
  why: 'API server and controller manager drop such bits without a word; the ServiceCIDR object and Calico’s pools refuse them, and texts are compared with each other.',
  source:
    'k/k:pkg/apis/networking/validation/validation.go, calico:libcalico-go/lib/clientv3/ippool.go, k/k:pkg/controlplane/controller/defaultservicecidr/default_servicecidr_controller.go',
  covers: ['kubernetes 1.1', 'kubernetes 2.2', 'cni 2.2'],
  remedy: 'Write the range’s own first address.',
  judge: input =>
    rangeTexts(input).flatMap(range => {
      const cidr = read(range.text)
      return cidr === undefined || tryParseCIDR(range.text) !== undefined
        ? []
        : [
            ofRange(
              range,
              `bits are set after the first ${cidr.prefix} of ${range.text}`,
              `Write ${formatCIDR(cidr)}.`,
            ),
          ]
    }),
  examples: {
    bad: [() => ranges({ pods: { IPv6: 'fd00:244::1/56' } })],
    good: [() => ranges(), () => ranges({ pods: { IPv6: 'fd00:244:0::/56' } })],
  },
}

const notCanonical: Rule<'ranges'> = {
  id: 'range-text/not-canonical',
  on: 'ranges',
  title: 'every range is written in its canonical form',
  severity: 'info',
  why: 'One range has one text then: places that name it can be compared, and the ServiceCIDR object takes no other.',
  source: 'RFC 5952, k/k:pkg/apis/networking/validation/validation.go',
  covers: ['kubernetes 2.2'],
  remedy: 'Write it in lower case, without leading zeros, the longest run of zeros as "::".',
  says: [{ component: 'kube-apiserver', line: 'must be in canonical form (*)' }],
  judge: input =>
    rangeTexts(input).flatMap(range => {
      const cidr = tryParseCIDR(range.text)
      return cidr === undefined || formatCIDR(cidr) === range.text
        ? []
        : [ofRange(range, `${range.text} is not the canonical form`, `Write ${formatCIDR(cidr)}.`)]
    }),
  examples: {
    bad: [() => ranges({ pods: { IPv6: 'FD00:0244:0::/56' } })],
    good: [() => ranges(), () => ranges({ pods: { IPv6: 'fd00:244::1/56' } })],
  },
}

/** What the texts themselves say, before anything is counted. */
export const rangeTextRules = [malformed, wrongFamily, hostBits, notCanonical] as const
