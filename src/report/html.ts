import { printable } from './printable.ts'

/** Text that is HTML already. Only the tag below makes it, so that nothing from a cluster gets into a page unescaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | undefined | false | Html | readonly Part[]

/** A template of HTML or SVG: what is put in is escaped, unless it was made by this tag itself. Lists are joined, `undefined` and `false` are nothing. */
export function html(fixed: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(fixed.map((text, index) => text + shown(parts[index])).join(''))
}

function shown(part: Part): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.text
  if (Array.isArray(part)) return part.map(one => shown(one as Part)).join('')
  return escaped(printable(typeof part === 'number' ? String(part) : (part as string)))
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
/** Characters that no XML may hold, escaped or not (XML 1.0, 2.2), become the replacement character: the same tag makes JUnit files. */
const escaped = (text: string): string =>
  text
    .replaceAll(/[&<>"']/g, character => entities[character] ?? '')
    .replaceAll(/\p{Cs}|[\uFFFE\uFFFF]/gu, '\uFFFD')
