/**
 * A label selector as kubectl takes it: `a=b,c!=d,e in (f,g),h notin (i),j,!k`. Used only to know which objects of an older reading a
 * narrower, fresher one replaces; the API server itself does the selecting.
 * https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
 */
export function selects(
  selector: string | undefined,
  labels: Readonly<Record<string, string>> = {},
): boolean {
  return requirements(selector ?? '').every(text => holds(text, labels))
}

/** Commas inside parentheses divide values, not requirements. */
const requirements = (selector: string): string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map(text => text.trim())
    .filter(text => text !== '')

function holds(text: string, labels: Readonly<Record<string, string>>): boolean {
  const has = (key: string): boolean => Object.hasOwn(labels, key)
  const set = /^(\S+)\s+(in|notin)\s*\(([^)]*)\)$/.exec(text)
  if (set) {
    const [, key = '', operator, list = ''] = set
    const among = has(key) && list.split(',').some(value => value.trim() === labels[key])
    return operator === 'in' ? among : !among
  }
  const equality = /^([^=!\s]+)\s*(==|=|!=)\s*(.*)$/.exec(text)
  if (equality) {
    const [, key = '', operator, value] = equality
    const equal = has(key) && labels[key] === value
    return operator === '!=' ? !equal : equal
  }
  return text.startsWith('!') ? !has(text.slice(1).trim()) : has(text)
}
