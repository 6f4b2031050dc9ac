"""Words that are understood anywhere in the talk, in English, Shona and Zimbabwean Ndebele. Pure."""

from __future__ import annotations

import re
import unicodedata

WORDS: dict[str, tuple[str, ...]] = {
    "menu": ("menu", "main menu", "start again", "start over", "restart", "home", "begin"),
    "back": ("back", "go back", "previous"),
    "my_bookings": ("my bookings", "my booking", "bookings", "booking"),
    "pay_balance": (
        *("pay balance", "pay the balance", "pay my balance", "balance", "pay", "pay now", "payment"),
        *("bhadhara", "bhadharai", "kubhadhara", "ndoda kubhadhara", "bhadala", "bhadalani", "ukubhadala"),
    ),
    "talk_to_person": (
        *("talk to a person", "talk to person", "person", "agent", "human", "operator", "somebody", "a person"),
        *("munhu", "umuntu"),
    ),
    "stop": ("stop", "unsubscribe", "stop reminders", "misa"),
    "start": ("start", "subscribe", "start reminders"),
    "help": ("help", "help me", "what can i do", "commands"),
    "book": ("book", "book a trip", "book a tour", "new booking", "bhuka", "trips", "tours"),
    "language": ("language", "languages", "english", "shona", "ndebele", "mutauro", "ulimi"),
    "receipt": ("receipt", "my receipt", "receipts", "risiti", "irisidi"),
    "i_have_paid": ("i have paid", "i paid", "paid", "have paid", "i already paid"),
    "cancel": ("cancel", "cancel booking", "cancel my booking", "cancel it"),
    "yes": ("yes", "y", "yeah", "yep", "ok", "okay", "sure", "correct", "hongu", "ehe", "yebo"),
    "no": ("no", "n", "nope", "none", "kwete", "aiwa", "hatshi"),
    "skip": ("skip", "no email", "no e-mail", "no thanks"),
    "greeting": (
        *("hi", "hie", "hello", "hey", "good morning", "good afternoon", "good evening", "hi there", "hello there"),
        *("mhoro", "mhoroi", "salibonani"),
    ),
    "thanks": ("thanks", "thank you", "thank you very much", "thx", "tatenda", "mazvita", "siyabonga", "ngiyabonga"),
}
"""What a customer may write, as `plain` makes it, by what it means. Shona and Ndebele: attested words only, never Zulu ones."""

HINTS: dict[str, tuple[str, ...]] = {
    "talk_to_person": ("agent", "person", "human", "someone", "somebody", "munhu", "umuntu", "refund", "complaint", "call"),
    "cancel": ("cancel",),
    "receipt": ("receipt", "risiti", "irisidi"),
    "pay_balance": ("pay", "balance", "bhadhara", "kubhadhara", "bhadala", "ukubhadala"),
    "my_bookings": ("bookings",),
    "book": ("book", "bhuka", "trip", "trips", "tour", "tours"),
    "menu": ("menu",),
    "help": ("help",),
}
"""What a sentence with such a word is about, when it is not understood otherwise. Never *stop*: that must be meant."""

_MEANINGS = {word: meaning for meaning, words in WORDS.items() for word in words}

_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")

_PLACE = re.compile(r"(?:the |number |option |no |nr )?(?P<place>[a-z]+|\d{1,2})(?:st|nd|rd|th)?(?: one| option)?")


def plain(text: str) -> str:
    """`text` in small letters, without accents, emoji and punctuation around its words: `¡Menú! 😀` is `menu`."""
    letters = unicodedata.normalize("NFKD", text.replace("'", "").replace("\u2019", "")).casefold()
    kept = "".join(_kept(letter) for letter in letters)
    return " ".join(word.strip("-.@") for word in kept.split() if word.strip("-.@"))


def meaning_of(text: str) -> str:
    """The keyword that `text` is, and nothing else beside it; empty when it is none."""
    if text.strip()[:1] in ("👍", "👎"):
        return "yes" if text.strip()[0] == "👍" else "no"
    return _MEANINGS.get(plain(text).removeprefix("please ").removesuffix(" please"), "")


def hint_of(text: str) -> str:
    """What a longer sentence seems to be about; empty when nothing tells."""
    words = set(plain(text).split())
    return next((meaning for meaning, telling in HINTS.items() if words & set(telling)), "")


def place_of(text: str) -> int:
    """Which of several choices `2`, `two`, `the second` or `option 2` means, from 1; 0 when it says none."""
    found = _PLACE.fullmatch(plain(text))
    if found is None:
        return 0
    word = found["place"]
    if word.isdigit():
        return int(word)
    for words in (_ORDINALS, NUMBERS):
        if word in words:
            return words.index(word) + 1
    return 0


def _kept(letter: str) -> str:
    if unicodedata.combining(letter):
        return ""
    return letter if letter.isalnum() or letter in "-.@" else " "
