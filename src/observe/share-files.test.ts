import { expect, it } from 'vitest'
import { fileSharer } from './share-files.ts'
import { facts } from './testing.ts'

it('a file that is the same on several nodes is kept once, and every other as it was', () => {
  const share = fileSharer()
  const unit = { text: '[Service]\n', mode: 0o644, owner: '0:0' }
  const first = share(facts({ files: { '/a': { ...unit }, '/b': null }, kernel: '6.1' }))
  const second = share(facts({ files: { '/c': { ...unit }, '/d': { ...unit, mode: 0o600 } } }))
  expect(first).toEqual(facts({ files: { '/a': unit, '/b': null }, kernel: '6.1' }))
  expect(second.files['/c']).toBe(first.files['/a'])
  expect(second.files['/d']).toEqual({ ...unit, mode: 0o600 })
})
