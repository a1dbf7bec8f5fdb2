// The vectors that all languages share (tests/vectors/data), in Kotlin. The test program reads the JSON; the SDK sees typed values.

package example

import jp.musubi.sdk.*
import kotlinx.coroutines.runBlocking
import kotlinx.serialization.json.*
import java.io.File

private fun JsonElement.at(vararg names: String) = names.fold(this) { value, name -> value.jsonObject.getValue(name) }
private fun JsonElement.text(vararg names: String) = at(*names).jsonPrimitive.content
private fun JsonElement.number(vararg names: String) = at(*names).jsonPrimitive.long.toULong()

/** Checks every vector; throws at the first that differs. */
fun checkVectors(file: String) {
    val vectors = Json.parseToJsonElement(File(file).readText())
    extrinsic(vectors.at("extrinsic"))
    gateway(vectors.at("gateway"))
    care(vectors.at("care"))
    growth(vectors.at("growth"))
    checkIn(vectors.at("checkIn"))
    sealing(vectors.at("sealing"))
    statements(Json.parseToJsonElement(File(file.replace("sdk.json", "statements.json")).readText()).at("statements"))
    bundle(Json.parseToJsonElement(File(file.replace("sdk.json", "bundle.json")).readText()))
    val checkpoint = importCheckpoint(vectors.at("checkpoint").toString())
    must(importCheckpoint(exportCheckpoint(checkpoint)) == checkpoint) { "a checkpoint reads back" }
    val bad = refused<MusubiException.Input> { withdrawConsent("0x12", null) }
    must(bad.what == "ConsentId") { "bad input says what it is about" }
}

private fun extrinsic(vector: JsonElement) {
    val envelope = vector.at("envelope")
    val chain = ChainContext(envelope.text("genesis"), envelope.number("specVersion").toUInt(), envelope.number("transactionVersion").toUInt())
    val mortality = envelope.at("mortal").run { Mortality.Mortal(number("period"), number("height"), text("block")) }
    val call = withdrawConsent(vector.text("consent"), null)
    must(hex(call) == vector.text("call")) { "the call to the byte" }
    val account = envelope.text("account")
    val unsigned = UnsignedExtrinsic(chain, account, envelope.number("nonce").toUInt(), mortality, call)
    must(hex(unsigned.payloadToSign()) == vector.text("payload")) { "the payload to the byte" }
    val signed = runBlocking { unsigned.sign(PlatformSigner(account, hex(vector.text("seed")))) }
    must(hex(signed) == vector.text("extrinsic")) { "the extrinsic to the byte" }
    refused<MusubiException.WrongKey> { runBlocking { unsigned.sign(PlatformSigner(account, ByteArray(32) { 6 })) } }
}

private fun gateway(vector: JsonElement) {
    val call = GatewayCall("GET", vector.text("path"), null, vector.number("time"), ByteArray(0))
    val signer = PlatformSigner(vector.text("account"), hex(vector.text("seed")))
    val headers = runBlocking { signGatewayCall(vector.text("genesis"), call, signer) }.associate { it.name to it.value }
    must(headers["musubi-signature"] == vector.text("signature")) { "the gateway call to the byte" }
}

private fun care(vector: JsonElement) {
    val facts = vector.at("child", "subject")
    val subject = CareSubject(facts.text("birth"), Sex.valueOf(facts.text("sex").uppercase()))
    val child = Child(subject, History.Confirmed(listOf()), Circumstances())
    val proposal = Proposal(vector.text("proposal", "vaccine"), vector.text("proposal", "date"))
    must(vector.text("answer") == "conditions_met") { "a vector that this test knows" }
    must(ScheduleRules.bundled().check(child, proposal).answer is DoseAnswer.ConditionsMet) { "the answer of every language" }
}

private fun growth(vector: JsonElement) {
    val measured = BodyMeasurement(Measure.valueOf(vector.text("measure").uppercase()), vector.text("on"), vector.text("value"))
    val found = GrowthReference.bundled().evaluate(Sex.valueOf(vector.text("sex").uppercase()), vector.text("birth"), measured)
    val (low, high) = vector.at("between").jsonArray.map { it.jsonPrimitive.int.toUByte() }
    must(found?.position == Position.Between(low, high)) { "the place of every language" }
}

private fun checkIn(vector: JsonElement) {
    val document = CardDocument.parse(vector.text("document").toByteArray())
    must(document.kind() == DocumentKind.CHECK_IN) { "a check-in" }
    must(hex(document.bytesToSign(vector.text("genesis"))) == vector.text("bytesToSign")) { "the check-in's content to the byte" }
    must(String(document.bytes()) == vector.text("document")) { "the document as it was read" }
}

private fun sealing(vector: JsonElement) {
    val key = softwareRecordKey(hex(vector.text("secret")))
    val opened = runBlocking {
        openRecord(hex(vector.text("sealed")), hex(vector.text("envelope")), vector.text("commitment"), vector.text("ciphertext"), key)
    }
    must(String(opened) == vector.text("opened")) { "the sealed record opens" }
}

private val LANGUAGES = mapOf("ja" to Language.JAPANESE, "ja-x-easy" to Language.PLAIN_JAPANESE, "en" to Language.ENGLISH)

private fun statements(vectors: JsonElement) = vectors.jsonArray.forEach { vector ->
    val statement = ConsentStatement.parse(vector.text("document").toByteArray())
    must(String(statement.bytes()) == vector.text("document")) { "the statement as it was read" }
    must(statement.reference() == vector.text("reference")) { "the statement's reference" }
    must(hex(statement.bytesToSign(vector.text("genesis"))) == vector.text("bytesToSign")) { "the statement's content to the byte" }
    LANGUAGES.forEach { (tag, language) -> must(statement.text(language) == vector.text("text", tag)) { "the words in $tag to the letter" } }
}

private fun bundle(vector: JsonElement) {
    val trusted = importCheckpoint(vector.at("checkpoint").toString())
    val text = vector.text("text").toByteArray()
    val report = verifyBundle(trusted, text)
    must(report.asOf.height == vector.number("newest", "height") && report.asOf.time == vector.number("asOf")) { "the bundle's height and time" }
    must(report.checkpoint == importCheckpoint(vector.at("newest").toString())) { "the checkpoint after the bundle" }
    must(report.statements.size == vector.at("statements").jsonArray.size) { "every statement of the bundle" }
    vector.at("alteredAt").jsonArray.map { it.jsonPrimitive.int }.forEach { at ->
        val altered = text.copyOf()
        altered[at] = (altered[at].toInt() xor 1).toByte()
        refused<MusubiException.NotProved> { verifyBundle(trusted, altered) }
    }
}
