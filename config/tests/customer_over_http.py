"""A customer at the simulated phone, over HTTP and without a browser: the chat, the payment form, the prompt of the wallet."""

from typing import Any

import requests

from config.tests.processes import wait_until

Json = dict[str, Any]


class HttpCustomer:
    """One person with one phone, of a running house."""

    def __init__(self, phone_url: str, *, number: str, name: str) -> None:
        self._api, self.number = f"{phone_url}/api", number
        self._post("phones", number=number, name=name)
        self._form: Json = {}

    # --- In the chat ------------------------------------------------------------------------------
    def say(self, words: str) -> None:
        self._post(f"phones/{self.number}/messages", type="text", text=words)

    def hears(self, words: str) -> Json:
        """The newest bubble of the business with these words, once it is there."""
        wait_until(lambda: self._heard(words))
        return self._heard(words)[-1]

    def tap(self, bubble: Json, title: str) -> str:
        """Tap the button or row of this title; the id of the message that this sends."""
        rows = [*bubble["choices"], *(row for section in bubble["sections"] for row in section["rows"])]
        choice = next(row["id"] for row in rows if row["title"].startswith(title))
        answer = self._post(f"phones/{self.number}/messages", type="tap", message=bubble["id"], choice=choice)
        return str(answer["id"])

    # --- In the form ------------------------------------------------------------------------------
    def open_form(self, bubble: Json) -> None:
        self._form = self._post(f"phones/{self.number}/flows", message=bubble["id"])

    def submit(self, **payload: str) -> None:
        """Fill in the screen in view and tap its button."""
        shown = self._post(f"flows/{self._form['session']}", do="submit", screen=self._form["shown"]["screen"], payload=payload)
        self._form["shown"] = shown["shown"]

    @property
    def screen(self) -> str:
        return str(self._form["shown"].get("screen", ""))

    def approve(self, wallet: str) -> None:
        """Press *Approve* on the newest prompt of this wallet, once it is there."""
        wait_until(lambda: self._prompts(wallet))
        self._post(f"phones/{self.number}/prompts/{self._prompts(wallet)[0]['reference']}", answer="approve")

    def _prompts(self, wallet: str) -> list[Json]:
        prompts = requests.get(f"{self._api}/phones/{self.number}/prompts", timeout=10).json()["prompts"]
        return [prompt for prompt in prompts if prompt["number"].endswith(wallet[1:]) and prompt["state"] == "open"]

    # --- Below ------------------------------------------------------------------------------------
    def _heard(self, words: str) -> list[Json]:
        items = requests.get(f"{self._api}/phones/{self.number}/chat", timeout=10).json()["items"]
        return [item for item in items if item["from"] == "business" and words in item["body"]]

    def _post(self, path: str, **values: Any) -> Json:
        answer = requests.post(f"{self._api}/{path}", json=values, timeout=20)
        assert answer.status_code == 200, answer.text
        said: Json = answer.json()
        return said
