import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { layers } from '../src/app/layers.ts'
import { rightsManifest } from '../src/app/rights.ts'
import { allReads } from '../src/app/rules.ts'

const path = join(resolve(import.meta.dirname, '..'), 'docs/rbac.yaml')
writeFileSync(path, rightsManifest(allReads(layers)))
