# %% Exercise 7.1
def my_root(x, w, b):
    v = x * (w > 0).astype(int)
    return x - (x @ w + b) / (v @ w) * v


check.root(my_root, "z_plus")


# %% Exercise 7.2
def my_nearest(x, w, b):
    return x - (x @ w + b) / (w @ w) * w


check.root(my_nearest, "w_square")


# %% Exercise 7.3
def my_box_root(x, w, b):
    v = x - 5 * (w < 0).astype(int)
    return x - (x @ w + b) / (v @ w) * v


check.root(my_box_root, "z_box:0,5")
