export {
  type CIDR,
  cidrOf,
  contains,
  firstAddress,
  formatCIDR,
  nthAddress,
  overlaps,
  parseCIDR,
  sameCIDR,
  size,
  subnetCount,
  tryParseCIDR,
} from './cidr.ts'
export { familyOf, parseIP, tryParseIP } from './ip.ts'
export { parsePair } from './pair.ts'
export { isGlobalUnicast } from './scope.ts'
export { ulaPrefix } from './ula.ts'
