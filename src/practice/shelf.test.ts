import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KubeObject } from '../model/cluster.ts'
import { Shelf } from './shelf.ts'

const object = (name: string, version: number): KubeObject => ({
  metadata: { name, resourceVersion: String(version) },
})

test('it has what was put there last, in the order of names, however puts, takes and lists follow each other', () => {
  const name = fc.constantFrom('a', 'ab', 'b', 'c', 'c-1', 'd')
  const work = fc.array(fc.tuple(fc.constantFrom('put', 'take', 'list'), name), { maxLength: 40 })
  fc.assert(
    fc.property(work, all => {
      const shelf = new Shelf()
      const plain = new Map<string, KubeObject>()
      const inOrder = () => [...plain].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one)
      for (const [index, [how, which]] of all.entries()) {
        if (how === 'list') expect(shelf.list()).toEqual(inOrder())
        else if (how === 'take') {
          expect(shelf.take(which)).toBe(plain.get(which))
          plain.delete(which)
        } else {
          const one = object(which, index)
          expect(shelf.put(one)).toBe(plain.get(which))
          plain.set(which, one)
        }
        expect(shelf.get(which)).toBe(plain.get(which))
      }
      expect(shelf.list()).toEqual(inOrder())
    }),
  )
})

test('who goes through a list sees what was there when he asked', () => {
  const shelf = new Shelf()
  shelf.put(object('a', 1))
  const seen = shelf.list()
  shelf.put(object('b', 2))
  shelf.take('a')
  expect(seen.map(({ metadata }) => metadata.name)).toEqual(['a'])
})
