"""Facts about the hosts that owners use most, for the program and its guide."""

from collections.abc import Mapping
from dataclasses import dataclass

CUSTOMER_ADDRESS = "https://NAME.openai.azure.com/openai/v1/"
"""The form of the addresses of hosts where every customer has another."""


@dataclass(frozen=True)
class Preset:
    """One host, or one program that makes a computer a host."""

    name: str
    title: str
    base_url: str
    """Its usual address; empty if every customer has another."""
    model: str
    """A model to begin with; empty if only the owner knows."""
    needs_key: bool = False
    key_variable: str = ""
    """The variable of the environment where its users keep the key."""
    port: int = 0
    """Its usual port on this computer; 0 if it is elsewhere."""
    reports_cost: bool = False
    """Its answers say what they cost."""
    before: str = ""
    """The command that starts it, for the guide."""
    note: str = ""
    """Anything else its owner should know, for the guide."""

    @property
    def example(self) -> str:
        """The command that adds it."""
        words = ["mynah hosts add", self.name]
        if not self.base_url:
            words.append(CUSTOMER_ADDRESS)
        return " ".join([*words, "--model", self.model or "NAME"])


# Ports and addresses: docs.ollama.com/api/openai-compatibility, lmstudio.ai/docs/
# developer/openai-compat, ggml-org/llama.cpp tools/server/README.md, docs.vllm.ai/en/
# latest/serving/openai_compatible_server, openrouter.ai/docs/quickstart, console.groq.
# com/docs/openai, docs.mistral.ai/api, learn.microsoft.com/azure/ai-foundry/openai/
# api-version-lifecycle (the `v1` API takes the key as a bearer's).
PRESETS: Mapping[str, Preset] = {
    preset.name: preset
    for preset in (
        Preset(
            "openai",
            "OpenAI",
            "https://api.openai.com/v1/",
            "gpt-4o-mini",
            needs_key=True,
            key_variable="OPENAI_API_KEY",
        ),
        Preset(
            "azure",
            "Azure OpenAI",
            "",
            "",
            needs_key=True,
            key_variable="AZURE_OPENAI_API_KEY",
            note="The model is the name of your deployment.",
        ),
        Preset(
            "ollama",
            "Ollama",
            "http://127.0.0.1:11434/v1/",
            "llama3.2",
            port=11434,
            before="ollama pull llama3.2",
            note=(
                "Ollama needs no key. It unloads a model after five idle minutes; Mynah"
                " has it loaded again and lets the model here answer meanwhile."
            ),
        ),
        Preset(
            "lmstudio",
            "LM Studio",
            "http://127.0.0.1:1234/v1/",
            "",
            port=1234,
            note=(
                "Load a model, then start the server on the Developer page. `NAME` is"
                " the model's identifier as LM Studio shows it. LM Studio needs no key."
            ),
        ),
        Preset(
            "llamaserver",
            "llama-server",
            "http://127.0.0.1:8080/v1/",
            "model",
            port=8080,
            before="llama-server -m model.gguf --port 8080",
            note=(
                "llama-server answers with the model it has loaded, whatever the name."
                " It needs a key only if it runs with `--api-key`."
            ),
        ),
        Preset(
            "vllm",
            "vLLM",
            "http://127.0.0.1:8000/v1/",
            "Qwen/Qwen2.5-7B-Instruct",
            port=8000,
            before="vllm serve Qwen/Qwen2.5-7B-Instruct --port 8000",
            note=(
                "It needs a key only if it runs with `--api-key`. With a plug-in the"
                " voice chooses every word together with its model:"
                " [the voice in vLLM](many-servers.md#the-voice-in-vllm)."
            ),
        ),
        Preset(
            "openrouter",
            "OpenRouter",
            "https://openrouter.ai/api/v1/",
            "meta-llama/llama-3.3-70b-instruct",
            needs_key=True,
            key_variable="OPENROUTER_API_KEY",
            reports_cost=True,
            note=(
                "OpenRouter passes your text to the company that runs the model. Check"
                " the privacy options of your account there. Its answers say what they"
                " cost, and Mynah counts that."
            ),
        ),
        Preset(
            "groq",
            "Groq",
            "https://api.groq.com/openai/v1/",
            "llama-3.3-70b-versatile",
            needs_key=True,
            key_variable="GROQ_API_KEY",
        ),
        Preset(
            "mistral",
            "Mistral",
            "https://api.mistral.ai/v1/",
            "mistral-small-latest",
            needs_key=True,
            key_variable="MISTRAL_API_KEY",
        ),
    )
}
