/** A JSON value, as it stands in plans and journals. `null` stands for "absent" where a field is meant. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
