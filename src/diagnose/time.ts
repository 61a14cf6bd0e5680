/** RFC 3339 in UTC of whatever form a log has; undefined for ''; as it stands where the year or the order is not known. */
export function instantOf(text: string): string | undefined {
  if (text === '') return undefined
  // `2026-11-23 07:25:35.256`, with a comma, or with a zone without colon: as RFC 3339 writes it.
  const usual = text
    .replace(/^(\d{4}-\d\d-\d\d) /, '$1T')
    .replace(',', '.')
    .replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(usual)) return text
  const isZoned = /(?:Z|[+-]\d\d:\d\d)$/.test(usual)
  const milliseconds = Date.parse(isZoned ? usual : `${usual}Z`)
  return Number.isNaN(milliseconds) ? text : new Date(milliseconds).toISOString()
}
