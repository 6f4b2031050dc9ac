"""A member of staff at the desk, as Playwright drives it: by roles and names, as a screen reader would."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from config.management.commands.load_demo import ADMIN_PASSWORD

PATIENCE_MS = 45_000  # the gateway is asked by another process
VIEW: ViewportSize = {"width": 1280, "height": 900}
HOME = re.compile("/admin/$")


class Staff:
    """One of the demo's people in a window of their own, signed in at the real sign-in page."""

    def __init__(self, page: Page, name: str) -> None:
        self.page, self.name = page, name
        page.set_default_timeout(PATIENCE_MS)
        page.goto("/admin/")
        self.sign_in()
        expect(page).to_have_url(HOME)

    # --- Coming in and looking around -------------------------------------------------------------
    def sign_in(self) -> None:
        self.page.get_by_label("Username").fill(self.name)
        self.page.get_by_label("Password").fill(ADMIN_PASSWORD)
        self.page.get_by_role("button", name="Log in").click()

    def loses_session(self) -> None:
        """As after half an hour without a click; the page stays open."""
        self.page.context.clear_cookies(name="sessionid")

    def open(self, line: str) -> None:
        """A page, by its line in the sidebar; its group is opened first where it is closed."""
        link = self.page.locator(f'#nav-sidebar-apps a:has(> span:text-is("{line}"))')
        expect(link).to_have_count(1)
        if not link.is_visible():
            link.locator("xpath=ancestor::div[1]/h2").click()
        link.click()

    def find(self, line: str, typed: str) -> None:
        """Search a list."""
        self.open(line)
        self.page.locator("input[name=q]").fill(typed)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(re.compile("[?&]q="))

    def pick(self, words: str) -> None:
        """The row of a list with these words in it."""
        self.row(words).first.get_by_role("link").first.click()
        self.page.wait_for_url(re.compile("/change/"))

    def row(self, words: str) -> Locator:
        return self.page.locator("#result_list tbody tr").filter(has_text=words)

    # --- Reading ------------------------------------------------------------------------------------
    def reads(self, words: str | re.Pattern[str]) -> None:
        """Waits until the page shows it."""
        expect(self.page.get_by_text(words).first).to_be_visible(timeout=PATIENCE_MS)

    def stands(self, words: str | re.Pattern[str]) -> None:
        """Waits until the first thing on the page says so."""
        expect(self.part("How it stands")).to_contain_text(words, timeout=PATIENCE_MS)

    def part(self, name: str) -> Locator:
        return self.page.get_by_role("region", name=name)

    # --- Doing --------------------------------------------------------------------------------------
    def is_offered(self, label: str) -> bool:
        return self._button(label).count() > 0

    def press(self, label: str, **typed: str | Path) -> None:
        """A button, once what it asks for is typed."""
        self.type_beside(label, **typed)
        self._button(label).click()

    def press_at_once(self, label: str) -> None:
        """A button, without waiting for what it leads to."""
        self._button(label).click(no_wait_after=True)

    def type_beside(self, label: str, **typed: str | Path) -> None:
        """`typed` by the name of what is asked: reason, amount, reference, …; a Path is chosen as a file."""
        form = self.page.locator("form.desk-button").filter(has=self.page.get_by_role("button", name=label, exact=True))
        for name, value in typed.items():
            field = form.locator(f"[name={name}]")
            if isinstance(value, Path):
                field.set_input_files(value)
            elif field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(label=value)
            else:
                field.fill(value)

    def _button(self, label: str) -> Locator:
        return self.page.locator("form.desk-button").get_by_role("button", name=label, exact=True)


@contextmanager
def staff_in(browser: Browser, address: str, name: str) -> Iterator[Staff]:
    """One of the demo's people: cashier, supervisor, accountant or owner."""
    window = browser.new_context(base_url=address, viewport=VIEW, color_scheme="light")
    yield Staff(window.new_page(), name)
    window.close()
