"""What an app does with Musubi, from genesis to a signed consent, against a running node. Each step proves what it says, or ends the program.

Environment: MUSUBI_NODE (JSON-RPC address), MUSUBI_GENESIS (checkpoint file), MUSUBI_SUBJECT (pseudonym whose trail may be read),
MUSUBI_SEED (Ed25519 seed of a member's operator), MUSUBI_CARD_ADULT, _CHILD, _LOCKED (cards behind TCP). `./dev ffi` sets them.
"""

import asyncio
import json
import os
import time

import musubi
from platform_io import HttpNode, SocketCard
from platform_keys import PlatformRecordKey, PlatformSigner

AGE_MAX_MS = 60_000
# How long a look at the chain may show nothing new, and the pause between two looks: this example has no subscription.
LOOKS_MAX, PAUSE_SECONDS = 120, 0.25
PASSWORD, PIN = "MUSUBI2026", "1234"


def report(step, **facts):
    print(json.dumps({"step": step, **facts}, ensure_ascii=False), flush=True)


def must(condition, what):
    if not condition:
        raise SystemExit(f"expected: {what}")


async def refused(error, action):
    """Awaits what must fail with this very error, and gives it."""
    try:
        await action
    except error as raised:
        return raised
    raise SystemExit(f"expected: {error.__name__}")


async def follow(genesis):
    """From genesis to the newest block, and on from a checkpoint that was kept."""
    node = HttpNode(os.environ["MUSUBI_NODE"])
    client = musubi.LightClient(node, genesis, AGE_MAX_MS)
    as_of = await client.follow()
    kept = musubi.export_checkpoint(client.checkpoint())
    later = musubi.LightClient(node, musubi.import_checkpoint(kept), AGE_MAX_MS)
    must((await later.follow()).height >= as_of.height, "a kept checkpoint leads on")
    report("followed", height=as_of.height, validators=len(client.checkpoint().validators))
    impatient = musubi.LightClient(node, genesis, 0)
    await refused(musubi.MusubiError.TooOld, impatient.follow())
    stranger = musubi.import_checkpoint(kept)
    stranger.genesis = stranger.block = musubi.random_id()
    await refused(musubi.MusubiError.NotProved, musubi.LightClient(node, stranger, AGE_MAX_MS).follow())
    unreachable = musubi.LightClient(HttpNode("http://127.0.0.1:9"), genesis, AGE_MAX_MS)
    await refused(musubi.MusubiError.Unreachable, unreachable.follow())
    report("refused", what="too old, another chain, no node")
    return client


class LyingNode(HttpNode):
    """A node that moves the time of one row by a millisecond."""

    async def post(self, body):
        answer = await super().post(body)
        if json.loads(body)["method"] != "musubi_trail":
            return answer
        told = json.loads(answer)
        told["result"][-1]["row"]["at"] += 1
        return json.dumps(told).encode()


async def prove_a_trail(client, genesis, subject):
    """Who looked, when and why: all rows, each single one, and a file for somebody else."""
    trail = await client.trail(subject)
    must(trail.rows and trail.permits > 0, "a trail with reads on it")
    must(trail.reads_without_grant == [], "no read without a grant")
    row = await client.trail_row(subject, 0)
    must(row.row == trail.rows[0], "the first row proved by itself is the first row of the trail")
    bundle = await client.trail_bundle(subject)
    statements = musubi.verify_bundle(genesis, bundle).statements
    altered = bundle.replace(b'"height"', b'"heigth"', 1)
    try:
        musubi.verify_bundle(genesis, altered)
        raise SystemExit("expected: an altered bundle is refused")
    except musubi.MusubiError.NotProved:
        pass
    liar = musubi.LightClient(LyingNode(os.environ["MUSUBI_NODE"]), genesis, AGE_MAX_MS)
    await refused(musubi.MusubiError.NotProved, liar.trail(subject))
    report("trail", rows=len(trail.rows), permits=trail.permits, statements=statements)
    return trail


async def prove_entries(client, trail):
    """A consent and a record that the trail speaks of, and that nothing is under a fresh identifier."""
    consent = next(row.fact.consent for row in trail.rows if row.fact.is_CONSENT_PROPOSED())
    proved = (await client.consent(consent)).consent
    must(proved and not proved.in_force, "the story's consent was withdrawn")
    record = next(row.fact.record for row in trail.rows if row.fact.is_RECORD_COMMITTED())
    facts = (await client.record(record)).record
    must(facts and facts.state == musubi.RecordState.STORED, "the story's record is stored by two holders")
    must((await client.record(musubi.random_id())).record is None, "no record under a fresh identifier, proved")
    report("entries", consent=str(proved.state), record=facts.category.name)


async def submit(client, signer, call):
    chain = await client.chain_context()
    newest = client.checkpoint()
    mortality = musubi.Mortality.MORTAL(period=64, height=newest.height, block=newest.block)
    nonce = await client.next_nonce(signer.account())
    extrinsic = await musubi.UnsignedExtrinsic(chain, signer.account(), nonce, mortality, call).sign(signer)
    return await client.submit(extrinsic)


async def until(client, key, holds):
    """Looks until the proved value is as it should be."""
    for _ in range(LOOKS_MAX):
        proved = await client.value(key)
        if holds(proved.value):
            return proved
        await asyncio.sleep(PAUSE_SECONDS)
    raise SystemExit("expected: the extrinsic's effect on the chain")


async def write(client):
    """An extrinsic signed by a key that stays in its store; its effect is proved, not believed."""
    signer = PlatformSigner(bytes.fromhex(os.environ["MUSUBI_SEED"]))
    node = musubi.random_id()
    key = musubi.storage_key("Consortium", "Nodes", bytes.fromhex(node[2:]))
    must((await client.value(key)).value is None, "nobody has registered this key, proved")
    await submit(client, signer, musubi.register_node(node))
    proved = await until(client, key, lambda value: value is not None)
    await submit(client, signer, musubi.withdraw_node(node))
    await until(client, key, lambda value: value is None)
    report("written", member=int.from_bytes(proved.value, "little"), height=proved.as_of.height)


async def seal_and_open():
    """A record for two holders, opened by a key that stays where it is."""
    key, other = PlatformRecordKey(), musubi.software_record_key(musubi.fresh_secret())
    sealed = musubi.seal_record(musubi.random_id(), '{"b":1,"a":"結び"}'.encode(), [key.public_key(), other.public_key()])
    first, second = sealed.envelopes
    chain = (sealed.commitment, sealed.ciphertext)
    for envelope, holder in ((first, key), (second, other)):
        opened = await musubi.open_record(sealed.sealed, envelope, *chain, holder)
        must(opened.decode() == '{"a":"結び","b":1}', "the record in its canonical spelling")
    await refused(musubi.MusubiError.WrongKey, musubi.open_record(sealed.sealed, first, *chain, other))
    altered = first[:-1] + bytes([first[-1] ^ 1])
    await refused(musubi.MusubiError.Key, musubi.open_record(sealed.sealed, altered, *chain, key))
    elsewhere = (musubi.random_id(), sealed.ciphertext)
    await refused(musubi.MusubiError.NotOpened, musubi.open_record(sealed.sealed, first, *elsewhere, key))
    report("sealed", bytes=len(sealed.sealed))


def statement_for(subject, language):
    now = time.time_ns() // 1_000_000
    office = musubi.Party(member=0, name="留寿都村", contact="0136-00-0000")
    return musubi.ConsentStatement.draft(musubi.StatementFields(
        consent=musubi.random_id(), subject=subject, subject_label="第一子", guardian=musubi.random_id(),
        role=musubi.SignerRole.PARENTAL_AUTHORITY, authority=musubi.Authority.SINGLE, controller=office,
        recipient=musubi.Party(member=5, name="しりべつ医院", contact="0136-00-0001"), purpose=musubi.Purpose.CHILD_CARE,
        categories=[musubi.RecordCategory.IMMUNIZATION, musubi.RecordCategory.GROWTH], actions=[musubi.Action.VIEW], retention_days=365,
        transfer_abroad=False, not_before=now, not_after=now + 30 * 86_400_000, nonce=os.urandom(32),
        assurance=musubi.AssuranceLevel.CARD_SIGNED, second_attester=None, account=None, supersedes=None,
        place=musubi.Place.PHONE, notice="notice-2026-04", language=language, wording=musubi.statement_wording(language),
    ))


async def sign_a_statement(genesis, subject):
    """The person reads all of it, then the card signs exactly those bytes."""
    statement = statement_for(subject, musubi.Language.JAPANESE)
    for language in musubi.Language:
        must(len(statement.rows(language)) > 15, f"the whole statement in {language.name}")
    must("しりべつ医院" in statement.text(musubi.Language.PLAIN_JAPANESE), "the recipient's name")
    document = musubi.CardDocument.parse(statement.bytes())
    card = await SocketCard.touch(os.environ["MUSUBI_CARD_ADULT"])
    signed = await musubi.card_sign(card, PASSWORD, document, genesis.genesis, musubi.TriesPolicy.STOP_WHEN_FEW)
    must(signed.content == statement.bytes_to_sign(genesis.genesis), "exactly the statement's bytes were signed")
    must(card.ended == 1, "the field was ended")
    municipality = musubi.software_record_key(musubi.fresh_secret()).public_key()
    evidence = musubi.seal_evidence(document, signed.cms, time.time_ns() // 1_000_000, municipality)
    report("signed", reference=statement.reference(), cms=len(signed.cms), sealed=len(evidence.sealed))
    return document


async def check_in(genesis, subject):
    """Two minutes, one terminal, four digits."""
    now = time.time_ns() // 1_000_000
    document = musubi.CardDocument.check_in(musubi.CheckInFields(
        session=musubi.random_id(), subject=subject, person=subject, member=4, terminal=musubi.random_id(), staff=musubi.random_id(),
        purpose=musubi.Purpose.CHILD_CARE, not_before=now, not_after=now + 120_000, nonce=os.urandom(32), language=musubi.Language.JAPANESE,
    ))
    card = await SocketCard.touch(os.environ["MUSUBI_CARD_ADULT"])
    signed = await musubi.card_check_in(card, PIN, document, genesis.genesis, musubi.TriesPolicy.STOP_WHEN_FEW)
    report("checked in", cms=len(signed.cms))
    return document


async def cards_that_do_not(genesis, statement, document):
    """Each state of a card is a type of its own, and says to the person what to do."""
    async def status(name):
        return await musubi.card_status(await SocketCard.touch(os.environ[f"MUSUBI_CARD_{name}"]))

    async def attempt(sign, name, secret, document):
        card = await SocketCard.touch(os.environ[f"MUSUBI_CARD_{name}"])
        return await sign(card, secret, document, genesis.genesis, musubi.TriesPolicy.STOP_WHEN_FEW)

    child = await status("CHILD")
    must(not child.can_sign and child.can_check_in, "a child's card checks in and does not sign")
    must((await status("ADULT")).authentication.is_LEFT(), "tries are left")
    wrong = await refused(musubi.CardError.SecretWrong, attempt(musubi.card_check_in, "ADULT", "9999", document))
    must(wrong.tries_left == 2 and "あと2回" in wrong.sentence.japanese, "the sentence says how many tries are left")
    await refused(musubi.CardError.SecretBlocked, attempt(musubi.card_sign, "LOCKED", PASSWORD, statement))
    await refused(musubi.CardError.CertificateAbsent, attempt(musubi.card_sign, "CHILD", PASSWORD, statement))
    await refused(musubi.CardError.DocumentRefused, attempt(musubi.card_sign, "ADULT", PASSWORD, document))
    await refused(musubi.CardError.SecretMalformed, attempt(musubi.card_check_in, "ADULT", "12", document))
    gone = await SocketCard.touch(os.environ["MUSUBI_CARD_ADULT"])
    gone.end_field()
    removed = await refused(musubi.CardError.Removed, musubi.card_status(gone))
    await a_card_that_never_answers()
    report("cards", wrong=wrong.sentence.english, removed=removed.sentence.english)


class StuckCard(musubi.CardTransport):
    """A card that takes a command and says nothing."""

    ended = 0

    async def transceive(self, command):
        await asyncio.Event().wait()

    def end_field(self):
        self.ended += 1


async def a_card_that_never_answers():
    """Whoever stops waiting ends the field."""
    stuck = StuckCard()
    await refused(asyncio.TimeoutError, asyncio.wait_for(musubi.card_status(stuck), timeout=0.1))
    must(stuck.ended == 1, "the field was ended")


def look_after():
    """Forecast, dose check and growth, with the rules and tables that this version carries."""
    subject = musubi.CareSubject(birth="2025-01-10", sex=musubi.Sex.FEMALE)
    child = musubi.Child(subject=subject, history=musubi.History.CONFIRMED([]), circumstances=musubi.Circumstances())
    rules, growth = musubi.ScheduleRules.bundled(), musubi.GrowthReference.bundled()
    forecast = rules.forecast(child, "2025-03-10")
    due = [row.vaccine for row in forecast.rows if row.status == musubi.Status.DUE]
    must(due, "something is due at two months")
    check = rules.check(child, musubi.Proposal(vaccine="MR", date="2025-03-10"))
    must(check.answer.is_NOT_MET() and check.earliest == "2026-01-09", "MR is from one year of age on, which begins on the eve of the birthday")
    measured = musubi.BodyMeasurement(measure=musubi.Measure.WEIGHT, on="2025-07-10", value="7.25")
    place = growth.evaluate(musubi.Sex.FEMALE, "2025-01-10", measured)
    slip = growth.doubt(musubi.Sex.FEMALE, "2025-01-10", musubi.BodyMeasurement(measure=musubi.Measure.WEIGHT, on="2025-07-10", value="7250"), None)
    must(slip.is_SMALLER_UNIT(), "grams in a field for kilograms are noticed")
    report("care", due=due, check=check.sentence, weight=str(place.position), credit=growth.credit())


async def main():
    with open(os.environ["MUSUBI_GENESIS"], encoding="utf-8") as file:
        genesis = musubi.import_checkpoint(file.read())
    subject = os.environ["MUSUBI_SUBJECT"]
    client = await follow(genesis)
    trail = await prove_a_trail(client, genesis, subject)
    await prove_entries(client, trail)
    await write(client)
    await seal_and_open()
    statement = await sign_a_statement(genesis, subject)
    await cards_that_do_not(genesis, statement, await check_in(genesis, subject))
    look_after()
    report("done")


if __name__ == "__main__":
    asyncio.run(main())
