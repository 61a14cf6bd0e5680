import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { onStdin, program, realPlace } from './script.ts'
import { shells } from './testing/node.ts'

const agent = join(import.meta.dirname, 'agent')

describe.each(shells)('$name', ({ argv, there }) => {
  test.skipIf(!there).each(readdirSync(agent))('reads agent/%s', file => {
    const [shell = 'sh', ...args] = argv.slice(0, -1)
    execFileSync(shell, [...args, '-n', join(agent, file)])
  })

  test.skipIf(!there)('half a script does nothing at all', () => {
    const text = onStdin(
      program(['write'], { FRAME: 'F' }, realPlace).replace(
        'export LC_ALL PATH',
        'export LC_ALL PATH\necho started',
      ),
    )
    const [shell = 'sh', ...args] = argv
    for (const part of [0.2, 0.5, 0.9]) {
      const run = spawnSync(shell, args, { input: text.slice(0, text.length * part) })
      expect(run.stdout.toString()).toBe('')
      expect(run.status).not.toBe(0)
    }
    expect(spawnSync(shell, args, { input: text }).stdout.toString()).toContain('started')
  })

  test.skipIf(!there)('nothing in a script can read the rest of it', () => {
    const [shell = 'sh', ...args] = argv
    const run = spawnSync(shell, args, { input: onStdin('cat\necho after') })
    expect(run.stdout.toString()).toBe('after\n')
  })
})
