import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { expect, test } from 'vitest'

const root = resolve(import.meta.dirname, '..')
const pure = ['base', 'address', 'text', 'model', 'rules', 'layers', 'plan', 'report']
const world = ['base', 'model', 'world']

/** docs/design.md, "Rooms": what each room may import. A room may always import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  address: ['base'],
  text: ['base'],
  model: ['base', 'address', 'text'],
  rules: ['base', 'address', 'text', 'model'],
  layers: ['base', 'address', 'text', 'model', 'rules'],
  plan: ['base', 'address', 'text', 'model', 'rules', 'layers'],
  report: ['base', 'address', 'text', 'model', 'rules', 'layers', 'plan'],
  world: [...world, 'address', 'text'],
  observe: [...pure, 'world'],
  diagnose: [...pure, 'world', 'observe'],
  run: [...pure, 'world', 'observe'],
  practice: [...pure, 'world', 'observe'],
  verify: [...pure, 'world', 'observe'],
  app: [...pure, 'world', 'observe', 'run', 'diagnose', 'practice', 'verify'],
  cli: ['base', 'model', 'report', 'app'],
}

/** What a pure room may take from Node.js itself: arithmetic, never the world. */
const pureBuiltins = ['node:crypto', 'node:net']

const sources = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map(entry => join(entry.parentPath, entry.name))

const imports = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(match => match[1] ?? '')

const roomOf = (path: string): string | undefined => /^src\/([^/]+)\//.exec(relative(root, path))?.[1]

test('a room imports only the rooms that the design allows it', () => {
  const broken = sources(join(root, 'src')).flatMap(file => {
    const room = roomOf(file) ?? ''
    return imports(file)
      .filter(name => name.startsWith('.'))
      .map(name => roomOf(resolve(dirname(file), name)))
      .filter(other => other !== undefined && other !== room && !(allowed[room] ?? []).includes(other))
      .map(other => `${relative(root, file)} imports ${other}`)
  })
  expect(broken).toEqual([])
})

test('every room of src is in the table', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true }).filter(entry => entry.isDirectory())
  expect(rooms.map(room => room.name).filter(room => !(room in allowed))).toEqual([])
})

test('a pure room takes nothing from the world', () => {
  const broken = sources(join(root, 'src'))
    .filter(file => pure.includes(roomOf(file) ?? ''))
    .flatMap(file =>
      imports(file)
        .filter(name => name.startsWith('node:') && !pureBuiltins.includes(name))
        .map(name => `${relative(root, file)} imports ${name}`),
    )
  expect(broken).toEqual([])
})

/** What is loaded when a file is: types are gone by then. */
const loads = (file: string): readonly string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^(?:import|export)\s([^'"]*?)\sfrom '(\.[^']+)'/gm)]
    .filter(([, what = '']) => !/^type\s/.test(what) && !/^\{(?:\s*type\s[^,}]+,?)+\s*\}$/.test(what))
    .map(([, , path = '']) => resolve(dirname(file), path))

test('no file waits for itself to be loaded', () => {
  const done = new Set<string>()
  const circles: string[] = []
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file))
      circles.push([...way.slice(way.indexOf(file)), file].map(one => relative(root, one)).join(' → '))
    if (done.has(file)) return
    done.add(file)
    for (const other of loads(file)) visit(other, [...way, file])
  }
  for (const file of sources(join(root, 'src'))) visit(file, [])
  expect(circles).toEqual([])
})
