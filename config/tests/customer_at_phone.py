"""A customer at the phone in the browser, as Playwright drives it: by roles and names, as a screen reader would."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

PATIENCE_MS = 45_000  # a payment waits for Paynow's status update, or for our next question
VIEW: ViewportSize = {"width": 1180, "height": 900}


class Customer:
    """One person with one phone in a window of its own."""

    def __init__(self, page: Page, phone_url: str, *, number: str, name: str) -> None:
        self.page, self.number, self.name = page, number, name
        page.set_default_timeout(PATIENCE_MS)
        page.goto(f"{phone_url}?number={number}&name={name}")
        self.handset = page.get_by_role("article", name=f"Phone of {name}")
        self.screen = self.handset.locator(".screen")
        self.flow = self.handset.get_by_test_id("flow")
        self._heard = 0

    # --- In the chat ------------------------------------------------------------------------------
    def say(self, words: str) -> None:
        self._remember()
        self.handset.get_by_role("textbox", name="Message").fill(words)
        self.page.keyboard.press("Enter")

    def hears(self, words: str | re.Pattern[str]) -> Locator:
        """Waits until the business has said it, after what the customer last did in the chat."""
        bubble = self.screen.locator(f":nth-child(n+{self._heard + 1} of .bubble.theirs)").filter(has_text=words).last
        expect(bubble).to_be_visible(timeout=PATIENCE_MS)
        return bubble

    def tap(self, label: str) -> None:
        """The newest button of the chat with this label."""
        self._remember()
        self.screen.get_by_role("log").get_by_role("button", name=label, exact=True).last.click()

    def pick(self, button: str, row: str) -> None:
        """Open the newest list and choose a row of it."""
        self.tap(button)
        self.screen.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{re.escape(row)}")).first.click()

    def attach(self, kind: str, file: Path | None = None, *, words: str = "") -> None:
        """Send a file of this machine as a Photo or a Document; without one, what the attachment of this name is by itself."""
        self._remember()
        self.handset.get_by_role("textbox", name="Message").fill(words)
        self.handset.get_by_role("button", name="Attach").click()
        choice = self.handset.get_by_role("button", name=kind, exact=True)
        if file is None:
            choice.click()
            return
        with self.page.expect_file_chooser() as chooser:
            choice.click()
        chooser.value.set_files(file)

    def _remember(self) -> None:
        self._heard = self.screen.locator(".bubble.theirs").count()

    # --- In the form ------------------------------------------------------------------------------
    def open_form(self, label: str = "Pay now") -> None:
        self.tap(label)
        expect(self.flow).to_be_visible()

    def choose(self, label: str) -> None:
        self.flow.get_by_role("radio", name=re.compile(f"^{re.escape(label)}")).check()

    def fill(self, label: str, words: str) -> None:
        self.flow.get_by_label(label).fill(words)

    def press(self, label: str) -> None:
        self.flow.get_by_role("button", name=label, exact=True).click()

    def reads(self, words: str | re.Pattern[str]) -> None:
        """Waits until the form shows it."""
        expect(self.flow.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)

    # --- The wallet on the handset, and the network -----------------------------------------------
    @property
    def prompt(self) -> Locator:
        return self.handset.get_by_test_id("prompt").first

    def answer_wallet(self, answer: str) -> None:
        self.prompt.get_by_role("button", name=answer, exact=True).click()

    def network(self, trouble: str) -> None:
        """Make the network bad in one way: a switch by its name, `Delay`, or what gets lost."""
        panel = self.handset.get_by_role("complementary")
        panel.get_by_label(f"Bad network of {self.name}").click()
        if trouble == "Delay":
            panel.get_by_label("Delay").fill("2")
        elif trouble in ("requests", "answers", "webhooks"):
            panel.get_by_label("Drop").select_option(trouble)
        else:
            panel.get_by_label(trouble).check()
        expect(self.handset.get_by_text("bad network", exact=True)).to_be_visible()

    def good_network(self) -> None:
        self.handset.get_by_role("complementary").get_by_role("button", name="Good network again").click()

    def picture(self, file: Path) -> None:
        self.handset.screenshot(path=file)


@contextmanager
def customer_in(browser: Browser, phone_url: str, *, number: str, name: str) -> Iterator[Customer]:
    page = browser.new_page(viewport=VIEW)
    yield Customer(page, phone_url, number=number, name=name)
    page.close()
