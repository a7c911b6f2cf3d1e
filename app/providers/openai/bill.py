"""Reads what a host says that a request cost."""

import math

MOST_DOLLARS = 100.0
"""More for one line of chat is a mistake, or another currency."""


def bill_in(chunk: object, before: float | None = None) -> float | None:
    """Return the US dollars that a part of an answer names, or else those of before.

    OpenRouter bills `usage.cost`; with the owner's own key at the model's maker, the
    maker bills `upstream_inference_cost` as well (openrouter.ai/docs/use-cases/
    usage-accounting). Perplexity has `total_cost` in it, DeepInfra `estimated_cost`.
    """
    usage = getattr(chunk, "usage", None)
    if usage is None:
        return before
    cost = getattr(usage, "cost", None)
    if isinstance(cost, dict):
        cost = cost.get("total_cost")
    if cost is None:
        cost = getattr(usage, "estimated_cost", None)
    dollars = _dollars(cost)
    if dollars is None:
        return before
    details = getattr(usage, "cost_details", None)
    if getattr(usage, "is_byok", False) is True and isinstance(details, dict):
        dollars += _dollars(details.get("upstream_inference_cost")) or 0.0
    return dollars


def _dollars(cost: object) -> float | None:
    if isinstance(cost, bool) or not isinstance(cost, int | float):
        return None
    is_fit = math.isfinite(cost) and 0 <= cost <= MOST_DOLLARS
    return float(cost) if is_fit else None
