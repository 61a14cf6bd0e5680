import { parseArgs } from 'node:util'
import { once } from 'node:events'
import { extras } from './build/services.ts'
import { doctor } from './doctor.ts'
import { down, open, up } from './index.ts'
import { leftovers } from './leftovers.ts'
import { LabError } from './shell.ts'
import { advertisedChoices, labNames } from './state.ts'
import { status } from './status.ts'

const usage = `A real Kubernetes cluster on this machine, in namespaces.

  npm run lab -- up         [--name NAME] [--control-planes N] [--workers N] [--cni calico|bridge]
                            [--kubernetes 1.36] [--no-workload] [--with ingress,load-balancer]
                            [--router-advertisements route|address]
  npm run lab -- down       [--name NAME | --all]
  npm run lab -- status     [--name NAME]
  npm run lab -- shell NODE [--name NAME]
  npm run lab -- exec NODE  [--name NAME] -- COMMAND...
  npm run lab -- reboot NODE [--name NAME]    power off without warning, and on again
  npm run lab -- doctor                       what this machine lacks
  npm run lab -- leftovers                    what no lab owns and a lab has made

NAME is lab, if not given. NODE is n1, n2, ..., or outside (the router), or internet (a machine behind it).`

const split = process.argv.indexOf('--', 2)
const command = split < 0 ? [] : process.argv.slice(split + 1)

function parse() {
  try {
    return parseArgs({
      args: process.argv.slice(2, split < 0 ? undefined : split),
      allowPositionals: true,
      allowNegative: true,
      options: {
        name: { type: 'string' },
        all: { type: 'boolean' },
        'control-planes': { type: 'string', default: '1' },
        workers: { type: 'string', default: '1' },
        kubernetes: { type: 'string', default: '1.36' },
        cni: { type: 'string', default: 'calico' },
        workload: { type: 'boolean', default: true },
        with: { type: 'string' },
        'router-advertisements': { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    })
  } catch (error) {
    throw new LabError((error as Error).message, { hint: 'npm run lab -- --help' })
  }
}

const say = (line: string): void => void process.stderr.write(`${line}\n`)
const print = (text: string): void => void process.stdout.write(text.endsWith('\n') ? text : `${text}\n`)

function count(option: string, text: string): number {
  if (/^\d{1,2}$/.test(text)) return Number(text)
  throw new LabError(`--${option} ${text}: not a number of nodes`)
}

function oneOf<const T extends string>(option: string, text: string, all: readonly T[]): T {
  if ((all as readonly string[]).includes(text)) return text as T
  throw new LabError(`--${option} ${text}: must be one of ${all.join(', ')}`)
}

async function main(): Promise<number> {
  const { values, positionals } = parse()
  const [word, place] = positionals
  const name = values.name ?? 'lab'
  const needPlace = (): string => {
    if (place !== undefined) return place
    throw new LabError(`${word}: which node?`, { hint: `npm run lab -- ${word} n1` })
  }
  if (values.help || word === undefined) {
    print(usage)
    return word === undefined && !values.help ? 2 : 0
  }
  switch (word) {
    case 'up': {
      const lab = await up({
        name,
        controlPlanes: count('control-planes', values['control-planes']),
        workers: count('workers', values.workers),
        kubernetes: oneOf('kubernetes', values.kubernetes, ['1.36']),
        cni: oneOf('cni', values.cni, ['calico', 'bridge']),
        workload: values.workload,
        extras: values.with?.split(',').map(name => oneOf('with', name, extras)),
        advertised:
          values['router-advertisements'] === undefined
            ? undefined
            : oneOf('router-advertisements', values['router-advertisements'], advertisedChoices),
        log: say,
      })
      print(await status(lab))
      return 0
    }
    case 'down':
      for (const each of values.all ? await labNames() : [name]) {
        await down(each)
        say(`lab ${each} is gone`)
      }
      return 0
    case 'status': {
      const names = values.name ? [values.name] : await labNames()
      for (const each of names) print(await status(await open(each)))
      if (names.length === 0) say('no labs')
      return 0
    }
    case 'exec':
    case 'shell': {
      const lab = await open(name)
      const argv = word === 'shell' && command.length === 0 ? ['bash', '-l'] : command
      if (argv.length === 0)
        throw new LabError('exec: what?', { hint: `npm run lab -- exec ${needPlace()} -- COMMAND` })
      const child = await lab.spawn(needPlace(), argv, { stdio: 'inherit' })
      const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
      return code ?? (signal === null ? 1 : 128)
    }
    case 'reboot':
      await (await open(name)).reboot(needPlace())
      return 0
    case 'doctor': {
      const { text, ok } = await doctor()
      print(text)
      return ok ? 0 : 1
    }
    case 'leftovers': {
      const found = await leftovers()
      for (const each of found) print(each)
      return found.length > 0 ? 1 : 0
    }
    default:
      throw new LabError(`${word}: no such command`, { hint: 'npm run lab -- --help' })
  }
}

try {
  process.exitCode = await main()
} catch (error) {
  if (!(error instanceof Error)) throw error
  say(error instanceof LabError ? error.message : (error.stack ?? error.message))
  if (error instanceof LabError && error.hint) say(`  ${error.hint}`)
  process.exitCode = 1
}
