/** For `-o json`: stable key order as given, two spaces, one end of line. */
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`

/** For streams: one value a line. */
export const toJsonLine = (value: unknown): string => `${JSON.stringify(value)}\n`
