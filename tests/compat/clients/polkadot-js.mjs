// @polkadot/api against a node: connect, read, sign, submit, watch to finality, events, heads, proof.
import { readFile } from 'node:fs/promises'
import { ApiPromise, Keyring, WsProvider } from '@polkadot/api'
import { cryptoWaitReady } from '@polkadot/util-crypto'
import { provenValue } from './proof.mjs'
import { must, node, report, seed, tell, url } from './story.mjs'

async function submit(api, call, pair) {
  return new Promise((resolve, reject) => {
    const settle = (result) => {
      if (result.isError) reject(new Error(`status ${result.status}`))
      if (result.dispatchError) reject(new Error(`dispatch: ${result.dispatchError}`))
      if (result.status.isFinalized) resolve(result)
    }
    call.signAndSend(pair, settle).catch(reject)
  })
}

async function followHeads(api, count) {
  const heads = []
  return new Promise((resolve, reject) => {
    const take = (header) => {
      heads.push(header)
      if (heads.length === count) resolve(heads)
    }
    api.rpc.chain.subscribeFinalizedHeads(take).catch(reject)
  })
}

/** The vector that every language's SDK meets, made by this library: the call, what is signed, and the whole. */
async function vectors(api) {
  const file = new URL('../../vectors/data/sdk.json', import.meta.url)
  const { consent, seed, envelope, call, payload, extrinsic } = JSON.parse(await readFile(file, 'utf8')).extrinsic
  const { period, height, block } = envelope.mortal
  const pair = new Keyring({ type: 'ed25519' }).addFromSeed(Buffer.from(seed, 'hex'))
  const hex = (bytes) => Buffer.from(bytes).toString('hex')
  must(`0x${hex(pair.publicKey)}` === envelope.account, "the vector's account")
  const { method } = api.tx.consent.withdraw(consent, null)
  must(hex(method.toU8a()) === call, `the vector's call, and not ${hex(method.toU8a())}`)
  const era = api.registry.createType('ExtrinsicEra', { current: height, period })
  const { specVersion, transactionVersion, genesis, nonce } = envelope
  const signed = { method: method.toHex(), era, nonce, specVersion, transactionVersion, genesisHash: genesis, blockHash: block }
  const toSign = api.registry.createType('ExtrinsicPayload', signed, { version: 4 }).toU8a({ method: true })
  must(hex(toSign) === payload, `the vector's payload, and not ${hex(toSign)}`)
  const whole = api.registry.createType('Extrinsic', { method }, { version: 4 })
  whole.sign(pair, { ...signed, runtimeVersion: { specVersion, transactionVersion }, signedExtensions: api.registry.signedExtensions })
  must(hex(whole.toU8a()) === extrinsic, `the vector's extrinsic, and not ${hex(whole.toU8a())}`)
}

tell(async () => {
  await cryptoWaitReady()
  const api = await ApiPromise.create({ provider: new WsProvider(url), noInitWarn: true })
  report('connected', { chain: `${await api.rpc.system.chain()}`, spec: api.runtimeVersion.specVersion.toNumber() })

  await vectors(api)
  const pair = new Keyring({ type: 'ed25519' }).addFromSeed(seed)
  const before = await api.query.system.account(pair.address)
  must(before.providers.toNumber() + before.sufficients.toNumber() > 0, 'the operator has an account')

  const done = await submit(api, api.tx.consortium.registerNode(node), pair)
  const block = done.status.asFinalized
  must(done.events.some(({ event }) => api.events.consortium.NodeRegistered.is(event)), 'the event NodeRegistered')
  must(done.events.some(({ event }) => api.events.system.ExtrinsicSuccess.is(event)), 'the event ExtrinsicSuccess')
  report('finalised', { block: block.toHex() })

  const after = await api.query.system.account(pair.address)
  must(after.nonce.toNumber() === before.nonce.toNumber() + 1, 'the nonce went up by one')
  const member = await api.query.consortium.nodes(node)
  must(member.isSome, 'the node is registered')

  const { block: signed } = await api.rpc.chain.getBlock(block)
  must(signed.extrinsics.some((extrinsic) => extrinsic.isSigned && extrinsic.signer.toString() === pair.address), 'our extrinsic in the block')

  const key = api.query.consortium.nodes.key(node)
  const { proof } = await api.rpc.state.getReadProof([key], block)
  const proven = provenValue(signed.header.stateRoot.toHex(), proof.map((part) => part.toHex()), key)
  must(proven === member.unwrap().toHex(true) || proven === member.unwrap().toHex(), 'the proven value is the value read')
  report('proved')

  const heads = await followHeads(api, 3)
  const chained = heads.slice(1).every((head, at) => head.parentHash.eq(heads[at].hash))
  must(chained, 'each head is the child of the one before')
  report('followed', { height: heads[2].number.toNumber() })

  await submit(api, api.tx.consortium.withdrawNode(node), pair)
  must((await api.query.consortium.nodes(node)).isNone, 'the node is withdrawn')
  const refused = await submit(api, api.tx.consortium.withdrawNode(node), pair).then(() => null, (error) => error)
  must(refused !== null, 'withdrawing twice fails')
  report('done')
})
