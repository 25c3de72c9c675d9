"""Was it a person? The rules that look at one hit alone, and every rule's sentence."""

import crawleruseragents
import pytest

from server.kit.text import LANGUAGES
from server.tracking.evidence import CLICK, OPEN, RULES, Hit, judge, rule_text

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"
BROWSERS = (
    FIREFOX,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 14; 22101316G Build/ruby) AppleWebKit/537.36"
    " (KHTML, like Gecko) Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/18.1 Safari/605.1.15",
)


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "head"])
def test_asking_for_the_head_only_is_a_scanner(method: str) -> None:
    assert judge(Hit(method, FIREFOX)) == ("scanner", "1-method")


@pytest.mark.parametrize("purpose", ["prefetch", "Prefetch", "prefetch;prerender"])
def test_a_page_fetched_in_advance_is_a_scanner(purpose: str) -> None:
    assert judge(Hit("GET", FIREFOX, purpose)) == ("scanner", "1-prefetch")


@pytest.mark.parametrize("agent", ["", "  "])
def test_no_user_agent_is_a_scanner(agent: str) -> None:
    assert judge(Hit("GET", agent)) == ("scanner", "2-empty-agent")


@pytest.mark.parametrize(
    "agent",
    [
        "curl/8.5.0",
        "Wget/1.21.4",
        "python-requests/2.32.3",
        "python-httpx/0.27.0",
        "Python/3.11 aiohttp/3.9.5",
        "Go-http-client/2.0",
        "okhttp/4.12.0",
        "Java/17.0.9",
        "libwww-perl/6.72",
        "axios/1.7.2",
        "node-fetch/1.0 (+https://github.com/bitinn/node-fetch)",
        "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
        FIREFOX.replace("Firefox", "HeadlessChrome"),
    ],
)
def test_a_library_or_a_listed_crawler_is_a_scanner(agent: str) -> None:
    assert judge(Hit("GET", agent)) == ("scanner", "2-listed-agent")


def test_the_list_of_crawlers_is_the_one_of_the_package() -> None:
    listed = crawleruseragents.CRAWLER_USER_AGENTS_DATA[:200]
    agents = [agent for entry in listed for agent in entry["instances"][:1]]
    assert len(agents) > 100
    assert {judge(Hit("GET", agent)).evidence for agent in agents} == {"scanner"}


@pytest.mark.parametrize("agent", BROWSERS)
def test_a_browser_that_follows_a_link_is_likely_a_person(agent: str) -> None:
    assert judge(Hit("GET", agent, "", 20_000.0, "192.0.2.0/24")) == ("likely", "none")


@pytest.mark.parametrize("agent", [*BROWSERS, "", "curl/8.5.0"])
def test_a_pressed_button_is_a_person(agent: str) -> None:
    assert judge(Hit("POST", agent, confirmed_act=True)) == ("human", "10-button")


def test_a_head_request_presses_no_button() -> None:
    assert judge(Hit("HEAD", FIREFOX, confirmed_act=True)).evidence == "scanner"
    assert judge(Hit("GET", FIREFOX, confirmed_act=True)).evidence == "likely"


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_rule_says_itself_in_a_sentence(language: str) -> None:
    sentences = {rule_text(rule, language) for rule in RULES}
    assert len(sentences) == len(RULES) == 15
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.parametrize(
    "agent",
    [
        "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com GoogleImageProxy)",
        "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
        "Mozilla/5.0 (compatible; YahooMailProxy; https://help.yahoo.com/kb/SLN28749.html)",
        "Mozilla/5.0",
        "SomeOther-Image-Proxy/1.0",
    ],
)
def test_a_picture_fetched_by_a_mail_proxy_is_no_open(agent: str) -> None:
    assert judge(Hit("GET", agent, kind=OPEN)) == ("proxy", "8-proxy")
    assert judge(Hit("GET", agent, kind=CLICK)).evidence != "proxy"
    assert judge(Hit("HEAD", agent, kind=OPEN)) == ("scanner", "1-method")


@pytest.mark.parametrize("agent", BROWSERS)
def test_any_other_open_is_likely(agent: str) -> None:
    assert judge(Hit("GET", agent, kind=OPEN)) == ("likely", "none")
