"""The propagation rules for one neuron, from the papers, and every option of the catalogue."""

from __future__ import annotations

from fractions import Fraction


def pos(a):
    return a if a > 0 else 0 * a


def neg(a):
    return a if a < 0 else 0 * a


def divide(numerators, bias, stabilizer_of, relevance):
    """R * numerator / stabilised sum for each input, the bias and the stabilizer; all dropped where that sum is 0."""
    z = sum(numerators.values()) + bias
    shift = stabilizer_of(z)
    if z + shift == 0:
        return {j: 0 * relevance for j in numerators}, 0, 0, relevance
    factor = relevance / (z + shift)
    return {j: n * factor for j, n in numerators.items()}, bias * factor, shift * factor, 0


def add(*divided):
    """The sum of several divisions: messages, bias, stabilizer, dropped."""
    messages = {j: sum(d[0][j] for d in divided) for j in divided[0][0]}
    return messages, sum(d[1] for d in divided), sum(d[2] for d in divided), sum(d[3] for d in divided)


def signed(eps):
    return lambda z: eps if z >= 0 else -eps


def rule_epsilon(inputs, bias, R, eps=0):
    """Bach et al. 2015, Eqs. (56) and (58)."""
    return divide({j: x * w for j, x, w in inputs}, bias, signed(eps), R)


def rule_alpha_beta(inputs, bias, R, alpha, beta, eps=0):
    """Bach et al. 2015, Eq. (60), beta >= 0."""
    plus = divide({j: pos(x * w) for j, x, w in inputs}, pos(bias), signed(eps), alpha * R)
    if beta == 0:
        return plus
    minus = divide({j: neg(x * w) for j, x, w in inputs}, neg(bias), signed(eps), -beta * R)
    return add(plus, minus)


def rule_gamma(inputs, bias, R, g, eps=0):
    """Montavon et al. 2019, gamma rule, for inputs and outputs of either sign."""
    z = sum(x * w for _, x, w in inputs) + bias
    if z == 0:
        return {j: 0 * R for j, _, _ in inputs}, 0, 0, R
    part = pos if z > 0 else neg
    return divide({j: x * w + g * part(x * w) for j, x, w in inputs}, bias + g * part(bias), signed(eps), R)


def rule_w_square(inputs, bias, R):
    """Montavon et al. 2017, w^2 rule."""
    return divide({j: w * w for j, _, w in inputs}, 0, signed(0), R)


def rule_flat(inputs, bias, R):
    """1/N for the N connected inputs."""
    return divide({j: Fraction(1) for j, _, _ in inputs}, 0, signed(0), R)


def rule_z_box(inputs, bias, R, low, high):
    """Montavon et al. 2017, z^B rule; low and high by input number."""
    return divide({j: x * w - low(j) * pos(w) - high(j) * neg(w) for j, x, w in inputs}, 0, signed(0), R)


def spread(divided):
    """Bias and stabilizer relevance to the neuron's inputs in equal parts (Arras et al. 2016)."""
    messages, bias, stabilizer, dropped = divided
    if not messages:
        return messages, bias + stabilizer, 0, dropped
    each = (bias + stabilizer) / Fraction(len(messages)) if messages else 0
    return {j: m + each for j, m in messages.items()}, 0, 0, dropped


def renormalised_alpha_beta(inputs, bias, R, alpha, beta):
    """Eq. (60) with alpha = 1 for a neuron that has only one of the two sides."""
    has_plus = sum(pos(x * w) for _, x, w in inputs) + pos(bias) != 0
    has_minus = sum(neg(x * w) for _, x, w in inputs) + neg(bias) != 0
    if has_plus and has_minus:
        return rule_alpha_beta(inputs, bias, R, alpha, beta)
    if has_plus:
        return rule_alpha_beta(inputs, bias, R, 1, 0)
    if has_minus and beta != 0:
        return divide({j: neg(x * w) for j, x, w in inputs}, neg(bias), signed(0), R)
    return {j: 0 * R for j, _, _ in inputs}, 0, 0, R


def propagate(neurons, relevances, rule):
    """All neurons of a layer by one rule: relevance by input number, and the totals of bias, stabilizer, dropped.

    neurons: output number -> (inputs, bias); relevances: output number -> R.
    """
    total, bias, stabilizer, dropped = {}, 0, 0, 0
    for k, (inputs, b) in neurons.items():
        messages, took, stab, lost = rule(inputs, b, relevances[k])
        for j, message in messages.items():
            total[j] = total.get(j, 0) + message
        bias, stabilizer, dropped = bias + took, stabilizer + stab, dropped + lost
    return total, bias, stabilizer, dropped


def stabilized(z, eps=0, stab="sign", zero=None):
    """stab(z) in each of its modes."""
    if z == 0 and zero is not None:
        return zero
    sign = 1 if z >= 0 else -1
    return {"sign": z + sign * eps, "plus": z + eps, "clip": sign * max(abs(z), eps), "one": 1 + 0 * z}[stab]


def group_parts(name, numbers, options, x, w):
    """What a connection with input x and weight w adds to the z of each group of a rule: a list of numbers.

    In a mean (options["mean"]) flat and w_square read every weight as 1/N.
    """
    if options.get("mean") and name in ("w_square", "flat"):
        return [w]
    sign, p = options.get("sign", "product"), x * w
    if sign == "positive":
        x, p = pos(x), pos(x) * w
    above, below = (pos(p), neg(p)) if sign == "product" else (x * pos(w), x * neg(w))
    if name in ("zero", "epsilon"):
        return [p]
    if name == "gamma":
        (g,) = numbers
        both = [p + g * above, p + g * below]
        return both if sign == "product" else both[:1]
    if name == "alpha_beta":
        return [above, below] if numbers[1] != 0 else [above]
    if name == "z_plus":
        return [above]
    if name == "w_square":
        return [w * w]
    if name == "flat":
        return [Fraction(1)]
    low, high = numbers
    return [p - low * pos(w) - high * neg(w)]


def any_rule(name, numbers=(), **options):
    """A rule of the catalogue with its options, as a function of one neuron's inputs, bias and R; see rule_epsilon.

    An input of the number None lies in zero padding: it counts with padding="count" alone, and its message is dropped.
    A bias of None is no bias; one of 0 is an input like any other.
    """
    stated = options.get("bias", "off" if name in ("w_square", "flat", "z_box") else "on")

    def rule(inputs, b, R):
        with_bias = "off" if b is None else stated
        b = b or 0
        z = sum(x * w for _, x, w in inputs) + (b if with_bias != "off" or options.get("gate") == "layer" else 0)
        if options.get("padding") != "count":
            inputs = [i for i in inputs if i[0] is not None]
        parts = [(j, group_parts(name, numbers, options, x, w)) for j, x, w in inputs]
        as_input = group_parts(name, (1, 1) if name == "z_box" else numbers, options, 1, b)
        if with_bias == "whole":
            as_input = [b * b if name == "w_square" else 1 if name == "flat" else b] * len(as_input)
        count = len(as_input)
        factors = {"alpha_beta": [numbers[0], -numbers[1]] if name == "alpha_beta" else None}.get(name, [1] * count)
        factors = [1] * count if name == "gamma" else factors[:count]
        opened = [z > 0, z < 0] if name == "gamma" and count == 2 else [True] * count
        divided = []
        for g in range(count):
            bias_part = as_input[g] if with_bias != "off" else 0
            z_g = sum(p[g] for _, p in parts) + bias_part
            eps = options.get("eps", numbers[0] if name == "epsilon" else 0)
            full = stabilized(z_g, eps, options.get("stab", "sign"), options.get("zero"))
            divided.append((factors[g], opened[g] and full != 0, bias_part, full - z_g, full))
        active = sum(f for f, defined, *_ in divided if defined)
        scale = 1
        if options.get("one_sided") == "renormalise":
            scale = 1 / Fraction(active) if active != 0 else 0
        dropped = R * (1 - active * scale)
        messages, bias, stabilizer = {j: 0 * R for j, _ in parts if j is not None}, 0, 0
        for g, (factor, defined, bias_part, shift, full) in enumerate(divided):
            if not defined:
                continue
            s = scale * factor * R / full
            for j, p in parts:
                if j is None:
                    dropped += p[g] * s
                else:
                    messages[j] = messages[j] + p[g] * s
            bias, stabilizer = bias + bias_part * s, stabilizer + shift * s
        result = messages, bias, stabilizer, dropped
        return spread(result) if options.get("sink") == "spread" else result

    return rule
