"""Deep Taylor decomposition: the root points behind the rules, what they guarantee, and how far the theory carries."""
