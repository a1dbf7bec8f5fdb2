"""The vectors that all languages share (tests/vectors/data), in Python: python3 vectors.py SDK.JSON"""

import asyncio
import json
import sys
import unittest

import musubi
from platform_keys import PlatformSigner


def read(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


SDK = sys.argv.pop(1)
VECTORS = read(SDK)
STATEMENTS = read(SDK.replace("sdk.json", "statements.json"))["statements"]
BUNDLE = read(SDK.replace("sdk.json", "bundle.json"))
LANGUAGES = {"ja": musubi.Language.JAPANESE, "ja-x-easy": musubi.Language.PLAIN_JAPANESE, "en": musubi.Language.ENGLISH}



def child_of(vector):
    history = vector["history"]
    assert history["completeness"] == "confirmed"
    doses = [musubi.Dose(vaccine=dose["vaccine"], date=dose["date"], standing=musubi.Standing.STORED) for dose in history["doses"]]
    sex = musubi.Sex[vector["subject"]["sex"].upper()]
    subject = musubi.CareSubject(birth=vector["subject"]["birth"], sex=sex)
    return musubi.Child(subject=subject, history=musubi.History.CONFIRMED(doses), circumstances=musubi.Circumstances())


def unsigned(vector):
    envelope = vector["envelope"]
    chain = musubi.ChainContext(
        genesis=envelope["genesis"],
        spec_version=envelope["specVersion"],
        transaction_version=envelope["transactionVersion"],
    )
    mortality = musubi.Mortality.MORTAL(**envelope["mortal"])
    call = musubi.withdraw_consent(vector["consent"], None)
    return call, musubi.UnsignedExtrinsic(chain, envelope["account"], envelope["nonce"], mortality, call)


class SharedVectors(unittest.TestCase):
    def test_an_extrinsic_comes_out_to_the_byte(self):
        vector = VECTORS["extrinsic"]
        call, extrinsic = unsigned(vector)
        self.assertEqual(call.hex(), vector["call"])
        self.assertEqual(extrinsic.payload_to_sign().hex(), vector["payload"])
        signed = asyncio.run(extrinsic.sign(PlatformSigner(bytes.fromhex(vector["seed"]))))
        self.assertEqual(signed.hex(), vector["extrinsic"])

    def test_another_accounts_signer_is_refused(self):
        _, extrinsic = unsigned(VECTORS["extrinsic"])
        with self.assertRaises(musubi.MusubiError.WrongKey):
            asyncio.run(extrinsic.sign(PlatformSigner(bytes([6] * 32))))
        with self.assertRaises(musubi.MusubiError.WrongKey):
            extrinsic.attach_signature(bytes(64))

    def test_a_gateway_call_is_signed_to_the_byte(self):
        vector = VECTORS["gateway"]
        call = musubi.GatewayCall(method="GET", path=vector["path"], subject=None, time=vector["time"], body=b"")
        headers = asyncio.run(musubi.sign_gateway_call(vector["genesis"], call, PlatformSigner(bytes.fromhex(vector["seed"]))))
        found = {header.name: header.value for header in headers}
        self.assertEqual(found["musubi-signature"], vector["signature"])
        self.assertEqual(found["musubi-account"], vector["account"])

    def test_the_schedule_check_answers_the_same(self):
        vector = VECTORS["care"]
        proposal = musubi.Proposal(vaccine=vector["proposal"]["vaccine"], date=vector["proposal"]["date"])
        found = musubi.ScheduleRules.bundled().check(child_of(vector["child"]), proposal)
        self.assertEqual(vector["answer"], "conditions_met")
        self.assertTrue(found.answer.is_CONDITIONS_MET(), found.answer)

    def test_the_growth_reference_places_the_same(self):
        vector = VECTORS["growth"]
        measured = musubi.BodyMeasurement(measure=musubi.Measure[vector["measure"].upper()], on=vector["on"], value=vector["value"])
        found = musubi.GrowthReference.bundled().evaluate(musubi.Sex[vector["sex"].upper()], vector["birth"], measured)
        self.assertEqual(list(found.position), vector["between"])

    def test_a_check_in_is_signed_to_the_byte(self):
        vector = VECTORS["checkIn"]
        document = musubi.CardDocument.parse(vector["document"].encode())
        self.assertEqual(document.kind(), musubi.DocumentKind.CHECK_IN)
        self.assertEqual(document.bytes_to_sign(vector["genesis"]).hex(), vector["bytesToSign"])
        self.assertEqual(document.bytes().decode(), vector["document"])

    def test_a_sealed_record_opens(self):
        vector = VECTORS["sealing"]
        key = musubi.software_record_key(bytes.fromhex(vector["secret"]))
        sealed, envelope = bytes.fromhex(vector["sealed"]), bytes.fromhex(vector["envelope"])
        opened = asyncio.run(musubi.open_record(sealed, envelope, vector["commitment"], vector["ciphertext"], key))
        self.assertEqual(opened.decode(), vector["opened"])

    def test_a_checkpoint_reads_back(self):
        text = json.dumps(VECTORS["checkpoint"])
        checkpoint = musubi.import_checkpoint(text)
        self.assertEqual(checkpoint.genesis, VECTORS["checkpoint"]["genesis"])
        self.assertEqual(musubi.import_checkpoint(musubi.export_checkpoint(checkpoint)), checkpoint)

    def test_a_statement_is_worded_to_the_letter(self):
        for vector in STATEMENTS:
            statement = musubi.ConsentStatement.parse(vector["document"].encode())
            self.assertEqual(statement.bytes().decode(), vector["document"])
            self.assertEqual(statement.reference(), vector["reference"])
            self.assertEqual(statement.bytes_to_sign(vector["genesis"]).hex(), vector["bytesToSign"])
            for language, text in vector["text"].items():
                self.assertEqual(statement.text(LANGUAGES[language]), text)

    def test_a_bundle_is_accepted_and_no_altered_one(self):
        trusted, text = musubi.import_checkpoint(json.dumps(BUNDLE["checkpoint"])), BUNDLE["text"].encode()
        report = musubi.verify_bundle(trusted, text)
        self.assertEqual((report.as_of.height, report.as_of.time), (BUNDLE["newest"]["height"], BUNDLE["asOf"]))
        self.assertEqual(report.checkpoint, musubi.import_checkpoint(json.dumps(BUNDLE["newest"])))
        self.assertEqual(len(report.statements), len(BUNDLE["statements"]))
        for at in BUNDLE["alteredAt"]:
            altered = bytearray(text)
            altered[at] ^= 1
            with self.assertRaises(musubi.MusubiError.NotProved):
                musubi.verify_bundle(trusted, bytes(altered))

    def test_bad_input_says_what_where_and_why(self):
        with self.assertRaises(musubi.MusubiError.Input) as raised:
            musubi.withdraw_consent("0x12", None)
        self.assertEqual(raised.exception.what, "ConsentId")
        with self.assertRaises(musubi.MusubiError.Input):
            musubi.import_checkpoint('{"height":0}')


if __name__ == "__main__":
    unittest.main(verbosity=2)
