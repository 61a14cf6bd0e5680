import { isAbsolute, join } from 'node:path'
import type { OpenedWorld, Source, WorldOptions } from '../app/source.ts'
import { checkSource, type clusterOptions, type liveOptions } from './cluster-options.ts'
import type { Context } from './context.ts'
import type { Values } from './options.ts'

/** Opens what the options name, and closes it whatever happens. */
export async function withSource<T>(
  options: Values<typeof clusterOptions>,
  context: Context,
  use: (source: Source) => Promise<T>,
  more: Pick<WorldOptions, 'nodes'> = {},
): Promise<T> {
  checkSource(options)
  const { openSource } = await import('../app/source.ts')
  const from =
    options.from === undefined ? {} : { from: options.from === '' ? '' : inFolder(context, options.from) }
  const source = await openSource({ ...worldOptions(options, context), ...more, ...from }, context.openWorld)
  try {
    return await use(source)
  } finally {
    await source.close()
  }
}

/** Seconds for which a run repeats a request while the API server is away: an exchange without a stand-in takes 40. */
const patienceOfRun = 120

/** Opens the live cluster for a command that changes it, and closes it whatever happens. */
export async function withWorld<T>(
  options: Values<typeof liveOptions>,
  context: Context,
  use: (world: OpenedWorld['world']) => Promise<T>,
  patience = patienceOfRun,
): Promise<T> {
  const open = context.openWorld ?? (await import('../app/world.ts')).openWorld
  const { world, close } = await open({ ...worldOptions(options, context), patience })
  try {
    return await use(world)
  } finally {
    await close()
  }
}

function worldOptions(options: Values<typeof liveOptions>, context: Context): WorldOptions {
  const file = (path: string | undefined) => pathOf(context, path)
  return {
    kubeconfig: file(options.kubeconfig),
    context: options.context,
    nodeAccess: options.nodeAccess,
    ssh: {
      config: file(options.sshConfig),
      user: options.sshUser,
      identity: file(options.sshIdentity),
      destination: options.sshDestination,
    },
    env: context.env,
  }
}

/** A path as the person means it who typed it. */
export const inFolder = (context: Context, path: string): string =>
  isAbsolute(path) ? path : join(context.cwd, path)

/** The same of an option that may not be given. */
export const pathOf = (context: Context, path: string | undefined): string | undefined =>
  path === undefined ? undefined : inFolder(context, path)
