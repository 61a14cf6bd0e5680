import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { must, run, until } from './shell.ts'

test('a command gets its input, and its output and code come back', async () => {
  expect(await run(['sh', '-c', 'cat; echo no >&2; exit 3'], { input: 'hello' })).toEqual({
    code: 3,
    stdout: 'hello',
    stderr: 'no\n',
  })
})

test('a command that is late ends with all that it has started', async () => {
  const { code, stdout, stderr } = await run(['sh', '-c', 'sleep 60 & echo $!; wait'], { timeoutMs: 200 })
  expect(code).toBe(124)
  expect(stderr).toContain('timed out after 200 ms')
  // Gone, or a zombie that nobody has asked for yet.
  const state = () => {
    try {
      return readFileSync(`/proc/${stdout.trim()}/stat`, 'utf8').split(' ')[2]
    } catch {
      return 'gone'
    }
  }
  expect(['gone', 'Z', 'X']).toContain(
    await until('it to end', 2000, async () => (state() === 'S' ? undefined : state())),
  )
})

test('a failure says what was run and what it said', async () => {
  await expect(must(['sh', '-c', 'echo broken >&2; exit 2'])).rejects.toThrow(/exited with 2: broken/)
  await expect(run(['no-such-program-here'])).rejects.toThrow(/cannot run no-such-program-here/)
})
