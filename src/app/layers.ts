export { layers } from '../layers/index.ts'
