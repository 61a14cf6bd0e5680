import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseDocument } from 'yaml'
import type { KubeObject } from '../model/cluster.ts'
import { redactArguments, redactFile, redactObject } from './redact.ts'

describe('redactFile', () => {
  it.each([
    ['--service-account-max-token-expiration=24h'],
    ['--authentication-token-webhook=true'],
    ['--authentication-token-webhook-cache-ttl=2m0s'],
    ['--token-auth-file=/etc/kubernetes/tokens.csv'],
    ['--use-service-account-credentials=true'],
    ['--tls-private-key-file=/etc/kubernetes/pki/apiserver.key'],
    ['--concurrent-serviceaccount-token-syncs=5'],
    ["--image-credential-provider-config='/etc/kubernetes/c.yaml'"],
    ['"k8s_auth_token": "__SERVICEACCOUNT_TOKEN__"'],
    ['configMapAndSecretChangeDetectionStrategy: Watch'],
    ['authorization:\n  mode: Webhook\n'],
    ['- name: TOKEN\n  value: $(OTHER)\n'],
    ['image: registry.k8s.io/pause@sha256:0123456789abcdef'],
    ['http://[fd00::1]:3128/ http://proxy:3128/a@b'],
  ])('keeps %j: it is no secret', text => {
    expect(redactFile(text)).toBe(text)
  })

  it.each([
    ['--password=5m', '--password=REDACTED'],
    ['--token=-x-', '--token=REDACTED'],
    ['--client-secret "a b"', '--client-secret "REDACTED"'],
    ["--feature=a --token 'x'\n", "--feature=a --token 'REDACTED'\n"],
    ['Environment=MY_PASSWORD=abc', 'Environment=MY_PASSWORD=REDACTED'],
    ['{"token":"a\\"b","x":1}', '{"token":"REDACTED","x":1}'],
    ['{"inner":"{\\"token\\":\\"abc\\"}"}', '{"inner":"{\\"token\\":\\"REDACTED\\"}"}'],
    ['password: a # why\nnext: 1\n', 'password: REDACTED # why\nnext: 1\n'],
    ['password: |\n  a\n  b\nnext: 1\n', 'password: REDACTED\nnext: 1\n'],
    ['join abcdef.0123456789abcdef.', 'join REDACTED.'],
    ['https://u:p@h/x', 'https://u:REDACTED@h/x'],
    ['-----BEGIN EC PRIVATE KEY-----\ncut off', 'REDACTED'],
    ['key AKIAABCDEFGHIJKLMNOP', 'key REDACTED'],
  ])('of %j leaves %j', (text, expected) => {
    expect(redactFile(text)).toBe(expected)
  })

  it('is done with what it has done: a second look finds nothing', () => {
    const word = fc.constantFrom(
      'token',
      'PASSWORD',
      '=',
      ': ',
      '"',
      "'",
      '\n',
      ' ',
      '--',
      '{',
      '}',
      ',',
      'abc',
      'eyJhbGciOi.eyJhbGciOi',
      '|',
      '\\',
    )
    fc.assert(
      fc.property(fc.array(word, { maxLength: 12 }), parts => {
        const once = redactFile(parts.join(''))
        expect(redactFile(once)).toBe(once)
      }),
      { numRuns: 500, examples: [[['token', ': ', '"', '=']], [['token', ': ', '"', '=', 'abc', '\n']]] },
    )
  })

  it('takes no more than a moment for long texts of nothing but tricky characters', () => {
    for (const text of ['token', '"', '\\', "' ", 'a.', 'eyJ-', '-----BEGIN PRIVATE KEY', 'http://a:'].map(
      part => part.repeat(5000),
    )) {
      expect(redactFile(text).length, text.slice(0, 10)).toBeGreaterThan(0)
    }
  }, 60_000)
})

describe('redactObject', () => {
  it('gives the very same object when nothing is confidential', () => {
    const service: KubeObject = {
      metadata: { name: 'web', annotations: { a: '{"b": [1]}' } },
      spec: { ipFamilies: ['IPv4'], ports: [{ name: 'x', port: 1 }] },
    }
    expect(redactObject(service)).toBe(service)
  })

  it('keeps annotations that are JSON as they are written', () => {
    const text = '{ "spaced" : [ 1 ] }'
    expect(redactObject({ metadata: { name: 'a', annotations: { text } } })).toMatchObject({
      metadata: { annotations: { text } },
    })
  })
})

it('takes the value after a flag, but not the next flag', () => {
  expect(redactArguments(['--password', '--v=2', '--token', 'x', '-secret=y', 'password'])).toEqual([
    '--password',
    '--v=2',
    '--token',
    'REDACTED',
    '-secret=REDACTED',
    'password',
  ])
})

const corpus = process.env.DUALSTACK_CORPUS ?? join(import.meta.dirname, '../../../shared/corpus')
describe.skipIf(!existsSync(corpus))('real files (skipped where the corpus is not there)', () => {
  it('lose only lines that hold a token or key, and stay YAML', () => {
    const folders = readdirSync(corpus).filter(name => statSync(join(corpus, name)).isDirectory())
    const lost: string[] = []
    for (const file of folders.flatMap(folder =>
      readdirSync(join(corpus, folder)).map(name => join(corpus, folder, name)),
    )) {
      const before = readFileSync(file, 'utf8')
      const after = redactFile(before)
      const kept = new Set(after.split('\n'))
      lost.push(...before.split('\n').filter(line => !kept.has(line)))
      if (parseDocument(before, { logLevel: 'silent' }).errors.length === 0)
        expect.soft(parseDocument(after, { logLevel: 'silent' }).errors, file).toEqual([])
    }
    expect(lost.filter(line => !/token|certificateKey|Bearer|abcdef\.0123456789abcdef/i.test(line))).toEqual(
      [],
    )
  })
})
