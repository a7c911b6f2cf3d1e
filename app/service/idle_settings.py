"""Tells which settings change nothing as things are, and why."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from app.chat.persona_rules import PersonaRules, rules_in
from app.chat.reply_time import has_time_for_tries
from app.core.errors import AppError
from app.modelfiles import checks
from app.providers.local.provider import LocalProvider
from app.providers.local.templates import billions_of
from app.settings.host_names import LOCAL
from app.settings.hosts import hosts_for
from app.settings.schema import Config

CHAIN_ALONE = "the chain writes every reply here"
NO_TEMPERATURE = "the temperature is 0"


@dataclass(frozen=True)
class ModelFacts:
    """The facts about the model here that settings depend on."""

    name: str
    has_template: bool
    is_told: bool
    """True if it reads its chat template, and so is told its part."""
    is_slow: bool
    """True if there is no time for several tries."""
    no_gpu: str
    """The reason for no graphics card; empty if there is one, or nobody looked."""
    billions: float = 0.0
    """Its parameters in billions; 0 without a file."""
    can_see: bool = False
    """True if it has a projector."""
    misfit: str = ""
    """The reason why the place's adapter does not fit."""


def facts_of(local: LocalProvider, adapter: str) -> ModelFacts:
    """Return the facts about the model in use; reads the heads of files."""
    path = local.path
    return ModelFacts(
        Path(local.model).name,
        local.has_template,
        local.has_template and local.wants_template,
        not has_time_for_tries(local.speed),
        local.gpu.trouble,
        billions_of(path) if path else 0.0,
        local.picture_ms > 0,
        _misfit(adapter, path) if adapter and path else "",
    )


def _misfit(adapter: str, model: Path) -> str:
    try:
        checks.check_adapter(Path(adapter), model)
    except AppError as error:
        return error.message.rstrip(".")
    return ""


def why_idle(key: str, config: Config, model: ModelFacts) -> str:
    """Return why a setting has no effect with these settings; empty if it has one."""
    is_chain = config.reply.mode == "markov"
    if key in ("context.catchup", "context.summary_billions"):
        return _of_summaries(key, config, model)
    if key in ("model.ears", "context.spoken"):
        return _of_hearing(key, config)
    if key in ("model.mouth", "speak.aloud"):
        return _of_speaking(key, config)
    if key == "memory.people_billions":
        return _of_facts(config, model)
    is_read = key.startswith(("model.", "context.")) or key == "memory.people"
    if is_read and is_chain:
        return CHAIN_ALONE
    if key == "context.pictures":
        is_blind = config.context.pictures == "here" and not model.can_see
        return f"{model.name or 'the model'} sees no pictures" if is_blind else ""
    if key.startswith("model."):
        return _of_model(key, config, model)
    if key == "reply.persona" and rules_in(config.reply.persona) == PersonaRules():
        return _of_persona(config, model, is_chain=is_chain)
    if key in ("reply.dial", "reply.candidates"):
        return _of_fusion(key, config, model, is_chain=is_chain)
    return ""


def _of_hearing(key: str, config: Config) -> str:
    """Voice messages are heard in every mode."""
    if not config.model.ears:
        return "" if key == "model.ears" else "model.ears is empty"
    is_there = find_spec("pywhispercpp") and find_spec("soundfile")
    return "" if is_there else "mynah[speech] is not installed"


def _of_speaking(key: str, config: Config) -> str:
    """Whoever hears no voice message answers none."""
    if not config.model.mouth:
        return "" if key == "model.mouth" else "model.mouth is empty"
    if config.speak.aloud == "off":
        return "speak.aloud is off" if key == "model.mouth" else ""
    if not (find_spec("supertonic") and find_spec("soundfile")):
        return "mynah[speech] is not installed"
    is_deaf = not (config.context.spoken and config.model.ears)
    return "no voice messages are heard (model.ears, context.spoken)" if is_deaf else ""


def _of_summaries(key: str, config: Config, model: ModelFacts) -> str:
    """`/catchup` sums up in every mode."""
    least, size = config.context.summary_billions, model.billions
    wanted = config.context.catchup
    if wanted == "host" and hosts_for(config):
        return ""
    if size < least and wanted != "messages":
        told = "so `/catchup` tells messages in their own words"
        return f"{_too_small(model, least)}, {told}"
    if key == "context.summary_billions" and wanted == "messages":
        return "context.catchup is messages"
    return ""


def _of_facts(config: Config, model: ModelFacts) -> str:
    """Members' facts are noted in every mode."""
    if not config.memory.people:
        return "memory.people is off"
    least = config.memory.people_billions
    if model.billions >= least:
        return ""
    return f"{_too_small(model, least)}, so only the rules read messages"


def _too_small(model: ModelFacts, least: float) -> str:
    name = model.name or "the model"
    return f"{name} has {model.billions:.1f} of at least {least:g} billion parameters"


def _of_model(key: str, config: Config, model: ModelFacts) -> str:
    settings = config.model
    if key in ("model.top_p", "model.seed") and settings.temperature == 0:
        return NO_TEMPERATURE
    if key == "model.form" and settings.form == "template" and not model.has_template:
        return f"{model.name} has no chat template"
    if key == "model.gpu_layers" and settings.gpu_layers != 0:
        return model.no_gpu
    return model.misfit if key == "model.adapter" else ""


def _of_persona(config: Config, model: ModelFacts, *, is_chain: bool) -> str:
    is_local = config.reply.provider.split(", ")[0] == LOCAL
    if not config.reply.persona:
        return ""
    if is_chain:
        return f"{CHAIN_ALONE}; it keeps rules of case and length alone"
    if is_local and not model.is_told:
        return (
            f"{model.name} reads a chat log, in which a description hardly shows;"
            " rules of case, length and language hold"
        )
    return ""


def _of_fusion(key: str, config: Config, model: ModelFacts, *, is_chain: bool) -> str:
    if is_chain:
        return CHAIN_ALONE
    if config.reply.mode == "llm":
        return "the mode is llm"
    if key == "reply.candidates" and config.reply.stream:
        return "a reply that streams has one try"
    if key == "reply.candidates" and config.model.temperature == 0:
        return NO_TEMPERATURE
    if key == "reply.candidates" and model.is_slow:
        return f"{model.name} has time for one try"
    return ""
