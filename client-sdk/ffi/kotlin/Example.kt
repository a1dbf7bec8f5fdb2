// What an app does with Musubi, from genesis to a signed consent, against a running node; the same steps as python/example.py.
// Usage: example.ExampleKt VECTORS. The environment is as there.

package example

import java.io.File
import java.security.SecureRandom
import jp.musubi.sdk.*
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking

private const val AGE_MAX_MS = 60_000uL

/** How long a look at the chain may show nothing new, and the pause between two looks: this example has no subscription. */
private const val LOOKS_MAX = 120
private const val PAUSE_MS = 250L
private const val PASSWORD = "MUSUBI2026"
private const val PIN = "1234"

private fun env(name: String) = requireNotNull(System.getenv(name)) { "$name is not set" }
private fun card(name: String) = SocketCard(env("MUSUBI_CARD_$name"))
private fun report(step: String, facts: String = "") = println("$step $facts")
private fun now() = System.currentTimeMillis().toULong()
private fun nonce() = ByteArray(32).also(SecureRandom()::nextBytes)

/** From genesis to the newest block, and on from a checkpoint that was kept. */
private suspend fun follow(genesis: Checkpoint): LightClient {
    val node = HttpNode(env("MUSUBI_NODE"))
    val client = LightClient(node, genesis, AGE_MAX_MS)
    val asOf = client.follow()
    val kept = importCheckpoint(exportCheckpoint(client.checkpoint()))
    must(LightClient(node, kept, AGE_MAX_MS).follow().height >= asOf.height) { "a kept checkpoint leads on" }
    refused<MusubiException.TooOld> { LightClient(node, genesis, 0uL).follow() }
    val stranger = randomId().let { kept.copy(genesis = it, block = it) }
    refused<MusubiException.NotProved> { LightClient(node, stranger, AGE_MAX_MS).follow() }
    refused<MusubiException.Unreachable> { LightClient(HttpNode("http://127.0.0.1:9"), genesis, AGE_MAX_MS).follow() }
    report("followed", "to ${asOf.height}")
    return client
}

/** Who looked, when and why: all rows, each single one, and a file for somebody else. */
private suspend fun proveATrail(client: LightClient, genesis: Checkpoint, subject: String) {
    val trail = client.trail(subject)
    must(trail.rows.isNotEmpty() && trail.permits > 0uL) { "a trail with reads on it" }
    must(trail.readsWithoutGrant.isEmpty()) { "no read without a grant" }
    must(client.trailRow(subject, 0uL).row == trail.rows.first()) { "the first row, proved by itself" }
    val bundle = client.trailBundle(subject)
    must(verifyBundle(genesis, bundle).statements.size == 2) { "two statements, proved offline" }
    val altered = bundle.clone().also { it[it.size / 2] = (it[it.size / 2].toInt() xor 1).toByte() }
    refused<MusubiException.NotProved> { verifyBundle(genesis, altered) }
    val proposed = trail.rows.firstNotNullOf { it.fact as? TrailFact.ConsentProposed }
    must(client.consent(proposed.consent).consent?.inForce == false) { "the story's consent was withdrawn" }
    must(client.record(randomId()).record == null) { "no record under a fresh identifier, proved" }
    report("trail", "${trail.rows.size} rows, none missing")
}

private suspend fun submit(client: LightClient, signer: Signer, call: ByteArray) {
    val newest = client.checkpoint()
    val mortality = Mortality.Mortal(64uL, newest.height, newest.block)
    val account = signer.account()
    val unsigned = UnsignedExtrinsic(client.chainContext(), account, client.nextNonce(account), mortality, call)
    client.submit(unsigned.sign(signer))
}

/** Looks until the proved value is as it should be. */
private suspend fun until(client: LightClient, key: ByteArray, holds: (ByteArray?) -> Boolean) {
    repeat(LOOKS_MAX) {
        if (holds(client.value(key).value)) return
        delay(PAUSE_MS)
    }
    throw AssertionError("expected: the extrinsic's effect on the chain")
}

/** An extrinsic signed by a key that stays in its store; its effect is proved, not believed. */
private suspend fun write(client: LightClient) {
    val seed = hex(env("MUSUBI_SEED"))
    val signer = PlatformSigner(softwareSigner(seed).account(), seed)
    val node = randomId()
    val key = storageKey("Consortium", "Nodes", hex(node))
    must(client.value(key).value == null) { "nobody has registered this key, proved" }
    submit(client, signer, registerNode(node))
    until(client, key) { it != null }
    submit(client, signer, withdrawNode(node))
    until(client, key) { it == null }
    report("written")
}

/** A record for two holders, opened by a key that the app watches over. */
private suspend fun sealAndOpen() {
    val key = WatchedRecordKey(softwareRecordKey(freshSecret()))
    val other = softwareRecordKey(freshSecret())
    val sealed = sealRecord(randomId(), """{"b":1,"a":"結び"}""".toByteArray(), listOf(key.publicKey(), other.publicKey()))
    val opened = openRecord(sealed.sealed, sealed.envelopes[0], sealed.commitment, sealed.ciphertext, key)
    must(String(opened) == """{"a":"結び","b":1}""" && key.uses == 1) { "the record in its canonical spelling" }
    refused<MusubiException.WrongKey> { openRecord(sealed.sealed, sealed.envelopes[0], sealed.commitment, sealed.ciphertext, other) }
    refused<MusubiException.NotOpened> { openRecord(sealed.sealed, sealed.envelopes[0], randomId(), sealed.ciphertext, key) }
    report("sealed")
}

private fun statementFor(subject: String, language: Language) = ConsentStatement.draft(
    StatementFields(
        consent = randomId(), subject = subject, subjectLabel = "第一子", guardian = randomId(), role = SignerRole.PARENTAL_AUTHORITY,
        authority = Authority.SINGLE, controller = Party(0u, "留寿都村", "0136-00-0000"), recipient = Party(5u, "しりべつ医院", "0136-00-0001"),
        purpose = Purpose.CHILD_CARE, categories = listOf(RecordCategory.IMMUNIZATION, RecordCategory.GROWTH), actions = listOf(Action.VIEW),
        retentionDays = 365u, transferAbroad = false, notBefore = now(), notAfter = now() + 86_400_000uL, nonce = nonce(),
        assurance = AssuranceLevel.CARD_SIGNED, secondAttester = null, account = null, supersedes = null, place = Place.PHONE,
        notice = "notice-2026-04", language = language, wording = statementWording(language),
    ),
)

/** The person reads all of it, then the card signs exactly those bytes. */
private suspend fun signAStatement(genesis: Checkpoint, subject: String) {
    val statement = statementFor(subject, Language.JAPANESE)
    for (language in Language.entries) must(statement.rows(language).size > 15) { "the whole statement in $language" }
    val document = CardDocument.parse(statement.bytes())
    val card = card("ADULT")
    val signed = cardSign(card, PASSWORD, document, genesis.genesis, TriesPolicy.STOP_WHEN_FEW)
    must(signed.content.contentEquals(statement.bytesToSign(genesis.genesis))) { "exactly the statement's bytes were signed" }
    must(card.ended == 1) { "the field was ended" }
    val municipality = softwareRecordKey(freshSecret()).publicKey()
    sealEvidence(document, signed.cms, now(), municipality)
    report("signed", statement.reference())
}

/** Two minutes, one terminal, four digits; and cards that do not, each a type of its own with what the person reads. */
private suspend fun checkIn(genesis: Checkpoint, subject: String) {
    val document = CardDocument.checkIn(
        CheckInFields(
            randomId(), subject, subject, 4u, randomId(), randomId(), Purpose.CHILD_CARE, now(), now() + 120_000uL, nonce(), Language.JAPANESE,
        ),
    )
    suspend fun attempt(name: String, pin: String) = cardCheckIn(card(name), pin, document, genesis.genesis, TriesPolicy.STOP_WHEN_FEW)
    must(attempt("ADULT", PIN).cms.isNotEmpty()) { "a signature" }
    must(!cardStatus(card("CHILD")).canSign) { "a child's card does not sign" }
    val wrong = refused<CardException.SecretWrong> { attempt("ADULT", "9999") }
    must(wrong.triesLeft == 2.toUByte() && "あと2回" in wrong.sentence.japanese) { "the sentence says how many tries are left" }
    val statement = CardDocument.parse(statementFor(subject, Language.ENGLISH).bytes())
    suspend fun sign(name: String) = cardSign(card(name), PASSWORD, statement, genesis.genesis, TriesPolicy.STOP_WHEN_FEW)
    refused<CardException.SecretBlocked> { sign("LOCKED") }
    refused<CardException.CertificateAbsent> { sign("CHILD") }
    refused<CardException.SecretMalformed> { attempt("ADULT", "12") }
    refused<CardException.Removed> { cardStatus(card("ADULT").also(SocketCard::endField)) }
    report("checked in", wrong.sentence.english)
}

/** Forecast, dose check and growth, with the rules and tables that this version carries. */
private fun lookAfter() {
    val child = Child(CareSubject("2025-01-10", Sex.FEMALE), History.Confirmed(listOf()), Circumstances())
    val rules = ScheduleRules.bundled()
    val due = rules.forecast(child, "2025-03-10").rows.filter { it.status == Status.DUE }.map { it.vaccine }
    must(due.isNotEmpty()) { "something is due at two months" }
    val check = rules.check(child, Proposal("MR", "2025-03-10"))
    must(check.answer is DoseAnswer.NotMet && check.earliest == "2026-01-09") { "MR is from one year of age on, which begins on the eve of the birthday" }
    val growth = GrowthReference.bundled()
    val place = growth.evaluate(Sex.FEMALE, "2025-01-10", BodyMeasurement(Measure.WEIGHT, "2025-07-10", "7.25"))
    must(place != null) { "a place among the published lines" }
    val slip = growth.doubt(Sex.FEMALE, "2025-01-10", BodyMeasurement(Measure.WEIGHT, "2025-07-10", "7250"), null)
    must(slip is Doubt.SmallerUnit) { "grams in a field for kilograms are noticed" }
    report("care", "${check.sentence}; due: $due; weight: ${place?.position}")
}

fun main(arguments: Array<String>) = runBlocking {
    checkVectors(arguments.single())
    report("vectors")
    val genesis = importCheckpoint(File(env("MUSUBI_GENESIS")).readText())
    val subject = env("MUSUBI_SUBJECT")
    val client = follow(genesis)
    proveATrail(client, genesis, subject)
    write(client)
    sealAndOpen()
    signAStatement(genesis, subject)
    checkIn(genesis, subject)
    lookAfter()
    report("done")
}
