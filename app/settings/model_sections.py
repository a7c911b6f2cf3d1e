"""Settings of the models, here and in the cloud, and of their prompts."""

from dataclasses import dataclass
from pathlib import Path

from app.modelfiles.catalogue import BUILT_IN, projector_beside
from app.settings import base_url, validators
from app.settings.base_url import Address
from app.settings.declaration import AUTO, setting
from app.settings.validators import named


@dataclass(frozen=True)
class ModelSettings:
    """The language model on this machine."""

    name: str = setting(
        "starter",
        "A model's name from models.txt, or the path of a GGUF file.",
        scope="home",
        means=named(1000),
    )
    form: str = setting(
        AUTO,
        "Form of the model's prompt: its own chat template, which tells it its part, a"
        " chat log, or auto, the one that suits the model better.",
        choices=(AUTO, "template", "log"),
    )
    adapter: str = setting(
        "",
        "Full path of a LoRA adapter for the model, in GGUF.",
        scope="guild",
        means=validators.whole_path,
        snapshots="never",
    )
    projector: str = setting(
        "",
        "Full path of the projector (an mmproj file) with which the model looks at"
        " pictures; empty takes NAME.mmproj.gguf or mmproj-NAME.gguf beside the model.",
        means=validators.whole_path,
        snapshots="never",
    )
    ears: str = setting(
        "",
        "Full path of a model of whisper.cpp, which writes down voice messages to the"
        " bot; empty hears none.",
        means=validators.whole_path,
        snapshots="never",
    )
    mouth: str = setting(
        "",
        "Model that says replies aloud: a name from models.txt, or the full path of a"
        " folder with one; empty says none.",
        means=validators.one_line(1000),
        snapshots="never",
    )
    context: int = setting(
        6144,
        "Context size in tokens, shared equally by 6 conversations.",
        low=512,
        high=1048576,
    )
    threads: int = setting(
        0, "Threads; 0 picks the number that reads fastest here.", low=0, high=1024
    )
    gpu_layers: int | str = setting(
        AUTO,
        "Layers on the graphics card: auto takes as many as fit, -1 all, 0 none.",
        low=-1,
        high=10000,
        number=int,
    )
    idle_minutes: float = setting(
        30,
        "Unload the model after this time without work; 0 means never.",
        low=0,
        high=100000,
    )
    temperature: float = setting(0.9, "Sampling temperature.", low=0, high=2)
    top_p: float = setting(0.95, "Nucleus sampling.", low=0.05, high=1)
    seed: int = setting(
        -1, "Sampling seed; -1 draws a new one each time.", low=-1, high=2147483647
    )

    def projector_of(self, model: Path) -> Path | None:
        """Return the projector that is loaded with a model's file, if any."""
        return Path(self.projector) if self.projector else projector_beside(model)


@dataclass(frozen=True)
class HostSettings:
    """A model host with OpenAI's API; `[hosts.NAME]` in the file."""

    base_url: str = setting("", "The API's address.", means=validators.address)
    model: str = setting(
        "",
        "Model to request.",
        scope="guild",
        means=named(200),
        snapshots="never",
    )
    input_price: float = setting(
        -1.0,
        "US dollars per million tokens read, in the cloud; -1 means what the host or"
        " `prices.toml` says.",
        low=-1,
        high=100000,
        snapshots="never",
    )
    output_price: float = setting(
        -1.0,
        "US dollars per million tokens written; -1 means the same.",
        low=-1,
        high=100000,
        snapshots="never",
    )
    daily_tokens: int = setting(
        0,
        "Daily budget in tokens, for a host of unknown price; 0 means no limit.",
        low=0,
        high=1000000000,
        snapshots="never",
    )
    fused: bool = setting(
        False,
        "Let the voice choose every word together with the host's model: vLLM on your"
        " own computer, with the plug-in mynah-vllm.",
        snapshots="never",
    )

    @property
    def own_price(self) -> tuple[float, float] | None:
        """The prices, in and out, that the owner entered; None without both."""
        prices = (self.input_price, self.output_price)
        return None if min(prices) < 0 else prices


@dataclass(frozen=True)
class OpenAISettings(HostSettings):
    """The host called `openai`, and the money for all hosts."""

    base_url: str = setting(
        "https://api.openai.com/v1/", "The API's address.", means=validators.address
    )
    proxy: str = setting(
        "",
        "Proxy on the way to hosts in the cloud, and to models that are fetched; your"
        " own hosts are reached without it.",
        means=validators.proxy_address,
        snapshots="never",
    )
    model: str = setting(
        "gpt-4o-mini",
        "Model to request.",
        scope="guild",
        means=named(200),
        snapshots="never",
    )
    own_hosts: list[str] = setting(
        [],
        "Your other computers, such as `gpu.lan`; they are not the cloud, and free.",
        means=validators.own_host,
        snapshots="never",
    )
    daily_budget: float = setting(
        0.0,
        "Daily budget in US dollars; 0 means no limit.",
        scope="guild",
        low=0,
        high=1000000,
        snapshots="never",
    )
    monthly_budget: float = setting(
        5.0,
        "Monthly budget in US dollars; 0 means no limit.",
        scope="guild",
        low=0,
        high=1000000,
        snapshots="never",
    )

    @property
    def address(self) -> Address:
        """The destination of requests.

        Raises:
            ConfigError: If it is not an address.
        """
        return base_url.parse(self.base_url, self.own_hosts)


@dataclass(frozen=True)
class MemorySettings:
    """Embeddings and recall."""

    enabled: bool = setting(True, "Recall earlier messages by meaning.", scope="guild")
    model: str = setting(BUILT_IN, "Embedding model.", means=validators.embedding_model)
    recall: int = setting(
        3, "Number of moments to recall.", scope="channel", low=0, high=20
    )
    people: bool = setting(
        False,
        "Note what members plainly tell of themselves where the bot learns, for replies"
        " to them; `/me` shows it.",
        scope="guild",
        snapshots="never",
    )
    people_billions: float = setting(
        3.0,
        "Minimum size of the model here to ask it what members tell of themselves,"
        " besides the rules, in billions of parameters.",
        low=0,
        high=10000,
    )
    cap_megabytes: int = setting(
        1024, "Maximum disk space for one server.", scope="guild", low=1, high=10000000
    )


@dataclass(frozen=True)
class ContextSettings:
    """The parts of a prompt; unused shares go to the turns."""

    tokens: int = setting(
        0,
        "Maximum tokens of a prompt; 0 means what fits in time, 1500 in the cloud.",
        scope="guild",
        low=0,
        high=1048576,
    )
    recall: int = setting(
        25,
        "Maximum percent of a prompt for recalled moments.",
        scope="guild",
        low=0,
        high=80,
    )
    summary: int = setting(
        15,
        "Maximum percent of a prompt for the conversation's summary.",
        scope="guild",
        low=0,
        high=80,
    )
    examples: int = setting(
        25,
        "Maximum percent of a cloud prompt for example lines and drafts.",
        scope="guild",
        low=0,
        high=80,
    )
    lore: int = setting(
        20,
        "Maximum percent of a prompt for entries of the lorebook; 0 leaves it unread.",
        scope="channel",
        low=0,
        high=80,
    )
    attached: bool = setting(
        True,
        "Read text files that come with a call, and the names of pictures, stickers,"
        " polls and links.",
        scope="channel",
    )
    spoken: bool = setting(
        True,
        "Hear voice messages to the bot, where `model.ears` has a model for it.",
        scope="channel",
    )
    pictures: str = setting(
        "here",
        "Pictures that come with a call are looked at by the model here, if it can see;"
        " also by the host that writes replies, whose model must be able to; or by"
        " nobody, and then their names alone are known.",
        scope="guild",
        choices=("here", "host", "off"),
        snapshots="never",
    )
    catchup: str = setting(
        "summary",
        "`/catchup` begins with a summary by the model here, if it is large enough; by"
        " the host that writes replies; or tells messages in their own words alone.",
        scope="guild",
        choices=("summary", "host", "messages"),
        snapshots="never",
    )
    summary_billions: float = setting(
        1.5,
        "Minimum size of a model for summaries, in billions of parameters.",
        low=0,
        high=10000,
    )
