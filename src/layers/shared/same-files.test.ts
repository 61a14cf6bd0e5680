import { expect, test } from 'vitest'
import type { NodeFile } from '../../model/cluster.ts'
import { type FileThere, onceForSame } from './same-files.ts'

const [a, b, sameAsA]: readonly NodeFile[] = [{ text: 'a' }, { text: 'b' }, { text: 'a' }]
const file = (one: NodeFile | undefined): NodeFile => one ?? { text: '' }
const there = (...files: readonly (readonly [string, NodeFile | undefined])[]): readonly FileThere[] =>
  files.map(([path, one]) => [path, file(one)])

test('the very same files at the same places are looked at once, and any others by themselves', () => {
  const asked: string[] = []
  const once = onceForSame(files => {
    const text = files.map(([path, { text: has }]) => `${path}=${has}`).join(' ')
    asked.push(text)
    return { text }
  })
  const different = [
    there(['/x', a], ['/y', b]),
    there(['/x', b], ['/y', a]),
    there(['/y', a], ['/x', b]),
    there(['/x', a]),
    there(['/y', a]),
    there(['/x', b]),
    there(),
    // A name may hold what parts them.
    there(['/x\n1 /y', a]),
  ]
  const made = different.map(once)
  expect(made.map(({ text }) => text)).toEqual([
    '/x=a /y=b',
    '/x=b /y=a',
    '/y=a /x=b',
    '/x=a',
    '/y=a',
    '/x=b',
    '',
    '/x\n1 /y=a',
  ])
  expect(asked).toHaveLength(different.length)
  for (const [index, files] of different.entries()) expect(once(files)).toBe(made[index])
  expect(asked).toHaveLength(different.length)
})

test('equal files that are not the very same are two', () => {
  const once = onceForSame(files => ({ files }))
  expect(once(there(['/x', a]))).not.toBe(once(there(['/x', sameAsA])))
})
