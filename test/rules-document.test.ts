import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, test } from 'vitest'
import { allRules } from '../src/app/rules.ts'
import { rulesDocument, rulesFor } from '../src/report/rules-document.ts'
import { notSeen } from '../src/rules/not-seen.ts'
import { chapters } from '../src/rules/places.ts'

const places = chapters.flatMap(chapter => chapter.places)
const known = new Set(places.map(({ id }) => id))

test('docs/rules.md is what `npm run docs:rules` makes of the rules', () => {
  const document = readFileSync(resolve(import.meta.dirname, '../docs/rules.md'), 'utf8')
  expect(document).toBe(rulesDocument({ rules: allRules, chapters, notSeen }))
})

test('everything that is known to matter is seen by a rule, or it is said why not', () => {
  const open = places.filter(place => rulesFor(place, allRules).length === 0 && !(place.id in notSeen))
  expect(open.map(({ id, title }) => `${id}: ${title}`)).toEqual([])
})

test('no reason is left behind of something that a rule sees', () => {
  const seen = places.filter(place => place.id in notSeen && rulesFor(place, allRules).length > 0)
  expect(seen.map(({ id }) => id)).toEqual([])
  expect(Object.keys(notSeen).filter(id => !known.has(id))).toEqual([])
})

test('rules cover places that are listed, and lists name rules that exist', () => {
  const general = new Set(['practice'])
  const strange = allRules.flatMap(({ id, covers }) =>
    covers.filter(place => !known.has(place) && !general.has(place)).map(place => `${id}: ${place}`),
  )
  expect(strange).toEqual([])
  const named = places.flatMap(place => (place.rules ?? []).map(id => ({ place: place.id, id })))
  const lost = named.filter(({ id }) => !allRules.some(rule => rule.id === id || rule.id.startsWith(id)))
  expect(lost).toEqual([])
})

test('a rule from practice stands beside one of the things that practice taught', () => {
  const listed = new Set(chapters.at(-2)?.places.flatMap(place => rulesFor(place, allRules)) ?? [])
  const stray = allRules.filter(({ id, covers }) => covers.includes('practice') && !listed.has(id))
  expect(stray.map(({ id }) => id)).toEqual([])
})
