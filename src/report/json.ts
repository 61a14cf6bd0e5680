/** For `-o json`: stable key order as given, two spaces, one end of line. */
export const toJson = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`
