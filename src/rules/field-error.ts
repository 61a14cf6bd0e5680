import { minorOf } from '../base/version.ts'

/** What an API server says is wrong with one field of an object: `field: message` is its own line. */
export interface FieldError {
  readonly field: string
  readonly message: string
}

/**
 * A value as the API server prints it: JSON, in older versions Go's own form for lists (1.29 does so, 1.36 does not; the version between
 * is not known to us).
 */
function shown(value: unknown, version: string): string {
  if (!Array.isArray(value) || !(minorOf(version) < 33)) return JSON.stringify(value) ?? 'null'
  return value.length === 0
    ? '[]string(nil)'
    : `[]string{${value.map(item => JSON.stringify(item)).join(', ')}}`
}

/** k/k:staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go */
export const invalid = (field: string, value: unknown, detail: string, version = ''): FieldError => ({
  field,
  message: `Invalid value: ${shown(value, version)}: ${detail}`,
})

export const forbidden = (field: string, detail: string): FieldError => ({
  field,
  message: `Forbidden: ${detail}`,
})

export const required = (field: string, detail: string): FieldError => ({
  field,
  message: detail === '' ? 'Required value' : `Required value: ${detail}`,
})

export const duplicate = (field: string, value: string): FieldError => ({
  field,
  message: `Duplicate value: ${JSON.stringify(value)}`,
})

export const notSupported = (field: string, value: string, supported: readonly string[]): FieldError => ({
  field,
  message: `Unsupported value: ${JSON.stringify(value)}: supported values: ${supported.map(item => JSON.stringify(item)).join(', ')}`,
})
