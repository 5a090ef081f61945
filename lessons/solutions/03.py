# %% Exercise 3.1
from fractions import Fraction


def my_account(x, w, b, R):
    z = x @ w + b
    shift = Fraction(1, 4) * np.where(z >= 0, 1, -1)
    s = R / (z + shift)
    return {"passed": sum(x * (w @ s)), "bias": sum(b * s), "stabilizer": sum(shift * s), "dropped": 0}


check.ledger(my_account, "epsilon:1/4")


# %% Exercise 3.2
def my_account(x, w, b, R):
    account = {"passed": 0, "bias": 0, "stabilizer": 0, "dropped": 0}
    for factor, part in ((2, np.maximum), (-1, np.minimum)):
        contributions, own = part(x[:, None] * w, 0), part(b, 0)
        Z = contributions.sum(axis=0) + own
        for j, zj in enumerate(Z):
            if zj == 0:
                account["dropped"] += factor * R[j]
            else:
                account["passed"] += factor * sum(contributions[:, j]) / zj * R[j]
                account["bias"] += factor * own[j] / zj * R[j]
    return account


check.ledger(my_account, "alpha_beta:2,1")


# %% Exercise 3.3
def my_spread(x, w, b, R):
    z = x @ w + b
    shift = Fraction(1, 4) * np.where(z >= 0, 1, -1)
    s = R / (z + shift)
    return x * (w @ s) + sum((b + shift) * s) / len(x)


check.rule(my_spread, "epsilon:1/4,sink=spread")
