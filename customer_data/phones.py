"""Phone numbers as people in Zimbabwe write them. Pure."""

import phonenumbers

HOME_REGION = "ZW"


class NotAPhoneNumber(ValueError):
    """The message is a sentence that says what to type instead."""


def parse_phone(text: str) -> str:
    """A number in any form (`0771 234 567`, `263771234567`, `+263 77 123 4567`, `771234567`) as E.164.

    Raises NotAPhoneNumber.
    """
    plain = text.strip()
    for candidate in (plain, f"+{plain.lstrip('+')}"):
        number = _read(candidate)
        if number is not None:
            return number
    raise NotAPhoneNumber("That is not a phone number. Write it like 0771234567.")


def national(e164: str) -> str:
    """The ten digits a Zimbabwean dials, `0771234567`, from E.164; empty for a number of another country."""
    return f"0{e164.removeprefix('+263')}" if e164.startswith("+263") else ""


def hide_phone(phone: str) -> str:
    """The number with only its last three digits, for logs and lists."""
    return f"…{phone[-3:]}" if phone else ""


def _read(text: str) -> str | None:
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
