export {
  type CIDR,
  type CIDROptions,
  cidrOf,
  contains,
  firstAddress,
  formatCIDR,
  lastAddress,
  nthAddress,
  overlaps,
  parseCIDR,
  sameCIDR,
  size,
  subnetCount,
  subnets,
  tryParseCIDR,
} from './cidr.ts'
export { familyOf, formatIP, type IP, isMapped, parseIP, tryParseIP, widthOf } from './ip.ts'
export { parsePair } from './pair.ts'
export { isGlobalUnicast, isLinkLocal, isLoopback, isMulticast, isULA } from './scope.ts'
export { ulaPrefix } from './ula.ts'
