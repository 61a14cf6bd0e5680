/** A cluster in memory, from a bundle: the third world, beside a live cluster and a bundle that is only looked at. */
export { beginningOf, type Practice, practiceWorld } from './practice.ts'
export type { Fault } from './faults.ts'
export { fits, type PodSpec } from './fits.ts'
export { type PracticeProcess, practiceProcess } from './process.ts'
