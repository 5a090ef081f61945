# %% Exercise 2.1
def my_epsilon(x, w, b, R):
    z = x @ w + b
    sign = np.where(z >= 0, 1, -1)
    return x * (w @ (R / (z + Fraction(1, 4) * sign)))


check.rule(my_epsilon, "epsilon:1/4")


# %% Exercise 2.2
def half(x, w, b, R, part):
    """One of the two fractions of alpha-beta: part keeps the positive or the negative products."""
    contributions = part(x[:, None] * w, 0)
    Z = contributions.sum(axis=0) + part(b, 0)
    s = np.array([r / zk if zk != 0 else 0 for r, zk in zip(R, Z)])
    return contributions @ s


def my_z_plus(x, w, b, R):
    return half(x, w, b, R, np.maximum)


check.rule(my_z_plus, "z_plus")


# %% Exercise 2.3
def my_alpha_beta(x, w, b, R):
    return 2 * half(x, w, b, R, np.maximum) - half(x, w, b, R, np.minimum)


check.rule(my_alpha_beta, "alpha_beta:2,1")


# %% Exercise 2.4
def my_flat(x, w, b, R):
    return np.array([sum(R) / len(x)] * len(x))


check.rule(my_flat, "flat")
