import type { Diagnoses } from '../../src/model/failure.ts'
import type { Verification } from '../../src/model/verification.ts'
import type { Lab } from '../index.ts'
import { type Tool, tool } from '../test/tool.ts'
import type { Breakage, Cause, Outcome } from './breakage.ts'
import { isNamed, isSeen } from './judge.ts'
import { Site } from './site.ts'

/** So long may it take, after something was mended, until nothing of it is told any more. */
const quietWithin = 420_000
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

type Run = Tool['run']

function toolOf(lab: Lab): Run {
  const asked = tool(lab, 'ssh')
  return (...args) => asked.run(...args)
}

export interface Running {
  /** Wait until nothing of it is told any more and all traffic passes, instead of forgetting what the nodes have noted of it. */
  readonly untilQuiet: boolean
  readonly say: (line: string) => void
  readonly onOutcome: (outcome: Outcome) => void
  /** It could not be broken, or not be mended. */
  readonly onFailed: (breakage: Breakage, error: unknown) => void
}

/** One after the other; in between the tool itself takes the cluster to where the next one wants it. */
export async function runAll(lab: Lab, breakages: readonly Breakage[], running: Running): Promise<void> {
  const run = toolOf(lab)
  let now = await baseOf(lab)
  for (const breakage of breakages) {
    if (breakage.base !== now) {
      const verb = breakage.base === 'dual' ? 'apply' : 'rollback'
      const { code, stdout, stderr } = await run(verb, '--yes')
      if (code !== 0) throw new Error(`${verb} ended with ${code}\n${stdout}\n${stderr}`)
      now = breakage.base
      running.say(`${verb}: done`)
    }
    running.say(`${new Date().toISOString()} ${breakage.id}: ${breakage.title}`)
    try {
      running.onOutcome(await runBreakage(lab, breakage, running))
    } catch (error) {
      running.onFailed(breakage, error)
    }
  }
}

async function baseOf(lab: Lab): Promise<Breakage['base']> {
  const command = await lab.kubectl(
    '-n',
    'kube-system',
    'get',
    'pod',
    '-l',
    'component=kube-apiserver',
    '-o',
    'jsonpath={.items[0].spec.containers[0].command}',
  )
  return /--service-cluster-ip-range=[^"]*,/.test(command) ? 'dual' : 'single'
}

/** Breaks it, asks both commands, and mends it. What was not mended fails here, and is not the next one's. */
async function runBreakage(
  lab: Lab,
  breakage: Breakage,
  { untilQuiet }: Pick<Running, 'untilQuiet'>,
): Promise<Outcome> {
  const began = Date.now()
  const site = new Site(lab)
  const run = toolOf(lab)
  let told: Pick<Outcome, 'verify' | 'diagnose'>
  try {
    await breakage.break(site)
    const diagnose = await diagnosed(run, breakage)
    told = { diagnose, verify: await verified(run, lab, breakage) }
  } finally {
    await site.mend()
  }
  await site.atRest()
  const after = untilQuiet ? await afterwards(run, lab, breakage) : {}
  await site.forget()
  return { id: breakage.id, ...told, ...after, seconds: Math.round((Date.now() - began) / 1000) }
}

/** When nothing of it was told any more; and what was left of it. */
async function afterwards(
  run: Run,
  lab: Lab,
  { base }: Breakage,
): Promise<Pick<Outcome, 'quietAfter' | 'left'>> {
  const quiet = await quietAfter(run)
  const traffic = await verification(run, lab, base)
  const left = [
    ...(quiet.found.length > 0 ? [`diagnose: ${quiet.found.join(', ')}`] : []),
    ...(traffic.code === 0 ? [] : [`verify: ${[...traffic.failed, traffic.says].join(', ')}`]),
  ]
  return {
    ...(quiet.found.length === 0 && { quietAfter: quiet.seconds }),
    ...(left.length > 0 && { left }),
  }
}

/** Both families once the cluster has them. */
async function verification(
  run: Run,
  lab: Lab,
  base: Breakage['base'],
): Promise<Omit<Outcome['verify'], 'seen'>> {
  const outside = [`192.0.2.10:8080`, `[2001:db8:${lab.state.instance}::10]:8080`]
  const families = base === 'dual' ? [] : ['--family', 'IPv4']
  const { code, stdout, stderr } = await run(
    'verify',
    '-o',
    'json',
    ...families,
    ...outside.flatMap(target => ['--outside', target]),
  )
  const said = parsed(stdout) as (Partial<Verification> & { code?: string; message?: string }) | undefined
  if (said?.answers === undefined)
    return { code, failed: [], says: `${said?.code ?? ''}: ${said?.message ?? stderr.trim().slice(-300)}` }
  const nodes = (said.skipped ?? [])
    .filter(({ scenario }) => scenario === 'nodes')
    .map(({ reason }) => reason)
  return { code, failed: failedOf(said.answers), ...(nodes.length > 0 && { says: nodes.join('; ') }) }
}

function failedOf(answers: Verification['answers']): readonly string[] {
  const counts = new Map<string, { failed: number; all: number }>()
  for (const { ask, outcome } of answers) {
    const key = `${ask.scenario} ${ask.family}`
    const one = counts.get(key) ?? { failed: 0, all: 0 }
    counts.set(key, { failed: one.failed + Number(outcome === 'failed'), all: one.all + 1 })
  }
  return [...counts]
    .filter(([, { failed }]) => failed > 0)
    .map(([key, { failed, all }]) => `${key}: ${failed} of ${all}`)
}

async function verified(run: Run, lab: Lab, { base, expect }: Breakage): Promise<Outcome['verify']> {
  const result = await verification(run, lab, base)
  return { ...result, seen: isSeen(expect, result) }
}

async function diagnosis(run: Run): Promise<{ readonly code: number; readonly told: Partial<Diagnoses> }> {
  const { code, stdout, stderr } = await run('diagnose', '-o', 'json')
  const told = parsed(stdout) as Partial<Diagnoses> | undefined
  if (told?.found === undefined) throw new Error(`diagnose ended with ${code}: ${stdout}${stderr}`)
  return { code, told }
}

async function diagnosed(run: Run, { expect }: Breakage): Promise<Outcome['diagnose']> {
  const { code, told } = await diagnosis(run)
  const { found = [], unknown = [] } = told
  return {
    code,
    found: found.map(causeOf),
    named: isNamed(expect, found),
    unknown: unknown.length,
  }
}

const spoken = /, (?:container log \d+|journal)$|^event of /

function causeOf({ failure, certainty, because, also }: Diagnoses['found'][number]): Cause {
  const line = because.find(({ where }) => spoken.test(where))
  const { where = '', says = '' } = line ?? because[0] ?? {}
  return {
    failure,
    ...(also !== undefined && { also }),
    certainty,
    where,
    says,
    isLine: line !== undefined,
  }
}

async function quietAfter(
  run: Run,
): Promise<{ readonly seconds: number; readonly found: readonly string[] }> {
  const began = Date.now()
  for (;;) {
    const { told } = await diagnosis(run)
    const found = [
      ...(told.found ?? []).map(({ failure }) => failure),
      ...(told.unknown ?? []).map(({ says }) => says),
    ]
    const seconds = Math.round((Date.now() - began) / 1000)
    if (found.length === 0 || seconds * 1000 > quietWithin) return { seconds, found }
    await pause(5000)
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.trim())
  } catch {
    return undefined
  }
}
