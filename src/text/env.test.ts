import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { RefusedError } from '../base/errors.ts'
import { readEnvFlags, setEnvFlag } from './env.ts'

const kubeadm = 'KUBELET_KUBEADM_ARGS'
const extra = 'KUBELET_EXTRA_ARGS'
const pair = '10.0.0.1,fd00::1'

describe('readEnvFlags', () => {
  it.each([
    [`${kubeadm}="--a=b --c=d"\n`, { a: 'b', c: 'd' }],
    [`${kubeadm}='--a=b --c=d'`, { a: 'b', c: 'd' }],
    [`${kubeadm}=--a=b --c=d  \r\n`, { a: 'b', c: 'd' }],
    [`  ${kubeadm}="--a b --on --c=d --off"`, { a: 'b', on: 'true', c: 'd', off: 'true' }],
    [`${kubeadm}="--a_b=1 -v=2 --x="`, { 'a-b': '1', v: '2', x: '' }],
    [`${kubeadm}="--a=1 --a=2"`, { a: '2' }],
    [`${kubeadm}="--a='b c' --d=e"`, { a: 'b c', d: 'e' }],
    [`${kubeadm}=--a="b c" --d=e`, { a: 'b c', d: 'e' }],
    [`${kubeadm}=""`, {}],
    [`${kubeadm}=`, {}],
    [`# ${kubeadm}=--a=b\nOTHER=1\n`, undefined],
    [`OTHER_${kubeadm}=--a=b\n`, undefined],
    ['', undefined],
  ])('reads %j', (text, flags) => expect(readEnvFlags(text, kubeadm)).toEqual(flags))
})

describe('setEnvFlag', () => {
  it.each([
    [
      'replaces a value',
      `${kubeadm}="--a=1 --node-ip=10.0.0.1 --b=2"\n`,
      `${kubeadm}="--a=1 --node-ip=${pair} --b=2"\n`,
    ],
    [
      'replaces a value of its own word',
      `${kubeadm}="--node-ip 10.0.0.1 --b=2"`,
      `${kubeadm}="--node-ip=${pair} --b=2"`,
    ],
    [
      'replaces a quoted value',
      `${kubeadm}="--node-ip='10.0.0.1' --b=2"`,
      `${kubeadm}="--node-ip=${pair} --b=2"`,
    ],
    [
      'replaces a value given twice alike',
      `${kubeadm}="--node-ip=1 --node-ip=1"`,
      `${kubeadm}="--node-ip=${pair} --node-ip=${pair}"`,
    ],
    ['adds inside double quotes', `${kubeadm}="--a=1"\n`, `${kubeadm}="--a=1 --node-ip=${pair}"\n`],
    ['adds inside single quotes', `${kubeadm}='--a=1'\r\n`, `${kubeadm}='--a=1 --node-ip=${pair}'\r\n`],
    ['adds to empty quotes', `${kubeadm}=""\n`, `${kubeadm}="--node-ip=${pair}"\n`],
    ['adds to nothing', `${kubeadm}=\n`, `${kubeadm}=--node-ip=${pair}\n`],
    [
      'quotes one bare word when it adds a second',
      `${kubeadm}=--a=1\n`,
      `${kubeadm}="--a=1 --node-ip=${pair}"\n`,
    ],
    [
      'adds to several bare words',
      `${kubeadm}=--a=1 --b=2  \n`,
      `${kubeadm}=--a=1 --b=2 --node-ip=${pair}  \n`,
    ],
    ['adds behind inner quotes', `${kubeadm}="--a='b c'"\n`, `${kubeadm}="--a='b c' --node-ip=${pair}"\n`],
    ['adds behind bare inner quotes', `${kubeadm}=--a="b c"\n`, `${kubeadm}=--a="b c" --node-ip=${pair}\n`],
    [
      'keeps other lines',
      `# c\nX=1\n${kubeadm}="--a=1"\n\nY=2`,
      `# c\nX=1\n${kubeadm}="--a=1 --node-ip=${pair}"\n\nY=2`,
    ],
    ['makes the variable in an empty file', '', `${kubeadm}="--node-ip=${pair}"\n`],
  ])('%s', (_, before, after) => expect(setEnvFlag(before, kubeadm, 'node-ip', pair)).toBe(after))

  it.each([
    [`${extra}="--a=1 --node-ip=x --b=2"`, `${extra}="--a=1 --b=2"`],
    [`${extra}="--node-ip=x --b=2"`, `${extra}="--b=2"`],
    [`${extra}="--a=1  --node-ip x"`, `${extra}="--a=1"`],
    [`${extra}="--node-ip=x --node-ip=x --b=2"`, `${extra}="--b=2"`],
    [`${extra}="--a=1 --node-ip=x --node-ip=x"`, `${extra}="--a=1"`],
    [`${extra}="--node-ip=x"\n`, `${extra}=""\n`],
    [`${extra}=--node-ip=x\n`, `${extra}=\n`],
    [`${extra}="--a=1"\n`, `${extra}="--a=1"\n`],
    ['X=1\n', 'X=1\n'],
  ])('takes a flag out of %j', (before, after) =>
    expect(setEnvFlag(before, extra, 'node-ip', null)).toBe(after),
  )

  it.each([
    ['X=1\n', `X=1\n${extra}="--node-ip=${pair}"\n`],
    ['X=1\r\nY=2', `X=1\r\nY=2\r\n${extra}="--node-ip=${pair}"`],
    ['# only this\n', `# only this\n${extra}="--node-ip=${pair}"\n`],
  ])('adds the variable to %j', (before, after) =>
    expect(setEnvFlag(before, extra, 'node-ip', pair)).toBe(after),
  )

  it.each([
    ['X=1\n', 'to hold that variable alone'],
    ['# c\n', 'to hold that variable alone'],
    [`${kubeadm}="--a=1"\n${kubeadm}="--a=2"\n`, 'line 2: KUBELET_KUBEADM_ARGS is set more than once'],
    [`export ${kubeadm}="--a=1"\n`, 'line 1: systemd does not read "export'],
    [`\n${kubeadm}="--a=1 \\\n--b=2"\n`, 'line 2: KUBELET_KUBEADM_ARGS goes on in the next line'],
    [`${kubeadm}="--a=1\n`, 'the quotes of'],
    [`${kubeadm}="--a=1" # comment\n`, 'the quotes of'],
    [`${kubeadm}="--a="b" --c"\n`, 'the quotes of'],
    [`${kubeadm}=--a=it's\n`, 'an open quote'],
    [`${kubeadm}="--a=b\\ c"\n`, 'a backslash'],
    [`${kubeadm}="--node-ip=1 --node-ip=2"`, '--node-ip is given more than once'],
    [`X=a \\\n${kubeadm}="--a=1"\n`, 'line 2: KUBELET_KUBEADM_ARGS= stands in what the line above begins'],
    [`X="\n${kubeadm}=--a=1\n"\n`, 'line 2: KUBELET_KUBEADM_ARGS= stands in what the line above begins'],
    [`# c \\\r\n${kubeadm}="--a=1"`, 'line 2: KUBELET_KUBEADM_ARGS= stands in what the line above begins'],
    [`if x; then ${kubeadm}="--a=b"; fi`, 'this form of'],
  ])('refuses %j: %s', (text, why) => {
    expect(() => setEnvFlag(text, kubeadm, 'node-ip', pair)).toThrow(RefusedError)
    expect(() => setEnvFlag(text, kubeadm, 'node-ip', pair)).toThrow(why)
  })

  it.each([
    ['X=a \\\n', 'line 2: the last line goes on'],
    ['X=a \\', 'line 1: the last line goes on'],
    ['X="a\nb\n', 'line 3: the last line goes on'],
    ['# c\n[Service]\nX=1\n', 'line 2: this is a unit or a drop-in'],
    ['Environment="X=1"\n', 'line 1: this is a unit or a drop-in'],
  ])('adds no variable to %j, where it would not be one: %s', (text, why) => {
    expect(() => setEnvFlag(text, extra, 'node-ip', pair)).toThrow(why)
  })

  it.each(["X=a'\n", 'a "word\n', 'X="a" \'\n\'\n', 'X="a\\"b"\n'])(
    'adds the variable behind %j, whose end is no open value',
    text => {
      expect(setEnvFlag(text, extra, 'node-ip', pair)).toBe(`${text}${extra}="--node-ip=${pair}"\n`)
    },
  )

  it('adds no variable to the file that kubeadm wants for itself', () => {
    expect(() => setEnvFlag(`${kubeadm}="--a=1"\n`, extra, 'node-ip', pair)).toThrow(
      'to hold that variable alone',
    )
  })

  it.each(['a b', "a'b", 'a"b', 'a\\b', '$(x)', ''])(
    'refuses the value %j, which would need quotes',
    value => {
      expect(() => setEnvFlag('', extra, 'node-ip', value)).toThrow('would need quotes')
    },
  )

  it('changes its flag and nothing else, and only in its line', () => {
    const word = fc.constantFrom('--a=1', '--b 2', '--c', "--d='x y'", '-v=3', '--node-ip=9', '--node-ip 9')
    const file = fc.record({
      before: fc.array(fc.constantFrom('# c', 'X=1', 'Y="a b"', ''), { maxLength: 3 }),
      words: fc.uniqueArray(word, { selector: found => found.slice(0, 5) }),
      quote: fc.constantFrom('', '"'),
      gap: fc.constantFrom(' ', '  '),
      after: fc.array(fc.constantFrom('# c', 'Z=1'), { maxLength: 2 }),
      eol: fc.constantFrom('\n', '\r\n'),
    })
    fc.assert(
      fc.property(file, fc.option(fc.constant(pair)), ({ before, words, quote, gap, after, eol }, value) => {
        const line = `${extra}=${quote}${words.join(gap)}${quote}`
        const text = [...before, line, ...after].join(eol)
        const result = setEnvFlag(text, extra, 'node-ip', value)
        const { 'node-ip': _, ...others } = readEnvFlags(text, extra) ?? {}
        expect(readEnvFlags(result, extra)).toEqual(value === null ? others : { ...others, 'node-ip': value })
        const lines = result.split(eol)
        lines[before.length] = line
        expect(lines.join(eol)).toBe(text)
      }),
      { numRuns: 500 },
    )
  })
})
