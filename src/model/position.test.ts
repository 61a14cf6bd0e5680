import { describe, expect, it } from 'vitest'
import { positionOf } from './position.ts'

const list = ['shop/a', 'shop/b', '/a', 'team/b', 'shop/a'].map(text => {
  const [namespace, name = ''] = text.split('/')
  return { metadata: { name, ...(namespace === '' ? {} : { namespace }) } }
})

describe('the place of an object in a list', () => {
  it('is the same for the first question and the hundredth', () => {
    for (let question = 0; question < 100; question++) {
      expect(positionOf(list, 'shop', 'a')).toBe(0)
      expect(positionOf(list, undefined, 'a')).toBe(2)
      expect(positionOf(list, 'team', 'b')).toBe(3)
      expect(positionOf(list, 'team', 'a')).toBe(-1)
      expect(positionOf(list, '', 'b')).toBe(-1)
    }
  })

  it('stays while objects are replaced by others of the same name', () => {
    const mine = [...list]
    for (let question = 0; question < 9; question++) positionOf(mine, 'team', 'b')
    mine[3] = { metadata: { name: 'b', namespace: 'team' } }
    expect(mine[positionOf(mine, 'team', 'b')]).toBe(mine[3])
  })
})
