/** A power of two for people: `65,536` as long as it can be read, `2^64` past that. */
export const powerOfTwo = (bits: number): string =>
  bits <= 32 ? (2 ** bits).toLocaleString('en-US') : `2^${bits}`

/** How many addresses such a prefix length leaves, as `powerOfTwo`; `width`: bits of an address. */
export const addressesOf = (width: number, prefix: number): string => powerOfTwo(width - prefix)
