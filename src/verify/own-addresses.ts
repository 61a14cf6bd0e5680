import { networkInterfaces } from 'node:os'

/** Addresses by which this machine asks: none of loopback, and none that is good on one link only. */
export const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap(all => all ?? [])
    .filter(({ internal, address }) => !internal && !address.startsWith('fe80:'))
    .map(({ address }) => address)
