/**
 * The known word that a mistyped one was probably meant to be; undefined: none is near. Case, dashes and underscores do not count:
 * `node-mask` is `nodeMask`. Otherwise a third of its letters may be wrong, missing, too many or swapped with their neighbour.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '')
  const [best] = known
    .map(candidate => ({ candidate, distance: distance(plain(word), plain(candidate)) }))
    .filter(({ candidate, distance: wrong }) => wrong <= Math.max(1, Math.floor(plain(candidate).length / 3)))
    .toSorted((a, b) => a.distance - b.distance)
  return best?.candidate
}

/** Letters to change, leave out, add or swap with the next one (optimal string alignment). */
function distance(a: string, b: string): number {
  let older: readonly number[] = []
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + same,
          isSwapped ? (older[j - 2] ?? 0) + 1 : Infinity,
        ),
      )
    }
    older = row
    row = next
  }
  return row[b.length] ?? 0
}
