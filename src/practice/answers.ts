import type { Resource } from '../model/cluster.ts'
import { apiError, type ApiError } from '../world/api/api-error.ts'
import { kindOf } from './resources.ts'

/** Who asks for what, as errors name it. */
export interface Asked {
  readonly verb: string
  readonly resource: Resource
  readonly namespace?: string
  readonly name?: string
}

/** An answer other than success, in the shape in which the API server sends it. */
export function refusal(
  code: number,
  reason: string,
  message: string,
  asked: Asked,
  details: Readonly<Record<string, unknown>> = {},
): ApiError {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason,
    code,
    details,
  }
  return apiError(code, JSON.stringify(body), asked)
}

/** `services`, `ippools.crd.projectcalico.org`: as the API server's messages name a resource. */
function plural(resource: Resource): string {
  const parts = resource.split('/')
  const name = parts.at(-1) ?? resource
  return parts.length === 3 ? `${name}.${parts[0]}` : name
}

export const notFound = (asked: Asked): ApiError =>
  refusal(404, 'NotFound', `${plural(asked.resource)} "${asked.name ?? ''}" not found`, asked)

export const alreadyExists = (asked: Asked): ApiError =>
  refusal(409, 'AlreadyExists', `${plural(asked.resource)} "${asked.name ?? ''}" already exists`, asked)

/** Somebody wrote it since it was read, or another object has its name now. */
export const conflict = (asked: Asked, why: string): ApiError =>
  refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${plural(asked.resource)} "${asked.name ?? ''}": ${why}`,
    asked,
  )

/** A delete of what somebody wrote since; it names the kind where others name the resource. */
export const otherVersion = (asked: Asked, wanted: string, is = ''): ApiError =>
  refusal(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${kindOf(asked.resource)} "${asked.name ?? ''}": the ResourceVersion in the precondition (${wanted}) does not match the ResourceVersion in record (${is}). The object might have been modified`,
    asked,
  )

/** 422, with what is wrong field by field. `kind`: as the object says it. */
export function invalid(
  asked: Asked,
  kind: string,
  causes: readonly { field: string; message: string }[],
): ApiError {
  const texts = causes.map(({ field, message }) => (field === '' ? message : `${field}: ${message}`))
  const list = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return refusal(422, 'Invalid', `${kind} "${asked.name ?? ''}" is invalid: ${list ?? ''}`, asked, {
    name: asked.name,
    kind,
    causes: causes.map(({ field, message }) => ({ reason: 'FieldValueInvalid', field, message })),
  })
}
