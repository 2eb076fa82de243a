# SPDX-License-Identifier: EUPL-1.2
"""Contrast of two colours as WCAG 2.2 defines it (success criterion 1.4.3)."""

ENOUGH = 4.5
"""For text of normal size, level AA."""
_LINEAR_UP_TO = 0.04045


def contrast(one: str, other: str) -> float:
    """The ratio of two `#rrggbb` colours, from 1 (the same) to 21 (black on white)."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return 0.2126 * _linear(red) + 0.7152 * _linear(green) + 0.0722 * _linear(blue)


def _linear(part: float) -> float:
    return part / 12.92 if part <= _LINEAR_UP_TO else ((part + 0.055) / 1.055) ** 2.4
