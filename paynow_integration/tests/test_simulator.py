"""The simulated Paynow keeps to Paynow's documentation: test values, updates, pages, faults."""

from decimal import Decimal

import pytest
import requests

from customer_data.gateway import GatewayRefused, Misconfigured, OutcomeUnknown
from paynow_integration.client import PaynowClient
from paynow_integration.hashing import is_genuine, sign
from paynow_integration.messages import encode, parse, read_amount, write_charge
from paynow_integration.simulator import DrivenClock, PaynowSimulator, wire
from paynow_integration.simulator.office import NotPossible
from paynow_integration.simulator.records import TEST_TOKENS, Integration
from paynow_integration.tests.merchant import KEY, LIVE_KEY, MerchantServer, a_request, client_for


def statuses(merchant: MerchantServer) -> list[str]:
    return [parse(body).get("status") for body in merchant.bodies]


def charge(client: PaynowClient, merchant: MerchantServer, **changes: str) -> str:
    """An accepted express charge; its poll address."""
    return client.express(a_request(result_url=merchant.url, **changes)).poll_url


def answer_to(simulator: PaynowSimulator, pairs: wire.Pairs, *, key: str = KEY, call: str = "remotetransaction") -> str:
    """The error text (empty: accepted) for `pairs`, signed and posted."""
    with requests.post(f"{simulator.url}/interface/{call}", data=encode(sign(pairs, key)), timeout=5) as response:
        return parse(response.content).get("error")


# --- The wire -------------------------------------------------------------------------------------
def test_it_writes_as_dot_net_does() -> None:
    assert wire.encode([("a", "Dial *151*2*4# (now)!"), ("b", "https://x/é~-_.")]) == (
        b"a=Dial+*151*2*4%23+(now)!&b=https%3a%2f%2fx%2f%c3%a9%7e-_."
    )


def test_an_update_has_the_fields_of_real_ones_in_their_order(
    client: PaynowClient, merchant: MerchantServer, clock: DrivenClock
) -> None:
    charge(client, merchant)
    clock.advance(5)
    message = parse(merchant.bodies[0])
    assert [name for name, _ in message.pairs] == ["reference", "paynowreference", "amount", "status", "pollurl", "hash"]
    assert b"http%3a%2f%2f" in merchant.bodies[0]
    assert is_genuine(message.pairs, KEY)


def test_a_poll_by_get_a_poll_by_post_and_a_trace_answer_the_same(client: PaynowClient, merchant: MerchantServer) -> None:
    poll_url = charge(client, merchant)
    with requests.get(poll_url, timeout=5) as by_get, requests.post(poll_url.lower(), timeout=5) as by_post:
        found = client.trace("B7K2M9QXA4T")
        assert found is not None
        assert parse(by_get.content).pairs == parse(by_post.content).pairs == found.pairs


def test_a_multipart_request_is_understood(simulator: PaynowSimulator) -> None:
    pairs = sign(write_charge(a_request(), integration_id="1201"), KEY)
    parts = [(name, (None, value)) for name, value in pairs]
    with requests.post(f"{simulator.url}/interface/remotetransaction", files=parts, timeout=5) as response:
        assert parse(response.content).word == "ok"


# --- What it refuses ------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"id": "9999", "amount": "x"}, "Invalid id."),
        ({"status": "Ok", "amount": "x"}, "Invalid status field"),
        ({"amount": "10,00", "method": "paypal"}, "Invalid amount field"),
        ({"amount": "0.30000000000000004"}, "Invalid amount field"),
        ({"amount": "0.00"}, "Invalid amount field"),
        ({"returnurl": "/return"}, "Enter valid return url"),
        ({"method": "telecash", "phone": "0779999999"}, "The payment method is not enabled for this integration"),
        ({"authemail": ""}, "Invalid authemail field"),
        ({"phone": "+263771111111"}, "Invalid phone field"),
        ({"authemail": "customer@example.com"}, "Integration is in test mode: authemail must be a login of the merchant account"),
        ({"phone": "0779999999"}, "Integration is in test mode: only the test numbers are accepted"),
        ({"phone": "0774444444"}, "Insufficient balance"),
        ({"merchanttrace": "x" * 33}, "Invalid merchanttrace field"),
        ({}, ""),
    ],
)
def test_requests_are_checked_in_the_documented_order(simulator: PaynowSimulator, changes: dict[str, str], error: str) -> None:
    fields = dict(write_charge(a_request(), integration_id="1201")) | changes
    assert answer_to(simulator, list(fields.items())) == error


def test_a_wrong_hash_is_told_six_digits_of_the_right_one(simulator: PaynowSimulator) -> None:
    pairs = list(write_charge(a_request(), integration_id="1201"))
    right = dict(sign(pairs, KEY))["hash"]
    assert answer_to(simulator, pairs, key="wrong") == f"Invalid Hash.  Hash should start with: {right[:6]}"


def test_a_trace_number_is_used_once(client: PaynowClient, simulator: PaynowSimulator) -> None:
    client.express(a_request())
    with pytest.raises(OutcomeUnknown):
        client.express(a_request())
    assert len(simulator.transactions(trace="B7K2M9QXA4T")) == 1


def test_the_ticket_variant_is_refused(simulator: PaynowSimulator) -> None:
    with requests.post(f"{simulator.url}/interface/initiatetickettransaction", timeout=5) as response:
        assert parse(response.content).is_error


# --- Wallets --------------------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["ecocash", "onemoney"])
@pytest.mark.parametrize(
    ("phone", "seconds", "word"), [("0771111111", 5, "Paid"), ("0772222222", 30, "Paid"), ("0773333333", 30, "Cancelled")]
)
def test_the_documented_numbers_behave_as_documented(
    client: PaynowClient, merchant: MerchantServer, clock: DrivenClock, method: str, phone: str, seconds: int, word: str
) -> None:
    poll_url = charge(client, merchant, phone=phone, method=method)
    clock.advance(seconds - 1)
    assert (client.poll(poll_url).get("status"), merchant.bodies) == ("Sent", [])
    clock.advance(1)
    assert (client.poll(poll_url).get("status"), statuses(merchant)) == (word, [word])


@pytest.mark.parametrize("method", ["vmc", "zimswitch"])
def test_the_documented_tokens_behave_as_documented(simulator: PaynowSimulator, clock: DrivenClock, method: str) -> None:
    outcomes = []
    for number, token in enumerate(TEST_TOKENS[method]):
        fields = dict(write_charge(a_request(method=method, merchant_trace=f"T{number}"), integration_id="1201")) | {"token": token}
        fields["reference"] = token
        outcomes.append(answer_to(simulator, list(fields.items())))
    clock.advance(30)
    assert outcomes == ["", "", "", "Insufficient balance"]
    assert [each.status for each in simulator.transactions()] == ["Paid", "Paid", "Cancelled"]


def test_words_for_money_and_refusal_can_be_chosen(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer, clock: DrivenClock
) -> None:
    simulator.manners.money_word, simulator.manners.refusal_word = "Awaiting Delivery", "Failed"
    charge(client, merchant)
    charge(client, merchant, phone="0773333333", reference="R2", merchant_trace="T2")
    clock.advance(30)
    simulator.move("B7K2M9QXA4T", "Delivered")
    assert statuses(merchant) == ["Awaiting Delivery", "Failed", "Delivered"]


def test_a_live_integration_takes_any_number_and_any_email(
    simulator: PaynowSimulator, merchant: MerchantServer, clock: DrivenClock
) -> None:
    simulator.set_wallet("0779999999", "decline", 2)
    simulator.set_wallet("0778888888", "ignore")
    simulator.set_wallet("0777777777", "insufficient")
    with client_for(simulator, live=True) as client:
        for phone in ("0712345678", "0779999999", "0778888888"):
            charge(client, merchant, phone=phone, email="customer@example.com", reference=phone, merchant_trace=phone)
        with pytest.raises(GatewayRefused):
            charge(client, merchant, phone="0777777777", merchant_trace="T4")
    clock.advance(5)
    assert [each.status for each in simulator.transactions()] == ["Paid", "Cancelled", "Sent"]


def test_an_innbucks_code_pays_or_runs_out(simulator: PaynowSimulator, merchant: MerchantServer, clock: DrivenClock) -> None:
    with client_for(simulator, live=True) as client:
        charge(client, merchant, method="innbucks", reference="R1", merchant_trace="T1")
        charge(client, merchant, method="innbucks", reference="R2", merchant_trace="T2")
    clock.advance(300)
    simulator.approve("R1")
    clock.advance(300)
    assert [each.status for each in simulator.transactions()] == ["Paid", "Cancelled"]


def test_in_test_mode_an_innbucks_code_pays_by_itself(client: PaynowClient, merchant: MerchantServer, clock: DrivenClock) -> None:
    charge(client, merchant, method="innbucks", phone="0712345678")
    clock.advance(5)
    assert statuses(merchant) == ["Paid"]


def test_a_fifth_wrong_otp_cancels(client: PaynowClient, merchant: MerchantServer, simulator: PaynowSimulator) -> None:
    simulator.manners.otp = "012345"
    url = client.express(a_request(method="omari", result_url=merchant.url)).otp_url
    for _ in range(5):
        with pytest.raises(GatewayRefused):
            client.submit_otp(url, "12345")
    assert statuses(merchant) == ["Cancelled"]


def test_an_otp_that_is_signed_with_another_key_is_refused(client: PaynowClient, simulator: PaynowSimulator) -> None:
    url = client.express(a_request(method="omari")).otp_url
    with pytest.raises(Misconfigured):
        PaynowClient("1201", LIVE_KEY, base_url=simulator.url).submit_otp(url, "123456")


def test_what_is_over_stays_over(client: PaynowClient, simulator: PaynowSimulator) -> None:
    client.express(a_request())
    simulator.decline("B7K2M9QXA4T")
    with pytest.raises(NotPossible, match="cannot become Paid"):
        simulator.approve("B7K2M9QXA4T")


# --- Updates --------------------------------------------------------------------------------------
def test_an_update_is_sent_again_on_an_error_status_until_it_is_taken(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer, clock: DrivenClock
) -> None:
    merchant.answers = [500, 404, 200]
    charge(client, merchant)
    clock.advance(5 + 3 * simulator.manners.resend_seconds)
    assert simulator.updates()[0].answers == [500, 404, 200]
    assert len(set(merchant.bodies)) == 1


def test_an_update_is_sent_again_ten_times_and_no_more(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer, clock: DrivenClock
) -> None:
    merchant.answers = [503] * 50
    charge(client, merchant)
    clock.advance(24 * 3600)
    assert len(merchant.bodies) == 11


def test_a_merchant_who_is_away_is_tried_again(client: PaynowClient, simulator: PaynowSimulator, clock: DrivenClock) -> None:
    client.express(a_request(result_url="http://127.0.0.1:1/ipn"))
    clock.advance(24 * 3600)
    assert simulator.updates()[0].answers == [0] * 11


def test_an_update_can_be_dropped_doubled_or_overtaken(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer
) -> None:
    for reference, fault in (("R1", "drop_update"), ("R2", "duplicate_update"), ("R3", "hold_update")):
        charge(client, merchant, reference=reference, merchant_trace=reference)
        simulator.fault(fault, on="update", times=1, reference=reference)
        simulator.approve(reference)
        simulator.move(reference, "Refunded")
    assert [(parse(body).get("reference"), parse(body).get("status")) for body in merchant.bodies] == [
        ("R1", "Refunded"),
        ("R2", "Paid"),
        ("R2", "Paid"),
        ("R2", "Refunded"),
        ("R3", "Refunded"),
        ("R3", "Paid"),
    ]


def test_an_update_can_come_late_and_about_the_prompt_too(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer, clock: DrivenClock
) -> None:
    simulator.fault("sent_update", on="express", times=1)
    simulator.fault("delay_update", on="update", times=1, value="20")
    client.express(a_request(phone="0771111111", result_url=merchant.url))
    clock.advance(5)
    assert [parse(body).get("status") for body in merchant.bodies] == ["Paid"]
    clock.advance(20)
    assert [parse(body).get("status") for body in merchant.bodies] == ["Paid", "Sent"]
    assert [len(update.answered_at) for update in simulator.updates()] == [1, 1]


def test_an_update_can_come_before_the_reply(client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer) -> None:
    simulator.fault("early_update", on="express")
    seen: list[int] = []
    merchant.on_update = lambda body: seen.append(len(seen))
    poll_url = charge(client, merchant)
    assert seen == [0]
    assert client.poll(poll_url).get("status") == "Paid"


def test_a_merchant_may_ask_while_he_is_being_told(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer
) -> None:
    poll_url = charge(client, merchant)
    answers: list[str] = []
    merchant.on_update = lambda body: answers.append(client.poll(poll_url).word)
    simulator.approve("B7K2M9QXA4T")
    assert answers == ["paid"]


@pytest.mark.parametrize(
    ("fault", "field", "value"),
    [
        ("wrong_amount", "amount", "0.01"),
        ("wrong_reference", "reference", "SOMEBODY-ELSE"),
        ("foreign_pollurl", "pollurl", "http://192.0.2.1/Interface/CheckPayment/?guid=foreign"),
        ("unknown_status", "status", "Under Review"),
        ("comma_paynowreference", "paynowreference", "10,000,001"),
        ("blank_field", "note", ""),
        ("extra_field", "somethingnew", "a field nobody told you about"),
    ],
)
def test_a_twisted_update_is_still_signed(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer, fault: str, field: str, value: str
) -> None:
    charge(client, merchant)
    simulator.fault(fault, on="update")
    simulator.approve("B7K2M9QXA4T")
    message = parse(merchant.bodies[0])
    assert message.fields[field] == value
    assert is_genuine(message.pairs, KEY)


@pytest.mark.parametrize("written", ["DDMMMYYYY", "D-MMM-YYYY"])
def test_a_tokenised_card_gives_a_token_and_its_end(simulator: PaynowSimulator, merchant: MerchantServer, written: str) -> None:
    simulator.manners.token_expiry_format = written
    pairs = [*write_charge(a_request(method="", phone="", result_url=merchant.url), integration_id="1201"), ("tokenize", "true")]
    assert answer_to(simulator, pairs, call="initiatetransaction") == ""
    simulator.approve("B7K2M9QXA4T")
    message = parse(merchant.bodies[0])
    assert message.get("token").startswith("{")
    assert len(message.get("tokenexpiry").replace("-", "").zfill(9)) == 9
    assert ("-" in message.get("tokenexpiry")) is ("-" in written)
    assert is_genuine(message.pairs, KEY)


def test_instrument_details_are_signed_too(simulator: PaynowSimulator, merchant: MerchantServer) -> None:
    simulator.add_integration(Integration("1201", KEY, instrument_details=True))
    with client_for(simulator, merchant.url) as client:
        charge(client, merchant)
    simulator.approve("B7K2M9QXA4T")
    message = parse(merchant.bodies[0])
    assert message.get("paymentchannel") == "Ecocash"
    assert is_genuine(message.pairs, KEY)


# --- The page -------------------------------------------------------------------------------------
def open_page(client: PaynowClient, merchant: MerchantServer, **changes: str) -> str:
    return client.initiate(a_request(**({"method": "", "phone": "", "result_url": merchant.url} | changes))).browser_url


@pytest.mark.parametrize(("action", "word"), [("pay", "Paid"), ("cancel", "Cancelled"), ("fail", "Failed")])
def test_the_page_tells_the_merchant_first_and_then_sends_the_payer_back(
    client: PaynowClient, merchant: MerchantServer, action: str, word: str
) -> None:
    url = open_page(client, merchant)
    with requests.get(url, timeout=5) as page:
        assert "[TESTING: Faked Success]" in page.text
        assert "USD 10.00" in page.text
    with requests.post(url, data={"action": action}, timeout=5, allow_redirects=False) as answer:
        assert (answer.status_code, answer.headers["Location"]) == (303, "https://m.example/return")
    assert statuses(merchant) == [word]


def test_a_second_click_pays_nothing_more(client: PaynowClient, merchant: MerchantServer, simulator: PaynowSimulator) -> None:
    url = open_page(client, merchant)
    for _ in range(2):
        with requests.post(url, data={"action": "pay"}, timeout=5, allow_redirects=False) as answer:
            assert answer.status_code == 303
    assert simulator.transactions()[0].prompts == 1
    assert statuses(merchant) == ["Paid"]


def test_in_test_mode_a_stranger_is_turned_away(client: PaynowClient, merchant: MerchantServer, simulator: PaynowSimulator) -> None:
    url = open_page(client, merchant, email="customer@example.com")
    with requests.get(url, timeout=5) as page, requests.post(url, data={"action": "pay"}, timeout=5) as answer:
        assert "still in testing" in page.text
        assert answer.status_code == 403
    assert simulator.transactions()[0].status == "Created"


def test_what_a_merchant_writes_cannot_run_in_the_page(
    client: PaynowClient, merchant: MerchantServer, simulator: PaynowSimulator
) -> None:
    url = open_page(client, merchant, description="<script>alert(1)</script>", reference="<b>R</b>")
    for address in (url, simulator.url):
        with requests.get(address, timeout=5) as page:
            assert "<script>alert" not in page.text
            assert "<b>R</b>" not in page.text
            assert "&lt;b&gt;R&lt;/b&gt;" in page.text


def test_money_taken_is_the_money_asked(client: PaynowClient, merchant: MerchantServer, simulator: PaynowSimulator) -> None:
    charge(client, merchant)
    simulator.approve("B7K2M9QXA4T")
    assert read_amount(parse(merchant.bodies[0]).get("amount")) == Decimal("10.00") == simulator.transactions()[0].amount
