import { resolve } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { layers } from '../../layers/index.ts'
import { readsOf } from '../../model/layer.ts'
import { readBundle } from '../../observe/bundle.ts'
import { practiceWorld } from '../index.ts'
import { type CaseResult, contract, runSuite } from './index.ts'

/** The suite against the practice cluster made from the bundled sample. lab/test/contract.lab.ts asks a real one the same. */
let results: readonly CaseResult[]

beforeAll(async () => {
  const sample = resolve(import.meta.dirname, '../../../samples/calico-1cp-1w')
  const world = practiceWorld(await readBundle(sample, readsOf(layers)))
  const { PRACTICE_ONLY: only = '' } = process.env
  results = await runSuite(
    world,
    contract.filter(({ id }) => only.split(',').some(prefix => id.startsWith(prefix))),
  )
}, 120_000)

test('ids are unique', () => {
  const ids = contract.map(({ id }) => id)
  expect(ids).toEqual([...new Set(ids)])
})

test.each(contract.map(({ id, title }) => [id, title]))('%s: %s', id => {
  expect(results.find(one => one.id === id)).toMatchObject({ outcome: 'held', says: '' })
})
