"""A host whose certificate nobody vouches for, and one without TLS."""

import datetime
import ssl
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.core.errors import ProviderError
from app.core.names import GuildId
from app.providers.base import Prompt, Turn
from app.providers.openai.errors import describe
from tests.host_stand_in.test_hosts import plain_provider
from tests.openai_stand_in import StandIn, running

PROMPT = Prompt(GuildId(7), "7:1", "Mynah", (Turn("ann", "a private question"),))


def self_signed(directory: Path) -> ssl.SSLContext:
    """A server's context with a certificate that it signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    here = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(here, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = directory / "host.pem"
    pem.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context


async def refusal(url: str) -> str:
    provider = plain_provider(url)
    try:
        with pytest.raises(ProviderError) as caught:
            async for _ in provider.write(PROMPT):
                pass
        return str(caught.value)
    finally:
        await provider.close()


async def test_a_certificate_that_nobody_vouches_for_is_refused_in_words(tmp_path):
    async with running(StandIn(), self_signed(tmp_path)) as server:
        told = await refusal(f"https://127.0.0.1:{server.port}/v1/")
        assert "certificate that this computer does not trust" in told
        assert "SSL_CERT_FILE" in told
        assert not server.served


async def test_https_to_a_host_without_it_says_so():
    async with running(StandIn()) as server:
        told = await refusal(f"https://127.0.0.1:{server.port}/v1/")
        assert "does not speak https" in told and "http://" in told
        assert not server.served


def test_windows_says_in_its_own_words_that_it_does_not_trust_a_certificate():
    """As truststore passes them on, which gives no number of OpenSSL."""
    refused = ssl.SSLCertVerificationError("Certificate chain policy error 0x800b0109")
    error, between = OSError("Connection error."), OSError(str(refused))
    error.__cause__, between.__context__ = between, refused
    told = str(describe(error, "host", "gpt"))
    assert "certificate that this computer does not trust" in told
