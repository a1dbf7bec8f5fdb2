// What both JavaScript clients are given and how they report: one JSON line for each step, a non-zero exit at the first thing that is wrong.
import { randomBytes } from 'node:crypto'

const required = (name) => {
  if (!process.env[name]) throw new Error(`${name} is not set`)
  return process.env[name]
}

export const url = required('MUSUBI_RPC')
/** Ed25519 seed of a member's operator. */
export const seed = Buffer.from(required('MUSUBI_OPERATOR_SEED').replace(/^0x/, ''), 'hex')
/** A key for a network node that nobody has registered yet. */
export const node = `0x${randomBytes(32).toString('hex')}`

export const report = (step, facts = {}) => console.log(JSON.stringify({ step, ...facts }))

export function must(condition, what) {
  if (!condition) throw new Error(`expected: ${what}`)
}

/** Runs the story and ends the process, whatever timers and sockets the client library keeps. */
export function tell(story) {
  const late = setTimeout(() => fail(new Error('no end after 5 minutes')), 300_000)
  const fail = (error) => {
    console.error(error)
    process.exit(1)
  }
  story().then(() => {
    clearTimeout(late)
    process.exit(0)
  }, fail)
}
