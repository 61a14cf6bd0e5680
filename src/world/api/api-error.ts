import { DualStackError, type ExitCode, exitCodes } from '../../base/errors.ts'
import type { Json } from '../../base/json.ts'
import { redactText } from '../../text/redact.ts'
import { listOf, numberOf, recordOf, textOf } from './record.ts'

/** What was asked, for messages and hints. */
export interface Asked {
  /** As RBAC names it: get, list, create, update, delete. */
  readonly verb: string
  /** `v1/pods`, `v1/pods/eviction`, `/version` */
  readonly resource: string
  readonly namespace?: string
  readonly name?: string
}

/** An answer of the API server other than success. https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/ */
export class ApiError extends DualStackError {
  override readonly name = 'ApiError'
  constructor(
    message: string,
    /** HTTP status code */
    readonly status: number,
    /** `Conflict`, `Forbidden`, `Invalid`, `AlreadyExists`, `Expired`, …; `Unknown` where the answer was not a Status */
    readonly reason: string,
    /** Status.details: causes, retryAfterSeconds */
    readonly details: Json,
    /** Status.metadata.continue of a 410: where a list may go on. */
    readonly continueToken: string | undefined,
    /** Seconds that the server wants us to wait: Retry-After, or Status.details.retryAfterSeconds. */
    readonly retryAfter: number | undefined,
    hint: string | undefined,
  ) {
    super(message, { code: `api.${kebab(reason)}`, exitCode: exitCodeOf(status), hint })
  }

  /** Types and messages of Status.details.causes. */
  get causes(): readonly { readonly type: string; readonly message: string }[] {
    return listOf(recordOf(this.details).causes).map(cause => ({
      type: textOf(recordOf(cause).reason) ?? '',
      message: textOf(recordOf(cause).message) ?? '',
    }))
  }
}

/** From an answer's status code and body. A body that is no Status (a proxy's page) goes into the message shortened, on one line. */
export function apiError(
  status: number,
  body: string,
  asked: Asked,
  complaint?: string,
  retryAfter?: string,
): ApiError {
  const answer = recordOf(parse(body))
  const isStatus = answer.kind === 'Status'
  const reason = (isStatus ? textOf(answer.reason) : undefined) ?? reasons[status] ?? 'Unknown'
  const said = redactText(
    (isStatus ? textOf(answer.message) : undefined) ??
      (body
        .replace(/<[^>]*>/g, ' ')
        .replace(/\s+/g, ' ')
        .trim()
        .slice(0, 200) ||
        'no message'),
  )
  const message = `${asked.verb} ${objectOf(asked)}: ${said} (${status} ${reason})`
  const token = textOf(recordOf(answer.metadata).continue)
  const details = (isStatus ? (answer.details ?? null) : null) as Json
  const wait = secondsOf(retryAfter === undefined ? recordOf(details).retryAfterSeconds : Number(retryAfter))
  return new ApiError(message, status, reason, details, token, wait, hintOf(status, asked, complaint))
}

const objectOf = ({ resource, namespace, name }: Asked): string =>
  [resource, [namespace, name].filter(part => part !== undefined).join('/')]
    .filter(part => part !== '')
    .join(' ')

/**
 * undefined for what is no number of seconds, and for 0, which protobuf has where JSON has nothing and which would be no pause at all; the
 * header may also be a date, which the API server never sends.
 */
function secondsOf(value: unknown): number | undefined {
  const seconds = numberOf(value)
  return seconds !== undefined && seconds > 0 ? seconds : undefined
}

/** Reasons of answers that carry none; a PDB's refusal has its cause, API priority and fairness sends plain text. */
const reasons: Readonly<Record<number, string>> = {
  400: 'BadRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  409: 'Conflict',
  410: 'Expired',
  422: 'Invalid',
  429: 'TooManyRequests',
  500: 'InternalError',
  502: 'BadGateway',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

function hintOf(status: number, asked: Asked, complaint: string | undefined): string | undefined {
  const { verb, resource, namespace } = asked
  if (status === 401)
    return complaint ?? 'The server does not know these credentials. Does `kubectl auth whoami` work?'
  if (status === 403) {
    const where = namespace === undefined ? '' : ` -n ${namespace}`
    return `It needs the right to ${verb} ${resource}: kubectl auth can-i ${verb} ${ruleName(resource)}${where}`
  }
  if (status === 409 && verb === 'update')
    return 'Somebody changed it meanwhile. Nothing was written; run again.'
  if (status === 429 || status >= 500)
    return 'The API server is there but cannot serve. See `kubectl get --raw /readyz?verbose`.'
  return undefined
}

/** `apps/v1/deployments` → `deployments.apps`, `v1/pods/eviction` → `pods/eviction`, as `kubectl auth can-i` wants it. */
function ruleName(resource: string): string {
  if (resource.startsWith('/')) return resource
  const parts = resource.split('/')
  const version = parts.findIndex(part => /^v\d/.test(part))
  const group = parts.slice(0, version).join('.')
  const [plural = '', ...rest] = parts.slice(version + 1)
  return [group === '' ? plural : `${plural}.${group}`, ...rest].join('/')
}

function exitCodeOf(status: number): ExitCode {
  if (status === 409) return exitCodes.conflict
  if (status === 401 || status === 403 || status === 429 || status >= 500) return exitCodes.unreachable
  return exitCodes.refused
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const kebab = (reason: string): string => reason.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '-').toLowerCase()
