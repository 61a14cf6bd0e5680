export { type External } from './context.ts'
export { type Topic, topics } from './scenario.ts'
export { scenarios } from './scenarios/index.ts'
export { verify } from './verify.ts'
