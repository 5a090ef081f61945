# %% Exercise 4.1
def my_backward(network, x, target):
    trace = network.forward(x)
    last = list(network.nodes)[-1]
    R = np.zeros_like(trace.values[last])
    R[:, target] = trace.values[last][:, target]
    relevances = {last: R}
    for node in reversed(list(network.nodes.values())):
        if not node.inputs:
            continue
        (below,) = node.inputs
        R, a = relevances[node.name], trace.values[below]
        if type(node.layer).__name__ == "Dense":
            z = a @ node.layer.weight + node.layer.bias
            s = R / (z + 0.1 * np.where(z >= 0, 1, -1))
            relevances[below] = a * (s @ node.layer.weight.T)
        else:
            relevances[below] = R.reshape(a.shape)
    return relevances


mlp = lrp.models.load("mnist-mlp")
digit = mlp.read_input(lrp.models.example("mnist-mlp", "three.png"))
check.relevances(my_backward(mlp, digit, 3), mlp, digit, target=3, composite="*=epsilon:0.1")


# %% Exercise 4.2
def my_difference(network, x):
    logits = network.forward(x).output
    start = np.zeros_like(logits)
    start[0, 3], start[0, 8] = logits[0, 3], -logits[0, 8]
    return network.explain(x, composite="*=epsilon:0.1", start=start).relevance


both = [network.explain(x, target=t, composite="*=epsilon:0.1").relevance for t in "38"]
check.equal(my_difference(network, x), both[0] - both[1])
