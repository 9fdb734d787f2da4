"""What pages may do: load our own files, and talk to us and the issuer."""

from app.http.headers import content_policy, origin_of, security_headers


def test_the_pages_talk_to_the_issuer_too() -> None:
    origin = origin_of("https://sign-in.example.com:8443/realms/shops")
    assert origin == "https://sign-in.example.com:8443"
    directives = content_policy(connect_to=[origin]).split("; ")
    assert f"connect-src 'self' {origin}" in directives
    assert "script-src 'self'" in directives
    assert "style-src 'self'" in directives


def test_nothing_inline_and_nothing_evaluated() -> None:
    assert "unsafe" not in content_policy()


def test_tls_is_demanded_only_where_it_is_set_up() -> None:
    assert "Strict-Transport-Security" not in security_headers(policy="", hsts_seconds=0)
    headers = security_headers(policy="", hsts_seconds=60)
    assert headers["Strict-Transport-Security"] == "max-age=60; includeSubDomains"
