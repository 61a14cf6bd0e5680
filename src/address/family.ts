/** An IP family, spelled as Kubernetes spells it in `spec.ipFamilies`. */
export type Family = 'IPv4' | 'IPv6'

/** Both families, for loops. The order carries no meaning. */
export const families: readonly Family[] = ['IPv4', 'IPv6']

/** A value for each family; a family that is not there has none. */
export type PerFamily<T> = { readonly [F in Family]?: T }

/** The one that is not this one. */
export const otherFamily = (family: Family): Family => (family === 'IPv4' ? 'IPv6' : 'IPv4')
