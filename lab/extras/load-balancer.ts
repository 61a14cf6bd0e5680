import { stringify } from 'yaml'
import { balancedRanges } from '../network.ts'

/** Addresses of both families on the nodes' link, told by ARP and neighbour discovery. A single-stack Service gets one of its family. */
export function addressPool(instance: number): string {
  const apiVersion = 'metallb.io/v1beta1'
  const metadata = { name: 'lab', namespace: 'metallb-system' }
  const objects = [
    { apiVersion, kind: 'IPAddressPool', metadata, spec: { addresses: balancedRanges(instance) } },
    { apiVersion, kind: 'L2Advertisement', metadata, spec: { ipAddressPools: [metadata.name] } },
  ]
  return objects.map(object => stringify(object)).join('---\n')
}
