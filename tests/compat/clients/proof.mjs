// Walks a Substrate read proof (trie layout V1) from a state root to the value of a key. Knows nothing of any client library but blake2.
import { blake2b } from '@noble/hashes/blake2.js'

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const hash = (bytes) => hex(blake2b(bytes, { dkLen: 32 }))

function compact(bytes, at) {
  const mode = bytes[at] & 3
  if (mode === 0) return [bytes[at] >> 2, at + 1]
  if (mode === 1) return [(bytes[at] | (bytes[at + 1] << 8)) >> 2, at + 2]
  if (mode === 2) return [Buffer.from(bytes).readUInt32LE(at) >>> 2, at + 4]
  throw new Error('a length no proof has')
}

function run(bytes, at) {
  const [length, start] = compact(bytes, at)
  return [bytes.subarray(start, start + length), start + length]
}

// Header byte: what the node is and, in its low bits, how many nibbles of the key it covers.
function kindOf(byte) {
  if (byte >> 6 === 1) return { leaf: true, value: 'inline', bits: 6 }
  if (byte >> 6 === 2) return { leaf: false, value: 'none', bits: 6 }
  if (byte >> 6 === 3) return { leaf: false, value: 'inline', bits: 6 }
  if (byte >> 5 === 1) return { leaf: true, value: 'hash', bits: 5 }
  if (byte >> 4 === 1) return { leaf: false, value: 'hash', bits: 4 }
  throw new Error('an empty or unknown node')
}

function decodeNode(bytes) {
  const { leaf, value, bits } = kindOf(bytes[0])
  const mask = (1 << bits) - 1
  let [count, at] = [bytes[0] & mask, 1]
  if (count === mask) {
    let more
    do count += more = bytes[at++]
    while (more === 255)
  }
  const length = Math.ceil(count / 2)
  const nibbles = hex(bytes.subarray(at, at + length)).slice(count % 2)
  at += length
  let bitmap = 0
  if (!leaf) [bitmap, at] = [bytes[at] | (bytes[at + 1] << 8), at + 2]
  let inline, hashed
  if (value === 'inline') [inline, at] = run(bytes, at)
  if (value === 'hash') [hashed, at] = [hex(bytes.subarray(at, at + 32)), at + 32]
  const children = Array(16)
  for (let nibble = 0; nibble < 16; nibble++) if (bitmap & (1 << nibble)) [children[nibble], at] = run(bytes, at)
  return { nibbles, inline, hashed, children }
}

/** The value of `key` that `proof` proves against `root`; all hexadecimal with 0x. Throws if the proof does not lead there. */
export function provenValue(root, proof, key) {
  const nodes = new Map(proof.map((node) => Buffer.from(node.slice(2), 'hex')).map((node) => [hash(node), node]))
  const fetch = (name) => {
    if (!nodes.has(name)) throw new Error(`the proof lacks node ${name}`)
    return nodes.get(name)
  }
  let path = key.slice(2)
  let node = decodeNode(fetch(root.slice(2)))
  for (;;) {
    if (!path.startsWith(node.nibbles)) throw new Error('the key is absent')
    path = path.slice(node.nibbles.length)
    if (path === '') break
    const child = node.children[parseInt(path[0], 16)]
    if (!child) throw new Error('the key is absent')
    path = path.slice(1)
    node = decodeNode(child.length === 32 ? fetch(hex(child)) : child)
  }
  const value = node.hashed ? fetch(node.hashed) : node.inline
  if (!value) throw new Error('the key has no value')
  return `0x${hex(value)}`
}
