/**
 * Looks through bytes for many words at once (Wu and Manber 1994): most bytes are never looked at, because three of them usually tell that
 * no word can end near. What it finds is only a hint: whoever asks compares the whole line.
 */
export interface Scanner {
  /** Is there a word in [from, to)? The hit's numbers are added to `found`. */
  scan(bytes: Uint8Array, from: number, to: number, found: Set<number>): void
}

const tableBits = 16
const hash = (a: number, b: number, c: number): number =>
  (Math.imul((a << 16) | (b << 8) | c, 0x9e3779b1) >>> (32 - tableBits)) & 0xffff

/** Words by number: each of printable ASCII and at least three characters. The shortest decides how far a look can skip. */
export function scannerOf(words: readonly { readonly word: string; readonly number: number }[]): Scanner {
  const width = Math.min(...words.map(({ word }) => word.length))
  if (words.length === 0 || width < 3) throw new Error('a word of at least three characters is needed')
  const shifts = new Uint8Array(1 << tableBits).fill(width - 2)
  const ends = new Map<number, { readonly bytes: Uint8Array; readonly number: number }[]>()
  for (const { word, number } of words) {
    const bytes = new TextEncoder().encode(word)
    for (let end = 2; end < width; end += 1) {
      const key = hash(bytes[end - 2] ?? 0, bytes[end - 1] ?? 0, bytes[end] ?? 0)
      shifts[key] = Math.min(shifts[key] ?? 0, width - 1 - end)
      if (end === width - 1) ends.set(key, [...(ends.get(key) ?? []), { bytes, number }])
    }
  }
  return {
    scan(bytes, from, to, found) {
      let at = from + width - 1
      while (at < to) {
        const key = hash(bytes[at - 2] ?? 0, bytes[at - 1] ?? 0, bytes[at] ?? 0)
        const shift = shifts[key] ?? 1
        if (shift > 0) {
          at += shift
          continue
        }
        for (const word of ends.get(key) ?? [])
          if (isAt(bytes, at - width + 1, to, word.bytes)) found.add(word.number)
        at += 1
      }
    },
  }
}

function isAt(bytes: Uint8Array, start: number, to: number, word: Uint8Array): boolean {
  if (start + word.length > to) return false
  for (let index = 0; index < word.length; index += 1) if (bytes[start + index] !== word[index]) return false
  return true
}

/** How often letters are in logs of Kubernetes, roughly: what stands here is common, everything else rare. */
const common = ' etaoinsrldcpu.-:/0123456789"='

/**
 * The piece of a text that a scanner should look for: without quotes, brackets and backslashes, which framings write in other ways, and as
 * rare as can be. '' when there is none of at least `least` characters.
 */
export function rarest(parts: readonly string[], least = 7, most = 14): string {
  const runs = parts.flatMap(part => part.split(/[^\w .,:/()[\]'#+-]+/)).filter(run => run.length >= least)
  let best = ''
  let bestScore = -1
  for (const run of runs)
    for (let start = 0; start + least <= run.length; start += 1) {
      const piece = run.slice(start, start + most)
      const rare = Array.from(piece).filter(letter => !common.includes(letter.toLowerCase())).length
      const score = rare * 2 + piece.length
      if (score > bestScore) [best, bestScore] = [piece, score]
    }
  return best
}
