"""substrate-interface against a node: connect, read, sign, submit, watch to finality, events, heads, proof.

Prints one JSON line for each step; ends with an exception at the first thing that is wrong.
"""

import json
import os
import secrets
from hashlib import blake2b

from substrateinterface import Keypair, KeypairType, SubstrateInterface


def report(step, **facts):
    print(json.dumps({"step": step, **facts}), flush=True)


def must(condition, what):
    if not condition:
        raise SystemExit(f"expected: {what}")


def digest(node):
    return blake2b(node, digest_size=32).digest()


def compact(data, at):
    mode = data[at] & 3
    if mode == 0:
        return data[at] >> 2, at + 1
    size = {1: 2, 2: 4}[mode]
    return int.from_bytes(data[at : at + size], "little") >> 2, at + size


def run(data, at):
    length, start = compact(data, at)
    return data[start : start + length], start + length


def kind_of(byte):
    """Whether a node is a leaf, how it holds its value, and the bits of its header that count nibbles."""
    for shift, tag, kind in [
        (6, 1, (True, "inline", 6)),
        (6, 2, (False, "none", 6)),
        (6, 3, (False, "inline", 6)),
        (5, 1, (True, "hash", 5)),
        (4, 1, (False, "hash", 4)),
    ]:
        if byte >> shift == tag:
            return kind
    raise SystemExit("an empty or unknown node in the proof")


def decode_node(data):
    leaf, held, bits = kind_of(data[0])
    mask = (1 << bits) - 1
    count, at = data[0] & mask, 1
    if count == mask:
        more = 255
        while more == 255:
            more = data[at]
            count, at = count + more, at + 1
    length = (count + 1) // 2
    nibbles = data[at : at + length].hex()[count % 2 :]
    at += length
    bitmap = 0
    if not leaf:
        bitmap, at = int.from_bytes(data[at : at + 2], "little"), at + 2
    value = name = None
    if held == "inline":
        value, at = run(data, at)
    elif held == "hash":
        name, at = data[at : at + 32], at + 32
    children = {}
    for nibble in range(16):
        if bitmap & (1 << nibble):
            children[nibble], at = run(data, at)
    return nibbles, value, name, children


def proven_value(root, proof, key):
    """The value of `key` that `proof` proves against the state root `root` (trie layout V1)."""
    nodes = {digest(node): node for node in proof}
    path, (nibbles, value, name, children) = key.hex(), decode_node(nodes[root])
    while True:
        must(path.startswith(nibbles), "the key is in the proof")
        path = path[len(nibbles) :]
        if not path:
            return nodes[name] if name else value
        child = children[int(path[0], 16)]
        path = path[1:]
        node = nodes[child] if len(child) == 32 else child
        nibbles, value, name, children = decode_node(node)


def submit(chain, pair, call, **fields):
    composed = chain.compose_call("Consortium", call, fields)
    extrinsic = chain.create_signed_extrinsic(composed, keypair=pair)
    return chain.submit_extrinsic(extrinsic, wait_for_finalization=True)


def main():
    chain = SubstrateInterface(url=os.environ["MUSUBI_RPC"])
    report("connected", chain=chain.chain, spec=chain.runtime_version)
    seed = os.environ["MUSUBI_OPERATOR_SEED"]
    pair = Keypair.create_from_seed(seed, crypto_type=KeypairType.ED25519)
    node = "0x" + secrets.token_hex(32)

    before = chain.query("System", "Account", [pair.ss58_address]).value
    must(before["providers"] + before["sufficients"] > 0, "the operator has an account")
    receipt = submit(chain, pair, "register_node", node=node)
    must(receipt.is_success, f"the call succeeds, not {receipt.error_message}")
    events = [event.value["event_id"] for event in receipt.triggered_events]
    must("NodeRegistered" in events, "the event NodeRegistered")
    report("finalised", block=receipt.block_hash)

    after = chain.query("System", "Account", [pair.ss58_address], block_hash=receipt.block_hash).value
    must(after["nonce"] == before["nonce"] + 1, "the nonce went up by one")
    member = chain.query("Consortium", "Nodes", [node], block_hash=receipt.block_hash).value
    must(member is not None, "the node is registered")

    key = chain.create_storage_key("Consortium", "Nodes", [node]).data
    answer = chain.rpc_request("state_getReadProof", [["0x" + key.hex()], receipt.block_hash])["result"]
    root = chain.get_block_header(receipt.block_hash)["header"]["stateRoot"]
    nodes = [bytes.fromhex(part[2:]) for part in answer["proof"]]
    value = proven_value(bytes.fromhex(root[2:]), nodes, key)
    must(int.from_bytes(value, "little") == member, "the proven value is the value read")
    report("proved")

    heads = []

    def take(head, _count, _subscription):
        heads.append(head["header"]["number"])
        return heads if len(heads) == 3 else None

    chain.subscribe_block_headers(take, finalized_only=True)
    must(heads == list(range(heads[0], heads[0] + 3)), "heads arrive in order and none is left out")
    report("followed", height=heads[-1])

    must(submit(chain, pair, "withdraw_node", node=node).is_success, "the node is withdrawn")
    must(not submit(chain, pair, "withdraw_node", node=node).is_success, "withdrawing twice fails")
    report("done")


main()
