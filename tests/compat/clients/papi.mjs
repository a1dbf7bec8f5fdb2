// polkadot-api (PAPI) against a node: connect, read, sign, submit, watch to finality, events, heads, proof.
import { createClient } from 'polkadot-api'
import { getPolkadotSigner } from 'polkadot-api/signer'
import { getWsProvider } from 'polkadot-api/ws'
import { ed25519 } from '@noble/curves/ed25519.js'
import { base58 } from '@scure/base'
import { blake2b } from '@noble/hashes/blake2.js'
import { WebSocket } from 'ws'
import { provenValue } from './proof.mjs'
import { must, node, report, seed, tell, url } from './story.mjs'

globalThis.WebSocket ??= WebSocket

/** SS58 address with prefix 42. */
function address(key) {
  const body = Buffer.concat([Buffer.from([42]), key])
  const check = blake2b(Buffer.concat([Buffer.from('SS58PRE'), body]), { dkLen: 64 }).subarray(0, 2)
  return base58.encode(Buffer.concat([body, check]))
}

async function followHeads(client, count) {
  const heads = []
  return new Promise((resolve, reject) => {
    const take = (block) => {
      heads.push(block)
      if (heads.length === count) resolve(heads)
    }
    client.finalizedBlock$.subscribe({ next: take, error: reject })
  })
}

tell(async () => {
  const client = createClient(getWsProvider(url))
  const api = client.getUnsafeApi()
  const { name } = await client.getChainSpecData()
  report('connected', { chain: name })

  const publicKey = ed25519.getPublicKey(seed)
  const signer = getPolkadotSigner(publicKey, 'Ed25519', (bytes) => ed25519.sign(bytes, seed))
  const before = await api.query.System.Account.getValue(address(publicKey))
  must(before.providers + before.sufficients > 0, 'the operator has an account')

  const done = await api.tx.Consortium.register_node({ node }).signAndSubmit(signer)
  must(done.ok, 'the call succeeds')
  must(done.events.some(({ type, value }) => type === 'Consortium' && value.type === 'NodeRegistered'), 'the event NodeRegistered')
  report('finalised', { block: done.block.hash })

  const at = { at: done.block.hash }
  const after = await api.query.System.Account.getValue(address(publicKey), at)
  must(after.nonce === before.nonce + 1, 'the nonce went up by one')
  const member = await api.query.Consortium.Nodes.getValue(node, at)
  must(member !== undefined, 'the node is registered')

  const key = await api.query.Consortium.Nodes.getKey(node)
  const header = await client.getBlockHeader(done.block.hash)
  const { proof } = await client._request('state_getReadProof', [[key], done.block.hash])
  const value = Buffer.from(provenValue(header.stateRoot, proof, key).slice(2), 'hex').readUInt32LE(0)
  must(value === member, 'the proven value is the value read')
  report('proved')

  const heads = await followHeads(client, 3)
  must(heads.slice(1).every((head, place) => head.parent === heads[place].hash), 'each head is the child of the one before')
  report('followed', { height: heads[2].number })

  const withdrawn = await api.tx.Consortium.withdraw_node({ node }).signAndSubmit(signer)
  must(withdrawn.ok, 'the node is withdrawn')
  const twice = await api.tx.Consortium.withdraw_node({ node }).signAndSubmit(signer)
  must(!twice.ok && twice.dispatchError.type === 'Module', 'withdrawing twice fails by a rule of the pallet')
  report('done')
})
