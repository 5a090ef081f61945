# %% Exercise 8.1
def my_words(R):
    return R.sum(axis=1)


R = np.random.default_rng(0).normal(size=(7, 100))
check.equal(my_words(R), R.sum(axis=1))


# %% Exercise 8.2
def my_cell(u, f, i):
    c = [0 * f]
    for value in u:
        c.append(f * c[-1] + i * value)
    R, result = c[-1], []
    for t in reversed(range(len(u))):
        result.append(i * u[t] / c[t + 1] * R)
        R = f * c[t] / c[t + 1] * R
    return result[::-1]


u, f, i = fractions([3, 1, 2, 5]), fractions("1/2").item(), fractions("2/3").item()
check.equal(my_cell(u, f, i), [i * f ** (3 - t) * u[t] for t in range(4)])
