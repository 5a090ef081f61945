# %% Exercise 6.1
mine = "dense1=epsilon:1e-6 dense2=epsilon:1e-6 conv2=z_plus conv1=flat"

check.composite(mine, lrp.models.load("mnist-lenet"), "conv1=flat conv2=z_plus dense*=epsilon:1e-6")

# %% Exercise 6.2
mine = "Dense=epsilon:0 conv1=epsilon:0.25 conv2=epsilon:0.1"

check.composite(mine, lrp.models.load("mnist-lenet"), "conv1=epsilon:0.25 conv2=epsilon:0.1 dense*=epsilon:0")
