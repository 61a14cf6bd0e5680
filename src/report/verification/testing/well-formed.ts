/** Elements that HTML never closes, and what its first line is. */
const empty = /^(meta|br|!doctype)$/i

/** What is wrong with a text as XML (or as HTML written as strictly): tags that do not match, attributes without quotes, bare `&`, forbidden characters. */
export function wellFormed(text: string): readonly string[] {
  const problems: string[] = []
  const forbidden = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text)
  if (forbidden) problems.push(`forbidden character at ${forbidden.index}`)
  for (const [entity] of text.matchAll(/&(?!(?:amp|lt|gt|quot|nbsp|#39);).{0,10}/g))
    problems.push(`bare ${entity}`)
  const open: string[] = []
  // Style sheets hold no markup here; their `>` would only confuse.
  const rest = text.replaceAll(/<style>[^<]*<\/style>/g, '')
  const tag = /<(\/?)([!?a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:="[^"<]*")?)*)\s*([/?]?)>/g
  for (const [, closes, name = '', , end] of rest.matchAll(tag)) {
    if (closes === '/') {
      const last = open.pop()
      if (last !== name) problems.push(`</${name}> closes <${last ?? 'nothing'}>`)
    } else if (end === '' && !empty.test(name)) open.push(name)
  }
  const left = rest.replaceAll(tag, '')
  if (/[<]/.test(left)) problems.push(`no tag: ${/<.{0,40}/.exec(left)?.[0] ?? ''}`)
  return [...problems, ...open.map(name => `<${name}> is not closed`)]
}
