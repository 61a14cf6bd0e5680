import { UsageError } from '../base/errors.ts'
import { type CIDR, type CIDROptions, formatCIDR, parseCIDR } from './cidr.ts'

/**
 * The value of `--cluster-cidr`, `--service-cluster-ip-range` or `networking.podSubnet`: one CIDR, or one of each family.
 * Split at the comma and not trimmed, as Kubernetes does: `a, b` is an error there too. The order is kept: the first is the primary family.
 * @throws UsageError `address.pair`, `address.cidr`
 */
export function parsePair(text: string, options: CIDROptions = {}): CIDR[] {
  const parts = text.split(',')
  if (parts.some(part => part !== part.trim()))
    throw new UsageError(
      `${JSON.stringify(text)} has a space next to a comma or at an end; Kubernetes splits at the comma and does not trim`,
      `Write ${parts.map(part => part.trim()).join(',')}.`,
      'address.pair',
    )
  const pair = parts.map(part => parseCIDR(part, options))
  const [first, second] = pair
  if (pair.length > 2)
    throw new UsageError(
      `${JSON.stringify(text)} has ${pair.length} CIDRs; one, or one of each family is wanted`,
      undefined,
      'address.pair',
    )
  if (first && second && first.family === second.family)
    throw new UsageError(
      `${formatCIDR(first)} and ${formatCIDR(second)} are both ${first.family}; one of each family is wanted`,
      undefined,
      'address.pair',
    )
  return pair
}
