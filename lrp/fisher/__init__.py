"""From pictures to Fisher vectors: dense SIFT, PCA, GMM, encoder, linear SVM."""
