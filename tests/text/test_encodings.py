"""Texts in the encodings of old notes are read; where nothing tells the encoding, it is guessed and said."""

from __future__ import annotations

import pytest

from rag_bot.text.encodings import decode

LONG = {
    "gb18030": "他每天早上六点起床，先喝一杯水，然后去公园跑步。中午和同事一起在食堂吃饭。",
    "big5": "他每天早上六點起床，先喝一杯水，然後去公園跑步。中午和同事一起在食堂吃飯。",
    "cp932": "毎朝六時に起きて、水を一杯飲んでから公園を走ります。昼は同僚と食堂で食べます。",
    "euc_jp": "毎朝六時に起きて、水を一杯飲んでから公園を走ります。昼は同僚と食堂で食べます。",
    "cp949": "매일 아침 여섯 시에 일어나서 물을 한 잔 마시고 공원에서 달린다. 점심은 동료와 먹는다.",
    "cp1251": "Каждое утро он встаёт в шесть, пьёт стакан воды и бегает в парке.",
    "koi8_r": "Каждое утро он встаёт в шесть, пьёт стакан воды и бегает в парке.",
    "cp1250": "Codziennie rano wstaję o szóstej, piję szklankę wody i biegnę przez park, żeby zdążyć.",
    "cp1253": "Κάθε πρωί ξυπνάει στις έξι, πίνει ένα ποτήρι νερό και τρέχει στο πάρκο.",
    "utf-16-le": "Every morning at six: a glass of water.\nThen the park.",
    "utf-16-be": "Каждое утро он встаёт в шесть.\nПотом бегает.",
}
WESTERN = (
    "Müsli kaufen", "Café à 5 €", "Señor Peña", "10 °C", "5 µm", "it’s “fine” – really…", "Où est-il? Noël",
    "¿Qué? ¡Sí!", "São Paulo não é longe", "Smørrebrød på Åland", "FRANÇAIS ÉTÉ", "Straße 5", "£5",
)  # fmt: skip


@pytest.mark.parametrize("encoding", LONG)
def test_an_encoding_is_guessed_and_said(encoding: str) -> None:
    assert decode(LONG[encoding].encode(encoding)) == (LONG[encoding], encoding)


@pytest.mark.parametrize("text", WESTERN)
def test_a_few_western_words_are_read_as_they_always_were(text: str) -> None:
    assert decode(text.encode("cp1252"))[0] == text


def test_utf_8_and_marked_texts_are_not_guessed() -> None:
    assert decode("Grüße, 你好".encode()) == ("Grüße, 你好", "")
    assert decode("Grüße".encode("utf-16")) == ("\ufeffGrüße", "")


def test_one_broken_byte_does_not_spoil_a_text_in_utf_8() -> None:
    assert decode("Grüße an Zoë, schöne Äpfel, für Jörg, später".encode() * 2 + b" \xe9") == (
        "Grüße an Zoë, schöne Äpfel, für Jörg, später" * 2 + " \ufffd",
        "damaged utf-8",
    )


def test_what_has_a_nul_and_is_no_text_keeps_it() -> None:
    assert "\0" in decode(b"The ladder is \x00 in the shed.")[0]
