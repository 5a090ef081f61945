# %% Exercise 10.1
def my_aopc(scores):
    return sum(scores[0] - value for value in scores) / len(scores)


check.aopc(my_aopc)


# %% Exercise 10.2
def my_edge_map(network, x):
    return x.copy()


check.equal(my_edge_map(network, x), x)
