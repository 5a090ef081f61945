# %% Exercise 1.1
def my_zero(x, w, b, R):
    z = x @ w + b
    s = np.array([r / zk if zk != 0 else 0 for r, zk in zip(R, z)])
    return x * (w @ s)


check.rule(my_zero, "zero")


# %% Exercise 1.3
def my_shares(x, w, b, R):
    z = x @ w + b
    s = np.array([r / zk if zk != 0 else 0 for r, zk in zip(R, z)])
    return x[:, None] * w * s


check.rule(lambda x, w, b, R: my_shares(x, w, b, R).sum(axis=1), "zero")
