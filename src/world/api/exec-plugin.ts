import { spawn } from 'node:child_process'
import { isAbsolute, join } from 'node:path'
import { isatty } from 'node:tty'
import { UnreachableError, UsageError } from '../../base/errors.ts'
import { redactText } from '../../text/redact.ts'
import type { Credential, Credentials } from './credentials.ts'
import { type Chosen, folderOf } from './kubeconfig.ts'
import { listOf, type RawRecord, recordOf, textOf } from './record.ts'

/** Longest part of what a failing plugin prints that goes into a message. */
const shown = 300

/**
 * Credentials from a program (client.authentication.k8s.io/v1 and v1beta1), as client-go asks it: told what is wanted in
 * KUBERNETES_EXEC_INFO, cached until `expirationTimestamp`, asked again after a 401. Its stderr goes to ours when there is a terminal,
 * because that is where it says "open this page to log in".
 * @throws UnreachableError `credentials.plugin`
 */
export function execCredentials(
  chosen: Chosen,
  env: NodeJS.ProcessEnv,
): Pick<Credentials, 'current' | 'renew'> {
  const spec = recordOf(chosen.user.fields.exec)
  const what = `exec plugin of user "${chosen.userName}" in ${chosen.user.file}`
  const apiVersion = textOf(spec.apiVersion) ?? ''
  const command = textOf(spec.command)
  if (command === undefined || !/^client\.authentication\.k8s\.io\/v1(beta1)?$/.test(apiVersion)) {
    const problem = command === undefined ? 'has no command' : `has apiVersion "${apiVersion}"`
    const hint = 'It needs a command, and apiVersion client.authentication.k8s.io/v1 or v1beta1.'
    throw new UsageError(`the ${what} ${problem}`, hint, 'kubeconfig.exec')
  }
  const terminal = isatty(0)
  const interactive = terminal && textOf(spec.interactiveMode) !== 'Never'
  const info = {
    kind: 'ExecCredential',
    apiVersion,
    spec: {
      interactive,
      ...(spec.provideClusterInfo === true ? { cluster: clusterInfo(chosen.cluster.fields) } : {}),
    },
  }
  const run = (signal?: AbortSignal) =>
    runPlugin({
      command: command.includes('/') && !isAbsolute(command) ? join(folderOf(chosen.user), command) : command,
      args: listOf(spec.args).map(String),
      env: { ...env, ...variables(spec.env), KUBERNETES_EXEC_INFO: JSON.stringify(info) },
      interactive,
      terminal,
      what,
      hint: textOf(spec.installHint),
      signal,
    })

  let cached: { credential: Credential; until: number } | undefined
  let asking: Promise<void> | undefined
  return {
    async current(signal) {
      if (cached === undefined || cached.until <= Date.now()) {
        // Ten requests at once must not open ten login pages.
        asking ??= run(signal)
          .then(text => {
            cached = parseCredential(text, apiVersion, what)
          })
          .finally(() => {
            asking = undefined
          })
        await asking
      }
      return cached?.credential ?? { headers: {} }
    },
    renew() {
      cached = undefined
      return true
    },
  }
}

function clusterInfo(cluster: RawRecord): RawRecord {
  const config = listOf(cluster.extensions)
    .map(recordOf)
    .find(extension => extension.name === 'client.authentication.k8s.io/exec')?.extension
  const { server, ...rest } = cluster
  const told = [
    'tls-server-name',
    'insecure-skip-tls-verify',
    'certificate-authority-data',
    'proxy-url',
    'disable-compression',
  ]
  const fields = told.filter(field => rest[field] !== undefined).map(field => [field, rest[field]] as const)
  return { server, ...Object.fromEntries(fields), ...(config === undefined ? {} : { config }) }
}

function variables(list: unknown): NodeJS.ProcessEnv {
  const pairs = listOf(list).map(
    one => [textOf(recordOf(one).name) ?? '', textOf(recordOf(one).value) ?? ''] as const,
  )
  return Object.fromEntries(pairs.filter(([name]) => name !== ''))
}

function parseCredential(
  text: string,
  apiVersion: string,
  what: string,
): { credential: Credential; until: number } {
  let answer: RawRecord
  try {
    answer = recordOf(JSON.parse(text))
  } catch {
    // The text itself is left out: it may well be a token.
    throw pluginError(`the ${what} did not print JSON`, 'Run its command by hand.')
  }
  if (answer.apiVersion !== apiVersion) {
    const hint = 'Set the same apiVersion in the kubeconfig as the plugin gives.'
    throw pluginError(
      `the ${what} answered with apiVersion "${String(answer.apiVersion)}", not "${apiVersion}"`,
      hint,
    )
  }
  const status = recordOf(answer.status)
  const token = textOf(status.token)
  const cert = textOf(status.clientCertificateData)
  const key = textOf(status.clientKeyData)
  if ((cert === undefined) !== (key === undefined) || (token === undefined && cert === undefined)) {
    throw pluginError(
      `the ${what} gave neither a token nor a certificate with its key`,
      'Run its command by hand.',
    )
  }
  const until = textOf(status.expirationTimestamp)
  return {
    credential: {
      headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
      ...(cert === undefined ? {} : { cert, key }),
    },
    until: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until),
  }
}

interface Run {
  readonly command: string
  readonly args: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly interactive: boolean
  readonly terminal: boolean
  readonly what: string
  readonly hint: string | undefined
  readonly signal: AbortSignal | undefined
}

function runPlugin(run: Run): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(run.command, [...run.args], {
      env: run.env,
      stdio: [run.interactive ? 'inherit' : 'ignore', 'pipe', run.terminal ? 'inherit' : 'pipe'],
      signal: run.signal,
    })
    let stdout = ''
    let stderr = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk
    })
    child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk
    })
    child.once('error', error => {
      if (run.signal?.aborted) return reject(run.signal.reason as Error)
      const hint = run.hint ?? `Install ${run.command}, or put its folder into PATH.`
      reject(pluginError(`the ${run.what} cannot be started: ${error.message}`, hint, error))
    })
    child.once('close', code => {
      if (code === 0) return resolve(stdout)
      const said = redactText(stderr.trim()).slice(-shown)
      reject(
        pluginError(
          `the ${run.what} ended with ${code ?? 'a signal'}${said && `: ${said}`}`,
          'Log in again, as kubectl would ask for.',
        ),
      )
    })
  })
}

const pluginError = (message: string, hint: string, cause?: unknown) =>
  new UnreachableError(message, 'credentials.plugin', hint, cause)
