export {
  type CIDR,
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
export { addressesOf, powerOfTwo } from './count.ts'
export { firstFree, lastFree } from './free.ts'
export { familyOf, formatIP, type IP, parseIP, tryParseIP, widthOf } from './ip.ts'
export { type KindName, kindOf, kindsIn } from './kind.ts'
export { parsePair } from './pair.ts'
export { isGlobalUnicast } from './scope.ts'
export { ulaPrefix } from './ula.ts'
